"""The deployments of the installed job types: extract.toml's sections [job_types.<type>], checked by the plugins' models.

A job type is in the machine if its section is there, or if its model can do without one. One whose model needs keys and that has
no section is left out: a distribution brings several job types, and a team uses some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asl_generator.errors import GeneratorError, asked
from extract_core.config.model_words import deployment_problems
from extract_core.errors import ConfigError, Finding
from extract_core.pipeline.deployments import not_installed

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from extract_core.contract import Json
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import InstalledJobType

Complain: TypeAlias = Callable[[str, str], Finding]
"""Makes a fault of a config path and a message."""


def in_extract_toml(path: str, message: str) -> Finding:
    """A fault without a place in the file."""
    return Finding("extract.toml", 0, 0, path, message)


@dataclass(frozen=True, slots=True)
class Deployments:
    """The checked deployments by job type, sorted, and why the other installed job types are left out of the machine."""

    models: Mapping[str, BaseModel]
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _LeftOut:
    reason: str


def check_deployments(
    registry: Registry, deployments: Mapping[str, Mapping[str, Json]], complain: Complain = in_extract_toml
) -> Deployments:
    """The deployments of the installed job types. ConfigError with all faults.

    A section for what isn't installed is a fault, and so is a machine of which every job type would be left out.
    """
    faults = [
        complain(f"job_types.{name}", not_installed(name, registry)) for name in deployments if name not in registry.job_types
    ]
    checked: dict[str, BaseModel] = {}
    left_out: dict[str, str] = {}
    for name, installed in registry.job_types.items():
        found = _check(installed, deployments.get(name), complain)
        if isinstance(found, list):
            faults += found
        elif isinstance(found, _LeftOut):
            left_out[name] = found.reason
        else:
            checked[name] = found
    if not checked and not faults:
        faults = [_nothing_left(registry, left_out, complain)]
    if faults:
        raise ConfigError(faults)
    return Deployments(checked, left_out)


def _nothing_left(registry: Registry, left_out: Mapping[str, str], complain: Complain) -> Finding:
    """One fault for a machine without any branch: a broken plugin is more likely what was meant than the others' sections."""
    if len(left_out) == 1 and not registry.broken:
        ((name, reason),) = left_out.items()
        return complain(f"job_types.{name}", reason)
    said = f"; broken, and perhaps what you meant: {'; '.join(map(str, registry.broken))}" if registry.broken else ""
    others = f"no installed job type has its section ({', '.join(left_out)})" if left_out else "no job type is installed"
    return complain("job_types", f"{others}: write [job_types.<type>] for one of them{said}")


def _check(
    installed: InstalledJobType, section: Mapping[str, Json] | None, complain: Complain
) -> BaseModel | _LeftOut | list[Finding]:
    from pydantic import ValidationError

    name = installed.job_type.name
    with asked(f"job type {name!r} ({installed.provider})", "deployment()"):
        model = installed.job_type.deployment()
    if not _is_model(model):
        raise GeneratorError(
            [f"job type {name!r} ({installed.provider}): deployment() returned {model!r}; return a pydantic model"]
        )
    try:
        checked: BaseModel = model.model_validate(dict(section or {}))
    except ValidationError as error:
        if section is None:
            return _LeftOut(_missing_section(installed, error))
        problems = deployment_problems(name, model, error)
        return [complain(f"job_types.{name}{path}", message) for path, message in problems]
    return checked


def deployment_of(installed: InstalledJobType, section: Mapping[str, Json] | None) -> BaseModel | None:
    """The deployment of one job type; None where its section is missing or refused. GeneratorError for the plugin's own fault."""
    found = _check(installed, section, in_extract_toml)
    return None if isinstance(found, list | _LeftOut) else found


def _is_model(model: object) -> bool:
    from pydantic import BaseModel

    return isinstance(model, type) and issubclass(model, BaseModel)


def _missing_section(installed: InstalledJobType, error: ValidationError) -> str:
    """Why a job type has no branch. A model may also refuse an empty section as a whole: then its own words say what it wants."""
    found = error.errors(include_url=False)
    keys = ", ".join(str(each["loc"][0]) for each in found if each["loc"])
    wanted = f"with {keys}" if keys else f"({'; '.join(each['msg'].removeprefix('Value error, ') for each in found)})"
    name = installed.job_type.name
    return f"{installed.provider} is installed, but its section is missing: add [job_types.{name}] {wanted}"
