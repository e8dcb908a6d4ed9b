"""What a deployment shows before it asks, and the question itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from extract_cli.views.output import echo
from extract_core.errors import UsageError
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asl_generator.deploy.change import Change


def say(line: str) -> None:
    """A line of progress: stderr."""
    echo(line, err=True)


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether the user agrees. With `yes` nothing is asked. UsageError without a terminal."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask for confirmation; add --yes")
    return click.confirm(question, err=True)


def show_changes(name: str, changes: Sequence[Change]) -> None:
    """A line per change, those that lose something in red and last."""
    say(f"stack {name}: {counted(len(changes), 'change')}")
    for change in sorted(changes, key=lambda change: (change.loses, change.logical_id)):
        click.secho(f"  {change.words}", fg="red" if change.loses else None, err=True)
    losing = sum(change.loses for change in changes)
    if losing:
        click.secho(f"  {counted(losing, 'resource')} may be replaced or deleted", fg="red", err=True)
