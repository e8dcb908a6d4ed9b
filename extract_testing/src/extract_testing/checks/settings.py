"""Check of the models: they refuse unknown keys, so that a typo in a config is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_TYPO: Final = "a_key_that_does_not_exist"
_REMEDY: Final = 'set model_config = ConfigDict(extra="forbid") on the model'


@check
def settings_refuse_unknown_keys(subject: Subject) -> Iterator[Breach]:
    """Settings and deployment refuse unknown keys: a typo in a config or in extract.toml is an error."""
    models = (subject.settings, subject.deployment)  # their Fails come first: the examples are valid
    assert models  # noqa: S101 - both were read above
    example = subject.settings_examples[0]
    yield from _refuses(subject.settings_model, example, "settings()")
    yield from _refuses(subject.deployment_model, subject.deployment_example, "deployment()")


def _refuses(model: type[BaseModel], example: Mapping[str, Json], place: str) -> Iterator[Breach]:
    from pydantic import ValidationError

    try:
        model.model_validate({**example, _TYPO: "x"})
    except ValidationError:
        return
    yield Breach(place, f"{model.__name__} accepts the unknown key {_TYPO!r}", _REMEDY)
