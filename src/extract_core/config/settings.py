"""One job type at plan time: its settings model and its deployment in this machine. Equal settings are validated once."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, get_args

from extract_core.config.model_words import deployment_problems, reworded
from extract_core.config.values import WHOLE, scalar, shown
from extract_core.dataclass import dataclass
from extract_core.wording import RAISED, described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel, ValidationError

    from extract_core.config.spots import Path
    from extract_core.contract import Json
    from extract_core.registry.values import AnyJobType, InstalledJobType

MAX_TIMEOUT = 99_999_999
"""Seconds: the most that TimeoutSeconds of a state takes (Amazon States Language, Task state)."""


class PluginFailure(Exception):  # noqa: N818 - becomes a plan error
    """A plugin's own code failed; the text names the plugin."""


class BadSettings(Exception):  # noqa: N818 - becomes findings
    """What a settings model refused: paths inside the settings (empty: the whole) with messages."""

    def __init__(self, problems: list[tuple[Path, str]]) -> None:
        super().__init__()
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated settings of a table: the model, the same as JSON, and the timeout that follows from them."""

    model: BaseModel
    as_json: dict[str, Json]
    timeout_seconds: int


@dataclass(slots=True)
class TypeInUse:
    """An installed job type in the machine that the plan is for. Raises PluginFailure if the plugin's own code fails.

    pydantic is imported inside the methods, since reading a config or an event does not need it.
    """

    installed: InstalledJobType
    deployment_json: Mapping[str, Json]
    deployment: BaseModel | None  # None: no machine is known, so only settings can be read
    model: type[BaseModel]
    keys: frozenset[str]  # what its settings model knows
    takes_any_key: bool
    whole: frozenset[str]  # the keys of whole numbers
    _known: dict[str, Settings | list[tuple[Path, str]]] = field(default_factory=dict)

    @classmethod
    def open(cls, installed: InstalledJobType, deployment_json: Mapping[str, Json] | None) -> TypeInUse:
        """Read its models, and the deployment with which the machine was built."""
        from pydantic import ValidationError

        job_type = installed.job_type
        try:
            model = job_type.settings()
            deployment_model = job_type.deployment()
            keys = settings_keys(model)
        except RAISED as error:
            raise PluginFailure(failure_text(installed, error)) from error
        if deployment_json is None:
            return cls(installed, {}, None, model, keys, takes_any_key(model), whole_numbers(model))
        try:
            deployment = deployment_model.model_validate(deployment_json)
        except ValidationError as error:
            problems = deployment_problems(f"job type {job_type.name!r}", deployment_model, error)
            wrong = "; ".join(f"{path.removeprefix('.')} {message}".strip() for path, message in problems)
            raise PluginFailure(
                f"the machine was built with a deployment of job type {job_type.name!r} that {installed.provider} "
                f"refuses: {wrong}; correct [job_types.{job_type.name}] in extract.toml, and build and deploy the machine again"
            ) from error
        return cls(installed, deployment_json, deployment, model, keys, takes_any_key(model), whole_numbers(model))

    @property
    def job_type(self) -> AnyJobType:
        """The plugin's object."""
        return self.installed.job_type

    def model_of_deployment(self) -> BaseModel:
        """The deployment in a machine that is known."""
        if self.deployment is None:
            raise PluginFailure(f"no machine is known, so job type {self.job_type.name!r} can't build arguments")
        return self.deployment

    def settings(self, values: Mapping[str, Json]) -> Settings:
        """These values as validated settings; BadSettings if the model refuses them. Equal values are validated once."""
        key = repr(values)  # tells 1, True and "1" apart, and takes lists and mappings
        known = self._known.get(key)
        if known is None:
            try:
                known = self._validated(values)
            except BadSettings as bad:
                known = bad.problems
            self._known[key] = known
        if isinstance(known, list):
            raise BadSettings(known)
        return known

    def _validated(self, values: Mapping[str, Json]) -> Settings:
        try:
            model = self._model_of(values)
            timeout: object = self.job_type.timeout(model)
            as_json: dict[str, Json] = model.model_dump(mode="json", by_alias=True)
        except BadSettings:
            raise
        except RAISED as error:
            raise PluginFailure(failure_text(self.installed, error)) from error
        if isinstance(timeout, bool) or not isinstance(timeout, int) or not 1 <= timeout <= MAX_TIMEOUT:
            problem = f"returned a timeout of {timeout!r} seconds; a state takes 1 to {MAX_TIMEOUT:,}"
            raise PluginFailure(f"job type {self.job_type.name!r} ({self.installed.provider}) {problem}")
        return Settings(model, as_json, timeout)

    def _model_of(self, values: Mapping[str, Json]) -> BaseModel:
        from pydantic import ValidationError

        odd = [(key, value) for key, value in values.items() if key in self.whole and _is_odd_number(value)]
        if odd:
            remedy = "write a whole number, in digits"
            name = self.job_type.name
            raise BadSettings([((key,), f"is {shown(value)}, which job type {name!r} refuses: {remedy}") for key, value in odd])
        try:
            return self.model.model_validate(values)
        except ValidationError as error:
            numbers = {
                detail["loc"][0]: detail["input"]
                for detail in error.errors(include_url=False)
                if detail["type"] == "string_type" and len(detail["loc"]) == 1 and isinstance(detail["input"], int | float)
            }
            if not numbers:
                raise self._bad(error) from error
        # A number where text is wanted is fine: the reader made numbers only of what would be written back the same.
        try:
            return self.model.model_validate({**values, **{key: scalar(values[str(key)]) for key in numbers}})
        except ValidationError as error:
            raise self._bad(error) from error

    def _bad(self, error: ValidationError) -> BadSettings:
        return BadSettings([(detail["loc"], self._message(detail)) for detail in error.errors(include_url=False)])

    def _message(self, error: Mapping[str, object]) -> str:
        words = reworded(error)
        if error["type"] == "missing":
            name = self.job_type.name
            return (
                f"is missing, and job type {name!r} needs it; write it here, or under extract.job_types.{name} for all its tables"
            )
        if not error["loc"]:
            return f"job type {self.job_type.name!r} refuses these settings: {words}"
        return f"is {shown(error['input'])}, which job type {self.job_type.name!r} refuses: {words}"  # type: ignore[arg-type]


