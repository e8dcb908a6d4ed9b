"""Calls of a job type's methods: an exception, or a value of the wrong kind, becomes Fails with its place in the plugin."""

from __future__ import annotations

from contextlib import contextmanager
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


def checked_model(place: str, model: object) -> type[BaseModel]:
    """The class that settings() or deployment() returned; Fails if it is not a pydantic model."""
    from pydantic import BaseModel

    if isinstance(model, type) and issubclass(model, BaseModel):
        return model
    raise Fails(Breach(place, f"it returned {model!r}", "return a pydantic model: the class, not an instance"))
