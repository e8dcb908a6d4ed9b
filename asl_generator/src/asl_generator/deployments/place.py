"""A job type with its deployment, the place that the machine is built for, and the ARNs of its functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from asl_generator.errors import GeneratorError, calling
from asl_generator.machine.core_states import HANDLERS
from asl_generator.machine.json_text import plain
from extract_core.contract import Stack, Target
from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_core.pipeline.map_modes import MapMode
    from extract_core.registry.values import InstalledJobType


def named(installed: InstalledJobType) -> str:
    """The job type as errors name it."""
    return f"job type {installed.job_type.name!r} ({installed.provider})"


@dataclass(frozen=True, slots=True)
class PlacedJobType:
    """A job type, ready to be asked for its branch. `function_arns` are those of its own Lambda functions, by name."""

    installed: InstalledJobType
    deployment: BaseModel
    target: Target[Any]  # Any: the job type's own deployment
    function_arns: Mapping[str, str]

    @property
    def named(self) -> str:
        """The job type as errors name it."""
        return named(self.installed)

    def deployment_as_json(self) -> Json:
        """The deployment for a payload template. Step Functions would read a key that ends in ``.$`` as a path."""
        with calling(self.named, "model_dump() of its deployment"):
            dumped = plain(self.deployment.model_dump(mode="json", exclude_none=True, by_alias=True))
        if keys := _template_keys(dumped, f"job_types.{self.installed.job_type.name}"):
            raise GeneratorError([f"{key}: a key that ends in '.$' is not allowed in the machine: rename it" for key in keys])
        return dumped


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine will run, its name, the mode of its Map, and what the job types' infrastructure is built on."""

    name: str
    partition: str
    region: str
    account: str
    mode: MapMode
    stack: Stack = field(default_factory=Stack)

    def function_arn(self, function: str) -> str:
        """The ARN of a Lambda function of this pipeline: its name is ``<pipeline>-<function>``."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}-{function}"

    def put(self, installed: InstalledJobType, deployment: BaseModel) -> PlacedJobType:
        """One job type at this place. GeneratorError if its functions are not valid."""
        function_arns = self._own_functions(installed)

        def function_arn(name: str) -> str:
            if name in function_arns:
                return function_arns[name]
            declared = ", ".join(map(repr, function_arns)) or "none"
            text = f"function_arn({name!r}): functions() does not declare it; it declares {declared}"
            raise GeneratorError([f"{named(installed)}: {text}"])

        target = replace(self.target(deployment), function_arn=function_arn)
        return PlacedJobType(installed, deployment, target, function_arns)

    def target(self, deployment: Any) -> Target[Any]:  # Any: of a job type, or of a plugin
        """This place, for a plugin with this deployment or section."""
        return Target(
            partition=self.partition,
            region=self.region,
            account=self.account,
            machine_name=self.name,
            map_mode=self.mode,
            deployment=deployment,
            function_arn=self.function_arn,
            stack=self.stack,
        )

    def _own_functions(self, installed: InstalledJobType) -> dict[str, str]:
        with calling(named(installed), "functions()"):
            declared = sorted(function.name for function in installed.job_type.functions())
        if taken := sorted(set(declared) & HANDLERS.keys()):
            raise GeneratorError(
                [f"{named(installed)}: functions() has {taken[0]!r}, which is a function of the core: rename it"]
            )
        return {name: self.function_arn(name) for name in declared}


def _template_keys(value: Json, path: str) -> list[str]:
    if isinstance(value, Mapping):
        own = [f"{path}.{key}" for key in value if key.endswith(".$")]
        return own + [inner for key, member in value.items() for inner in _template_keys(member, f"{path}.{key}")]
    if isinstance(value, list):
        return [inner for index, element in enumerate(value) for inner in _template_keys(element, f"{path}[{index}]")]
    return []
