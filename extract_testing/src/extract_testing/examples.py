"""Examples that a job type brings itself: those of its models' JSON Schema, where editors and `extract plugins check` look.

Pydantic's own way to give them: ``model_config = ConfigDict(json_schema_extra={"examples": [{…}]})`` (pydantic documentation,
"JSON Schema", "Model-level customization").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, Fails
from extract_testing.subject import asked, checked_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_core.registry.values import AnyJobType

_REMEDY: Final = "give the model one: ConfigDict(json_schema_extra={'examples': [{…}]})"


@dataclass(frozen=True, slots=True)
class Examples:
    """What a job type is tried with, and where its deployment comes from, for people."""

    deployment: Mapping[str, Json]
    settings: Sequence[Mapping[str, Json]]
    source: str


def examples_for(job_type: AnyJobType, section: Mapping[str, Json] | None) -> Examples:
    """The section of extract.toml where there is one, else the deployment model's own example; the settings model's examples.

    Raises Fails where there is no example of either.
    """
    with asked("deployment()"):
        deployment_model = checked_model("deployment()", job_type.deployment())
    with asked("settings()"):
        settings_model = checked_model("settings()", job_type.settings())
    settings = examples_of(settings_model)
    if not settings:
        problem = "nothing to try it with: some settings have no default, and the model brings no example"
        raise Fails(Breach("settings()", problem, _REMEDY))
    if section is not None:
        return Examples(section, settings, f"[job_types.{job_type.name}] of extract.toml")
    deployments = examples_of(deployment_model)
    if not deployments:
        problem = (
            f"nothing to try it with: no section [job_types.{job_type.name}] of extract.toml, and the model brings no example"
        )
        raise Fails(Breach("deployment()", problem, f"write the section, or {_REMEDY}"))
    return Examples(deployments[0], settings, f"the example of {deployment_model.__name__}")


def examples_of(model: type[BaseModel]) -> list[dict[str, Json]]:
    """The model's own examples; ``[{}]`` where it brings none and every field has a default; else an empty list."""
    from pydantic import ValidationError

    extra = model.model_config.get("json_schema_extra")
    given = extra.get("examples") if isinstance(extra, Mapping) else None
    if isinstance(given, list) and given:
        return [dict(example) for example in given if isinstance(example, Mapping)]
    try:
        model.model_validate({})
    except ValidationError:
        return []
    return [{}]
