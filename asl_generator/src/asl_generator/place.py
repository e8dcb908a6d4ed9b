"""What each job type is asked with: its deployment, the place that the machine is built for, its functions' ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asl_generator.core_states import CORE_FUNCTIONS, RECONCILE_FUNCTION
from asl_generator.errors import GeneratorError, asked
from asl_generator.json_text import plain
from extract_core.contract import Target

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_core.registry.values import InstalledJobType


def whom(installed: InstalledJobType) -> str:
    """How errors name a job type."""
    return f"job type {installed.job_type.name!r} ({installed.provider})"


@dataclass(frozen=True, slots=True)
class Asked:
    """A job type with what it is asked with. `function_arns` are those of its own Lambda functions, by name."""

    installed: InstalledJobType
    deployment: BaseModel
    target: Target[Any]  # Any: whichever deployment it has
    function_arns: Mapping[str, str]

    @property
    def whom(self) -> str:
        """How errors name it."""
        return whom(self.installed)

    def deployment_as_json(self) -> Json:
        """The deployment as it is baked into a payload template, where a key that ends in ``.$`` would be read as a path."""
        with asked(self.whom, "model_dump() of its deployment"):
            dumped = plain(self.deployment.model_dump(mode="json", exclude_none=True, by_alias=True))
        if keys := _template_keys(dumped, f"job_types.{self.installed.job_type.name}"):
            raise GeneratorError([f"{key}: a key that ends in '.$' can't be baked into the machine: rename it" for key in keys])
        return dumped


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine will run, and its name."""

    name: str
    partition: str
    region: str
    account: str

    def function_arn(self, function: str) -> str:
        """The ARN of a Lambda function of this pipeline: its name is ``<pipeline>-<function>``."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}-{function}"

    def ask(self, installed: InstalledJobType, deployment: BaseModel) -> Asked:
        """One job type, ready to be asked for its branch. GeneratorError where its functions can't be."""
        function_arns = self._own_functions(installed)

        def function_arn(name: str) -> str:
            if name in function_arns:
                return function_arns[name]
            declared = ", ".join(map(repr, function_arns)) or "none"
            text = f"function_arn({name!r}): functions() does not declare it; it declares {declared}"
            raise GeneratorError([f"{whom(installed)}: {text}"])

        target = Target(
            partition=self.partition,
            region=self.region,
            account=self.account,
            machine_name=self.name,
            map_mode="INLINE",
            deployment=deployment,
            function_arn=function_arn,
        )
        return Asked(installed, deployment, target, function_arns)

    def _own_functions(self, installed: InstalledJobType) -> dict[str, str]:
        with asked(whom(installed), "functions()"):
            declared = sorted(function.name for function in installed.job_type.functions())
        if taken := sorted(set(declared) & {*CORE_FUNCTIONS, RECONCILE_FUNCTION}):
            raise GeneratorError([f"{whom(installed)}: functions() has {taken[0]!r}, which is a function of the core: rename it"])
        return {name: self.function_arn(name) for name in declared}


def _template_keys(value: Json, path: str) -> list[str]:
    if isinstance(value, Mapping):
        own = [f"{path}.{key}" for key in value if key.endswith(".$")]
        return own + [found for key, each in value.items() for found in _template_keys(each, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for index, each in enumerate(value) for found in _template_keys(each, f"{path}[{index}]")]
    return []
