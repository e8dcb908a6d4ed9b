"""The generator's error, which also reports exceptions of plugins."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_core.errors import ExtractError
from extract_core.wording import RAISED, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class GeneratorError(ExtractError):
    """The machine cannot be built. `faults` has one entry per line of the text. Exit code 2."""

    exit_code = 2

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@contextmanager
def calling(plugin: str, method: str) -> Iterator[None]:
    """Around a call of a method of a job type: an exception becomes a GeneratorError that names both."""
    try:
        yield
    except GeneratorError:
        raise
    except RAISED as error:
        raise GeneratorError([f"{plugin}: {method} raised {described(error)}"]) from error
