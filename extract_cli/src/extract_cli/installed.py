"""The installed job types, and messages about plugins that are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_cli.views.output import echo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.registry.installed import Registry

_MOST_NOTES: Final = 20


def load_registry() -> Registry:
    """The installed plugins. Plugins that are broken or ignored, and unknown names in the block list, go to stderr."""
    from extract_core.registry.loading import discover

    registry = discover()
    print_trouble(registry)
    return registry


def print_notes(notes: Sequence[str]) -> None:
    """Notes on stderr, at most 20 of them. A note is not a fault."""
    for note in notes[:_MOST_NOTES]:
        echo(f"note: {note}", err=True)
    if len(notes) > _MOST_NOTES:
        echo(f"note: and {len(notes) - _MOST_NOTES:,} more; for all of them see: extract validate --output json", err=True)


def print_trouble(registry: Registry) -> None:
    """A line on stderr for each plugin that cannot be used, and for each notice of the loading."""
    for broken in registry.broken:
        echo(f"broken, and left out: {broken}", err=True)
    for notice in registry.notices:
        echo(f"note: {notice}", err=True)
