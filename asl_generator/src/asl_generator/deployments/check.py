"""The deployments of the installed job types: the sections [job_types.<type>] of extract.toml, checked by the plugins' models.

A job type is in the machine if extract.toml has its section, or if its model has a default for every key. Otherwise it is left
out: a distribution has several job types, and a team uses some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from asl_generator.deployments.place import named
from asl_generator.errors import GeneratorError, calling
from extract_core.config.model_words import deployment_problems
from extract_core.dataclass import dataclass
from extract_core.errors import ConfigError, Finding
from extract_core.pipeline.deployments import not_installed

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from extract_core.contract import Json
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import InstalledJobType

Complain: TypeAlias = Callable[[str, str], Finding]
"""Makes a finding from a config path and a message."""


def in_extract_toml(path: str, message: str) -> Finding:
    """A finding without a place in the file."""
    return Finding("extract.toml", 0, 0, path, message)


@dataclass(frozen=True, slots=True)
class Deployments:
    """The checked deployments by job type, sorted, and the reason per installed job type that is left out of the machine."""

    models: Mapping[str, BaseModel]
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """A job type without a branch."""

    reason: str


def check_deployments(
    registry: Registry, deployments: Mapping[str, Mapping[str, Json]], complain: Complain = in_extract_toml
) -> Deployments:
    """The deployments of the installed job types. ConfigError with all findings.

    A section for a job type that is not installed is a finding, and so is a machine without any job type.
    """
    findings = [
        complain(f"job_types.{name}", not_installed(name, registry)) for name in deployments if name not in registry.job_types
    ]
    checked: dict[str, BaseModel] = {}
    left_out: dict[str, str] = {}
    for name, installed in registry.job_types.items():
        result = _check(installed, deployments.get(name), complain)
        if isinstance(result, list):
            findings += result
        elif isinstance(result, _LeftOut):
            left_out[name] = result.reason
        else:
            checked[name] = result
    if not checked and not findings:
        findings = [_nothing_left(registry, left_out, complain)]
    if findings:
        raise ConfigError(findings)
    return Deployments(checked, left_out)


def _nothing_left(registry: Registry, left_out: Mapping[str, str], complain: Complain) -> Finding:
    """The finding for a machine without any branch. It names broken plugins, because the user may have meant one of them."""
    if len(left_out) == 1 and not registry.broken:
        ((name, reason),) = left_out.items()
        return complain(f"job_types.{name}", reason)
    broken = f"; these plugins are broken: {'; '.join(map(str, registry.broken))}" if registry.broken else ""
    others = f"no installed job type has a section ({', '.join(left_out)})" if left_out else "no job type is installed"
    return complain("job_types", f"{others}: write [job_types.<type>] for one of them{broken}")


def _check(
    installed: InstalledJobType, section: Mapping[str, Json] | None, complain: Complain
) -> BaseModel | _LeftOut | list[Finding]:
    from pydantic import ValidationError

    name = installed.job_type.name
    with calling(named(installed), "deployment()"):
        model = installed.job_type.deployment()
    if not _is_model(model):
        raise GeneratorError([f"{named(installed)}: deployment() returned {model!r}; return a pydantic model"])
    try:
        checked: BaseModel = model.model_validate(dict(section or {}))
    except ValidationError as error:
        if section is None:
            return _LeftOut(_missing_section(installed, error))
        problems = deployment_problems(f"job type {name!r}", model, error)
        return [complain(f"job_types.{name}{path}", message) for path, message in problems]
    return checked


def deployment_of(installed: InstalledJobType, section: Mapping[str, Json] | None) -> BaseModel | None:
    """The deployment of one job type; None if its section is missing or refused. GeneratorError for a fault of the plugin."""
    result = _check(installed, section, in_extract_toml)
    return None if isinstance(result, list | _LeftOut) else result


def _is_model(model: object) -> bool:
    from pydantic import BaseModel

    return isinstance(model, type) and issubclass(model, BaseModel)


def _missing_section(installed: InstalledJobType, error: ValidationError) -> str:
    """Why a job type has no branch. If the model refuses the empty section as a whole, its own words say what it requires."""
    lines = error.errors(include_url=False)
    keys = ", ".join(str(line["loc"][0]) for line in lines if line["loc"])
    wanted = f"with {keys}" if keys else f"({'; '.join(line['msg'].removeprefix('Value error, ') for line in lines)})"
    name = installed.job_type.name
    return f"{installed.provider} is installed, but its section is missing: add [job_types.{name}] {wanted}"
