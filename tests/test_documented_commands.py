"""Each `extract …` that a document shows is a command with these options. The sh blocks are run; this reads all others too."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from extract_cli.root import extract

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("plugins/*/*.md"))]
SHOWN = re.compile(r"`(extract [^`\n]+)`|^[ \t]*(?:\$ )?(extract .+)$", re.MULTILINE)
MADE = {ROOT / "docs" / "reference" / "commands.md"}
"""Its text is that of the commands."""


def lines(document):
    """The commands of a document: inline code, and lines of blocks; without comments, pipes and line continuations."""
    text = re.sub(r"(?ms)^( *)```(?:text|python|yaml|toml|json)\n.*?^\1```", "", document.read_text(encoding="utf-8"))
    for inline, line in SHOWN.findall(text):
        yield re.split(r"\s#|[|;&>]", inline or line)[0].strip()


def fault(line):
    """What is wrong with a command, or None."""
    command, context = extract, click.Context(extract, info_name="extract")
    for word in shlex.split(line.replace("…", " "))[1:]:
        if word.startswith("-") and word != "-":
            known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
            if word.partition("=")[0] not in known | {"--help", "-h", "--version"}:
                return f"{line}: no option {word}"
        elif isinstance(command, click.Group) and re.fullmatch("[a-z-]+,?", word):
            inner = command.get_command(context, word.rstrip(","))
            if inner is None:
                return f"{line}: no command {word}"
            command, context = inner, click.Context(inner, parent=context, info_name=word)
    return None


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path not in MADE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_commands_exist(document):
    assert [wrong for line in lines(document) if (wrong := fault(line))] == []


def test_many_commands_are_read():
    assert sum(len(list(lines(document))) for document in DOCUMENTS) > 200


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("extract rerun latest --local", None),
        ("extract deploy up --follow", None),
        ("extract rerunn latest", "extract rerunn latest: no command rerunn"),
        ("extract deploy upp", "extract deploy upp: no command upp"),
        ("extract run sales --reingst", "extract run sales --reingst: no option --reingst"),
    ],
)
def test_a_wrong_command_is_noticed(line, wrong):
    assert fault(line) == wrong
