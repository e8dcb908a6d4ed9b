"""Isolate plugins from each other: whatever a plugin raises becomes one exception with a readable cause."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_core.wording import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class PluginFault(Exception):  # noqa: N818 - never leaves the registry; its text becomes a cause
    """What is wrong with a plugin; `job_types` are those that it offers, as far as that is known."""

    def __init__(self, cause: str, job_types: Iterable[str] = ()) -> None:
        self.cause = cause
        self.job_types = tuple(job_types)
        super().__init__(cause)


@contextmanager
def isolated(doing: str) -> Iterator[None]:
    """Run a plugin's code; whatever it raises (SystemExit too, but not KeyboardInterrupt) becomes a PluginFault."""
    try:
        yield
    except (PluginFault, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginFault(f"{doing} raised {described(error)}") from error
