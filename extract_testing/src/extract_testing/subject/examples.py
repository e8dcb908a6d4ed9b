"""The examples in the JSON Schema of a job type's models, which editors and `extract plugins check` use.

How to write them in pydantic: ``model_config = ConfigDict(json_schema_extra={"examples": [{…}]})`` (pydantic documentation,
"JSON Schema", "Model-level customization").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach, Fails
from extract_testing.subject.calls import calling, checked_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_core.registry.values import AnyJobType

_REMEDY: Final = "add an example to the model: ConfigDict(json_schema_extra={'examples': [{…}]})"


@dataclass(frozen=True, slots=True)
class Examples:
    """The deployment and settings that a job type is tested with. `source` tells users where the deployment comes from."""

    deployment: Mapping[str, Json]
    settings: Sequence[Mapping[str, Json]]
    source: str


def examples_for(job_type: AnyJobType, section: Mapping[str, Json] | None) -> Examples:
    """The section of extract.toml if there is one, else the deployment model's own example; the settings model's examples.

    Raises Fails if an example is missing.
    """
    with calling("deployment()"):
        deployment_model = checked_model("deployment()", job_type.deployment())
    with calling("settings()"):
        settings_model = checked_model("settings()", job_type.settings())
    settings = examples_of(settings_model)
    if not settings:
        problem = "cannot test it: some settings have no default, and the model has no example"
        raise Fails(Breach("settings()", problem, _REMEDY))
    if section is not None:
        return Examples(section, settings, f"[job_types.{job_type.name}] of extract.toml")
    deployments = examples_of(deployment_model)
    if not deployments:
        problem = f"cannot test it: extract.toml has no section [job_types.{job_type.name}], and the model has no example"
        raise Fails(Breach("deployment()", problem, f"write the section, or {_REMEDY}"))
    return Examples(deployments[0], settings, f"the example of {deployment_model.__name__}")


def examples_of(model: type[BaseModel]) -> list[dict[str, Json]]:
    """The model's own examples. Without any: ``[{}]`` if every field has a default, else an empty list."""
    from pydantic import ValidationError

    extra = model.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, Mapping) else None
    if isinstance(examples, list) and examples:
        return [dict(example) for example in examples if isinstance(example, Mapping)]
    try:
        model.model_validate({})
    except ValidationError:
        return []
    return [{}]
