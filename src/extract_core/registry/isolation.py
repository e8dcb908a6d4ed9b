"""Keeps what a plugin raises from taking others down: any fault of its code becomes one exception with a readable cause."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_NOT_THE_PLUGINS: Final = ("<frozen", *(str(Path(str(file)).parent) for file in (__file__, importlib.__file__, pluggy.__file__)))


class PluginFault(Exception):  # noqa: N818 - never leaves the registry; its text becomes a cause
    """What is wrong with a plugin; `job_types` are the ones that it says it brings, as far as that is known."""

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


def described(error: BaseException) -> str:
    """The type, the text and the place in the plugin of an error: ``KeyError: 'x' (/site-packages/acme.py:3)``."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    place, frame = "", error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        if not code.co_filename.startswith(_NOT_THE_PLUGINS):
            place = f" ({code.co_filename}:{frame.tb_lineno})"
        frame = frame.tb_next
    return text if isinstance(error, SyntaxError) else text + place  # a SyntaxError tells its own


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'glue'?`` or nothing."""
    near = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
