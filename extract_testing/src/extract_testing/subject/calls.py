"""Calls of a job type's methods: an exception, or a value of the wrong kind, becomes Fails with its place in the plugin."""

from __future__ import annotations

import dis
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.wording import RAISED, described
from extract_testing.breaches import Breach, Fails, NotChecked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

RETURN_AN_OUTCOME: Final = "return an Outcome: Outcome.succeeded(result), or Outcome.failed(error, cause)"


@contextmanager
def calling(place: str) -> Iterator[None]:
    """Around a call of a method of the job type: an exception becomes Fails."""
    try:
        yield
    except NotChecked:
        raise
    except RAISED as error:
        remedy = "return a value for every valid deployment and settings"
        raise Fails(Breach(place, f"it raised {described(error)}", remedy)) from error


_RAISE: Final = dis.opmap["RAISE_VARARGS"]
_OF_PYTHON: Final = Path(dis.__file__).parent


def is_polite(error: ValueError) -> str | None:
    """Why a ValueError is not a refusal by the plugin: Python raised it itself, or it says too little. None: it is a refusal."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is not None:
        code, place = trace.tb_frame.f_code, Path(trace.tb_frame.f_code.co_filename)
        by_a_statement = code.co_code[trace.tb_lasti] == _RAISE
        of_python = place.is_relative_to(_OF_PYTHON) and "site-packages" not in place.parts
        if not by_a_statement or of_python:
            return f"Python itself raised {type(error).__name__}: {error} ({place.name}:{trace.tb_lineno})"
    return None if len(str(error).split()) >= _WORDS else f"its ValueError says {str(error)!r}"


_WORDS: Final = 3
"""Words of a refusal that says what is wrong and what to do."""


def checked_model(place: str, model: object) -> type[BaseModel]:
    """The class that settings() or deployment() returned; Fails if it is not a pydantic model."""
    from pydantic import BaseModel

    if isinstance(model, type) and issubclass(model, BaseModel):
        return model
    raise Fails(Breach(place, f"it returned {model!r}", "return a pydantic model: the class, not an instance"))
