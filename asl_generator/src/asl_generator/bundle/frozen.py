"""The module of a bundle that lists the plugins that were installed at build time (`extract_core.registry.frozen` reads it)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.registry.entry_points import contributions
from extract_core.registry.finding import find_plugins
from extract_core.runs.publish import REPORTS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extract_core.registry.entry_points import Contribution
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import FrozenPlugin

_TEXT: Final = '''"""The plugins of this bundle, written when it was built."""

from extract_core.registry.entry_points import Contribution, Provider
from extract_core.registry.values import FrozenPlugin

PLUGINS = (
{plugins})
REPORTS = (
{reports})
'''


def plugins_of(registry: Registry) -> tuple[FrozenPlugin, ...]:
    """The installed plugins that `registry` could load and that are on. Sorted."""
    works = {info.provider for info in registry.plugins if registry.is_on(info.provider)}
    return tuple(plugin for plugin in find_plugins().plugins if plugin.provider in works)


def reports_of(distributions: Collection[str]) -> tuple[Contribution, ...]:
    """The report writers that these distributions bring (canonical names). Sorted."""
    from packaging.utils import canonicalize_name

    return tuple(report for report in contributions(REPORTS) if canonicalize_name(report.provider.distribution) in distributions)


def frozen_text(plugins: Sequence[FrozenPlugin], reports: Sequence[Contribution]) -> str:
    """The source of the module."""
    return _TEXT.format(
        plugins="".join(f"    {plugin!r},\n" for plugin in plugins), reports="".join(f"    {report!r},\n" for report in reports)
    )
