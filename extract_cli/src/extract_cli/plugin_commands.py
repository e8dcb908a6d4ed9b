"""The commands that plugins bring: those that can be used, and those whose name is taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_core.registry.entry_points import Contribution

COMMANDS: Final = "extract_core.commands"
"""Entry-point group of the commands of other distributions: a click command each."""


@dataclass(frozen=True, slots=True)
class UnusableCommand:
    """A command of a plugin that cannot be called, because its name is taken. `providers` are those that bring it."""

    name: str
    providers: tuple[str, ...]
    cause: str

    def __str__(self) -> str:
        return f"the command {self.name!r} of {' and '.join(self.providers)} {self.cause}"


@cache
def contributed(ours: frozenset[str]) -> dict[str, Contribution]:
    """Commands of other distributions by name; `ours` are those of extract itself. A name that is taken is left out."""
    return {name: entries[0] for name, entries in _entries().items() if len(entries) == 1 and name not in ours}


@cache
def unusable(ours: frozenset[str]) -> tuple[UnusableCommand, ...]:
    """Commands of plugins with a name of extract's own, or of another plugin, so that no order decides which is called."""
    commands = []
    for name, entries in sorted(_entries().items()):
        providers = tuple(str(entry.provider) for entry in entries)
        if name in ours:
            commands.append(UnusableCommand(name, providers, "is not used: extract has a command of this name; rename it"))
        elif len(entries) > 1:
            commands.append(UnusableCommand(name, providers, "is not used: they have the same name; uninstall one, or rename it"))
    return tuple(commands)


@cache
def _entries() -> dict[str, list[Contribution]]:
    from extract_core.registry.entry_points import contributions

    entries: dict[str, list[Contribution]] = {}
    for entry in contributions(COMMANDS):
        entries.setdefault(entry.name, []).append(entry)
    return entries
