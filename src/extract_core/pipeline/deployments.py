"""The sections [job_types.<type>] of extract.toml, held against the installed job types: all that is wrong, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_core.config.model_words import keys_beside, reworded
from extract_core.config.values import nearest, shown
from extract_core.pipeline.read import places_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel, ValidationError

    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import InstalledJobType


def deployment_findings(pipeline: Pipeline, registry: Registry) -> list[Finding]:
    """Sections of job types that no plugin brings, and what the plugins' models refuse in the others.

    A section whose plugin is blocked on purpose, or may be one that is broken, is no fault.
    """
    complain = places_in(pipeline)
    findings = []
    for name, section in pipeline.job_types.items():
        installed = registry.job_types.get(name)
        if installed is not None:
            findings += [complain(f"job_types.{name}{path}", said) for path, said in _wrong(installed, section)]
        elif not registry.broken and not registry.blocked:
            hint = nearest(name, registry.job_types)
            remedy = (
                hint or f" (installed: {', '.join(registry.job_types) or 'none'}); install one that does, or remove the section"
            )
            findings.append(complain(f"job_types.{name}", f"no installed plugin brings this job type{remedy}"))
    return sorted(findings)


def _wrong(installed: InstalledJobType, section: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Paths below the section, with what is wrong there."""
    from pydantic import ValidationError

    try:
        model = installed.job_type.deployment()
        try:
            model.model_validate(dict(section))
        except ValidationError as error:
            yield from _told(installed, model, error)
    except Exception as error:  # noqa: BLE001 - a plugin's own code
        yield "", f"its plugin failed: {type(error).__name__}: {error}; tell the makers of {installed.provider}"


def _told(installed: InstalledJobType, model: type[BaseModel], error: ValidationError) -> Iterator[tuple[str, str]]:
    for each in error.errors(include_url=False):
        location = each["loc"]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
        yield path, _message(installed, each, keys_beside(model, location))


def _message(installed: InstalledJobType, error: Mapping[str, Any], known: list[str]) -> str:
    said = reworded(error, known)
    if error["type"] == "missing":
        return f"is missing, and job type {installed.job_type.name!r} needs it"
    if error["type"] == "extra_forbidden" or not error["loc"]:
        return said
    return f"is {shown(error['input'])}; {said}"
