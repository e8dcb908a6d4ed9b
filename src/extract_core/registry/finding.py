"""Find the installed plugins: the entry points of the group `extract_core`."""

from __future__ import annotations

from extract_core.contract import PROJECT
from extract_core.dataclass import dataclass
from extract_core.registry.entry_points import look
from extract_core.registry.values import BrokenPlugin, FrozenPlugin


@dataclass(frozen=True, slots=True)
class Plugins:
    """The installed plugins, those with unreadable entry points, and notices of what was ignored."""

    plugins: tuple[FrozenPlugin, ...]
    broken: tuple[BrokenPlugin, ...] = ()
    notices: tuple[str, ...] = ()


def find_plugins() -> Plugins:
    """Look for plugins on sys.path as it is now, without importing them. The order does not depend on the disk."""
    seen = look(PROJECT)
    plugins = set()
    for name, value, provider in seen.contributed:
        module = value.partition("[")[0].strip()  # without its extras, which have no use here
        plugins.add(FrozenPlugin(name, module, provider.distribution, provider.version))
    broken = [BrokenPlugin(provider, f"its {what}: reinstall it") for provider, what in seen.unreadable]
    return Plugins(tuple(sorted(plugins)), tuple(broken), seen.notices)
