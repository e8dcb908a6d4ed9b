"""The examples in the help of commands are commands that can be typed."""

from __future__ import annotations

import shlex

import click
import pytest

from extract_cli.root import LazyGroup, extract


def commands(command, path):
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, [*path, name])
    else:
        yield path, command


ALL = [
    (path, command)
    for name in LazyGroup().list_commands(click.Context(extract))
    for path, command in commands(extract.get_command(click.Context(extract), name), ["extract", name])
]
EXAMPLES = [(path, command, line.strip()) for path, command in ALL for line in (command.epilog or "").splitlines()[2:]]


@pytest.mark.parametrize("command", [command for _, command in ALL], ids=[" ".join(path) for path, _ in ALL])
def test_each_command_shows_examples(command):
    assert (command.epilog or "").startswith("\b\nExamples:\n  extract ")


@pytest.mark.parametrize(("path", "command", "line"), EXAMPLES, ids=[line for _, _, line in EXAMPLES])
def test_an_example_can_be_typed(path, command, line):
    words = shlex.split(line)
    assert words[: len(path)] == path
    command.make_context(path[-1], words[len(path) :], help_option_names=["-h", "--help"])  # click caches the option


def test_the_help_shows_a_line_per_example(cli):
    assert "Examples:\n    extract rerun sales-first --local\n" in cli("rerun", "--help").out
