"""What the registry knows of a plugin: where it comes from, what it brings, why it is broken."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, TypeAlias

from extract_core.contract import JobType

AnyJobType: TypeAlias = JobType[Any, Any]  # Any: each job type brings models of its own
"""A job type with whatever settings and deployment."""


@dataclass(frozen=True, slots=True, order=True)
class Provider:
    """The origin of a plugin: its entry-point name, and the distribution and version that bring it."""

    plugin: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} of {self.distribution} {self.version}"


@dataclass(frozen=True, slots=True, order=True)
class FrozenPlugin:
    """An entry point, written down: what a bundle holds so that nothing is scanned where it runs. `module` is dotted."""

    plugin: str
    module: str
    distribution: str
    version: str

    @property
    def provider(self) -> Provider:
        """The same without the module."""
        return Provider(self.plugin, self.distribution, self.version)


@dataclass(frozen=True, slots=True)
class Contribution:
    """An entry point of another group, such as a command: loaded only when it is called."""

    name: str
    value: str  # "package.module:attribute"
    provider: Provider

    def load(self) -> object:
        """Import it. Raises what the import raises; AttributeError for an attribute that isn't there."""
        module, _, attribute = self.value.partition("[")[0].partition(":")
        loaded: object = importlib.import_module(module.strip())
        for part in filter(None, attribute.strip().split(".")):
            loaded = getattr(loaded, part)
        return loaded


@dataclass(frozen=True, slots=True)
class InstalledJobType:
    """A job type that can be used, and who brings it."""

    job_type: AnyJobType
    provider: Provider


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that can't be used, or not in full. `job_types` are those that are known to be missing because of it."""

    provider: Provider
    cause: str
    job_types: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.provider}: {self.cause}"


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin that works: the names of its usable job types and of the hooks that it implements, both sorted."""

    provider: Provider
    job_types: tuple[str, ...]
    hooks: tuple[str, ...]
