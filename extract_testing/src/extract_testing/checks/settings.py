"""Check of the models: a key that nobody knows is refused, so that a typo in a config never passes silently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_testing.subject import Subject

_TYPO: Final = "a_key_that_nobody_knows"
_REMEDY: Final = 'set model_config = ConfigDict(extra="forbid") on the model'


@check
def settings_refuse_unknown_keys(subject: Subject) -> Iterator[Breach]:
    """Neither the settings nor the deployment takes a key that it does not declare."""
    models = (subject.settings, subject.deployment)  # the examples themselves are valid
    assert models  # noqa: S101 - asked above for their Fails
    example = subject.settings_examples[0]
    yield from _takes(subject.settings_model, example, "settings()")
    yield from _takes(subject.deployment_model, subject.deployment_example, "deployment()")


def _takes(model: type[BaseModel], example: Mapping[str, Json], place: str) -> Iterator[Breach]:
    from pydantic import ValidationError

    try:
        model.model_validate({**example, _TYPO: "x"})
    except ValidationError:
        return
    yield Breach(place, f"{model.__name__} takes the unknown key {_TYPO!r} without a word", _REMEDY)
