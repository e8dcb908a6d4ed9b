"""The sections [job_types.<type>] and [plugins.<name>], checked against what is installed: all that is wrong, with its place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from extract_core.config.model_words import deployment_problems
from extract_core.errors import JobTypeNotInstalled
from extract_core.pipeline.toml_reading import places_in
from extract_core.wording import RAISED, described, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pluggy import HookCaller
    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.entry_points import Provider
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
    findings += [finding(f"plugins.{name}", message) for name, message in _not_plugins(pipeline, registry)]
    for provider, call in registry.hook_calls.get("extract_settings", ()):
        if provider.plugin in pipeline.plugins:
            section = pipeline.plugins[provider.plugin]
            problems = _refused(provider, partial(_model_of, call), section, f"plugin {provider.plugin!r}")
            findings += [finding(f"plugins.{provider.plugin}{path}", message) for path, message in problems]
    return sorted(findings)


def _model_of(call: HookCaller) -> type[BaseModel]:
    """The model that the hook extract_settings of one plugin returns."""
    models: list[type[BaseModel]] = call()
    return models[0]


def _not_plugins(pipeline: Pipeline, registry: Registry) -> list[tuple[str, str]]:
    """Sections [plugins.<name>] of no installed plugin that reads one, unless the plugin may be one that is broken or blocked."""
    if registry.broken or registry.blocked:
        return []
    known = [provider.plugin for provider, _ in registry.hook_calls.get("extract_settings", ())]
    return [
        (name, f"no installed plugin of this name reads settings{did_you_mean(name, known)}; install it, or remove the section")
        for name in pipeline.plugins
        if name not in known
    ]


def not_installed(name: str, registry: Registry) -> str:
    """What is wrong with a section whose job type can't be used."""
    try:
        registry.job_type(name)
    except JobTypeNotInstalled as error:
        return f"{error}; install its plugin, or remove the section"
    return ""


def _problems(installed: InstalledJobType, section: Mapping[str, Json]) -> list[tuple[str, str]]:
    """What is wrong below the section of a job type: path and message."""
    return _refused(installed.provider, installed.job_type.deployment, section, f"job type {installed.job_type.name!r}")


def _refused(
    provider: Provider, model_of: Callable[[], type[BaseModel]], section: Mapping[str, Json], reader: str
) -> list[tuple[str, str]]:
    """What the model of a plugin refuses of a section: path and message."""
    from pydantic import ValidationError

    try:
        model = model_of()
        try:
            model.model_validate(dict(section))
        except ValidationError as error:
            return deployment_problems(reader, model, error)
    except RAISED as error:
        return [("", f"its plugin failed: {described(error)}; report it to the authors of {provider}")]
    return []
