"""The plugins that are installed, written down: from the entry points of the group `extract_core`."""

from __future__ import annotations

from dataclasses import dataclass

from extract_core.contract import PROJECT
from extract_core.registry.entry_points import look
from extract_core.registry.values import BrokenPlugin, FrozenPlugin


@dataclass(frozen=True, slots=True)
class Found:
    """The plugins that are installed, those whose entry points can't be read, and what was passed over (for people)."""

    plugins: tuple[FrozenPlugin, ...]
    broken: tuple[BrokenPlugin, ...] = ()
    notices: tuple[str, ...] = ()


def find_plugins() -> Found:
    """Look for plugins on sys.path, as it is now. Imports none of them. Sorted, whatever order the disk gives."""
    found = look(PROJECT)
    plugins = {
        FrozenPlugin(each.name, each.value.partition("[")[0].strip(), each.provider.distribution, each.provider.version)
        for each in found.contributed  # what stands in brackets are extras: of no use here
    }
    broken = [
        BrokenPlugin(provider, f"its entry_points.txt can't be read ({error}): reinstall it")
        for provider, error in found.unreadable
    ]
    return Found(tuple(sorted(plugins)), tuple(broken), found.notices)
