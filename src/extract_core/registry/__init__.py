"""Entry points to installed job types: the only importer of pluggy's manager.

    registry = discover()             # lenient: a broken plugin is remembered, the others work
    registry = discover(strict=True)  # build time and CI: PluginError, if anything is wrong with any plugin
    registry.job_type("glue")         # or JobTypeNotInstalled, which says why

A registry is a value that is passed on; there is no global one.
"""

from extract_core.entry_points import Provider
from extract_core.registry.finding import Found, find_plugins
from extract_core.registry.installed import Registry
from extract_core.registry.loading import DISABLE_VARIABLE, discover
from extract_core.registry.values import (
    AnyJobType,
    BrokenPlugin,
    FrozenPlugin,
    InstalledJobType,
    PluginInfo,
)

__all__ = [
    "DISABLE_VARIABLE",
    "AnyJobType",
    "BrokenPlugin",
    "Found",
    "FrozenPlugin",
    "InstalledJobType",
    "PluginInfo",
    "Provider",
    "Registry",
    "discover",
    "find_plugins",
]
