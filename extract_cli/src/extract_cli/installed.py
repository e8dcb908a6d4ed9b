"""The installed job types, and what people are told of plugins that are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.registry.installed import Registry

_MOST_NOTES: Final = 20


def load_registry() -> Registry:
    """What is installed. What is broken, blocked by a name that is none, or passed over is told on stderr."""
    from extract_core.registry.loading import discover

    registry = discover()
    tell_trouble(registry)
    return registry


def tell_notes(notes: Sequence[str]) -> None:
    """What is worth knowing and no fault, on stderr: as many as can be read."""
    for note in notes[:_MOST_NOTES]:
        click.echo(f"note: {note}", err=True)
    if len(notes) > _MOST_NOTES:
        click.echo(f"note: and {len(notes) - _MOST_NOTES:,} more; extract validate --output json has them all", err=True)


def tell_trouble(registry: Registry) -> None:
    """A line on stderr for each plugin that can't be used and for each notice of the loading."""
    for broken in registry.broken:
        click.echo(f"broken, and left out: {broken}", err=True)
    for notice in registry.notices:
        click.echo(f"note: {notice}", err=True)
