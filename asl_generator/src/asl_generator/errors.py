"""What the generator refuses, and how a plugin's own errors are told."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_core.errors import ExtractError
from extract_core.wording import RAISED, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class GeneratorError(ExtractError):
    """No state machine can be built from this; `faults` are all of them, one a line of the text. Exit code 2."""

    exit_code = 2

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@contextmanager
def asked(whom: str, method: str) -> Iterator[None]:
    """Call a method of a job type; what it raises becomes a GeneratorError that names it."""
    try:
        yield
    except GeneratorError:
        raise
    except RAISED as error:
        raise GeneratorError([f"{whom}: {method} raised {described(error)}"]) from error
