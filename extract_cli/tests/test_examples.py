"""The examples in the help of commands are commands that can be typed."""

from __future__ import annotations

import shlex
from importlib import import_module

import click
import pytest

from extract_cli.root import OURS


def commands(command, path):
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, [*path, name])
    elif command.epilog:
        yield path, command


FOUND = [
    (path, command, line.strip())
    for name, (place, _) in OURS.items()
    for path, command in commands(getattr(import_module(place.partition(":")[0]), place.partition(":")[2]), ["extract", name])
    for line in command.epilog.splitlines()[2:]
]


def test_what_people_type_most_has_examples():
    named = {" ".join(path) for path, _, _ in FOUND}
    assert named >= {
        f"extract {name}" for name in ("run", "rerun", "plan", "status", "report", "logs", "history", "watch", "asl graph")
    }


@pytest.mark.parametrize(("path", "command", "line"), FOUND, ids=[line for _, _, line in FOUND])
def test_an_example_can_be_typed(path, command, line):
    words = shlex.split(line)
    assert words[: len(path)] == path
    command.make_context(path[-1], words[len(path) :], help_option_names=["-h", "--help"])  # click caches the option


def test_the_help_shows_a_line_per_example(cli):
    assert "Examples:\n    extract rerun sales-first --local\n" in cli("rerun", "--help").out
