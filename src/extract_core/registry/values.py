"""What the registry knows about a plugin: where it comes from, what it provides, why it is broken."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from extract_core.contract import JobType
from extract_core.dataclass import dataclass
from extract_core.registry.entry_points import Provider

AnyJobType: TypeAlias = JobType[Any, Any]  # Any: each job type has its own models
"""A job type with any settings and deployment."""


class FrozenPlugin(NamedTuple):
    """A plugin as a bundle lists it, so that nothing is scanned at run time. `module` is a dotted name."""

    plugin: str
    module: str
    distribution: str
    version: str

    @property
    def provider(self) -> Provider:
        """The same without the module."""
        return Provider(self.plugin, self.distribution, self.version)


@dataclass(frozen=True, slots=True)
class InstalledJobType:
    """A job type that can be used, and the plugin that provides it."""

    job_type: AnyJobType
    provider: Provider


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that can't be used, or only in part. `job_types` are those known to be missing because of it."""

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
