"""The sections [job_types.<type>] of extract.toml, checked against the installed job types: all that is wrong, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.config.model_words import deployment_problems
from extract_core.errors import JobTypeNotInstalled
from extract_core.pipeline.toml_reading import places_in
from extract_core.wording import RAISED, described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import InstalledJobType


def deployment_findings(pipeline: Pipeline, registry: Registry) -> list[Finding]:
    """Sections of job types that no plugin offers, and what the plugins' models refuse in the others.

    A section whose plugin is blocked on purpose is in order, and so is one whose plugin may be one that is broken.
    """
    finding = places_in(pipeline)
    findings = []
    for name, section in pipeline.job_types.items():
        installed = registry.job_types.get(name)
        if installed is not None:
            findings += [finding(f"job_types.{name}{path}", message) for path, message in _problems(installed, section)]
        elif not registry.broken and not registry.blocked:
            findings.append(finding(f"job_types.{name}", not_installed(name, registry)))
    return sorted(findings)


def not_installed(name: str, registry: Registry) -> str:
    """What is wrong with a section whose job type can't be used."""
    try:
        registry.job_type(name)
    except JobTypeNotInstalled as error:
        return f"{error}; install its plugin, or remove the section"
    return ""


def _problems(installed: InstalledJobType, section: Mapping[str, Json]) -> list[tuple[str, str]]:
    """What is wrong below the section: path and message."""
    from pydantic import ValidationError

    try:
        model = installed.job_type.deployment()
        try:
            model.model_validate(dict(section))
        except ValidationError as error:
            return deployment_problems(installed.job_type.name, model, error)
    except RAISED as error:
        return [("", f"its plugin failed: {described(error)}; report it to the authors of {installed.provider}")]
    return []