def settings_keys(model: type[BaseModel]) -> frozenset[str]:
    """The keys that a settings model reads: its fields' names, or their aliases."""
    from pydantic import AliasChoices

    keys: set[str] = set()
    by_name = bool(model.model_config.get("populate_by_name")) or bool(model.model_config.get("validate_by_name"))
    for name, info in model.model_fields.items():
        alias = info.alias if info.validation_alias is None else info.validation_alias
        if alias is None or by_name:
            keys.add(name)
        if isinstance(alias, str):
            keys.add(alias)
        elif isinstance(alias, AliasChoices):
            keys.update(choice for choice in alias.choices if isinstance(choice, str))
    return frozenset(keys)


def whole_numbers(model: type[BaseModel]) -> frozenset[str]:
    """The keys of fields for whole numbers. There pydantic also accepts ``true`` and ``"1_000"``, which are typos."""
    keys = set()
    for name, info in model.model_fields.items():
        kinds = {info.annotation, *get_args(info.annotation)} - {type(None)}
        if int in kinds and all(kind in (int, int | None) for kind in kinds):
            keys.update({name, info.alias or name})
    return frozenset(keys)


def _is_odd_number(value: Json) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and WHOLE.fullmatch(value.strip()) is None)


def takes_any_key(model: type[BaseModel]) -> bool:
    """Whether the model takes keys that it does not declare."""
    return bool(model.model_config.get("extra") == "allow")


def failure_text(installed: InstalledJobType, error: BaseException) -> str:
    """The message for an exception of a plugin's own code."""
    name = installed.job_type.name
    return f"job type {name!r} failed at planning: {described(error)}; report it to the authors of {installed.provider}"
