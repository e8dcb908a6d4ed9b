"""CHECKS.md lists every code as the code defines it."""

import re
from itertools import groupby
from pathlib import Path

from asl_toolkit.check import CODES

HANDBOOK = Path(__file__).parents[2] / "CHECKS.md"
PART = re.compile(r"(<!-- codes: [^\n]*-->\n)(.*?)(<!-- /codes -->)", re.DOTALL)


def table():
    parts = []
    for group, entries in groupby(CODES.items(), key=lambda entry: entry[1].group):
        lines = [f"### {group}", "", "| code | severity | it means | what to do |", "|---|---|---|---|"]
        lines += [f"| `{code}` | {severity(entry)} | {cell(entry.meaning)} | {cell(entry.remedy)} |" for code, entry in entries]
        parts.append("\n".join(lines) + "\n")
    return "\n" + "\n".join(parts) + "\n"


def severity(entry):
    return f"{entry.severity}, advice" if entry.advice else entry.severity


def cell(text):
    return text.replace("|", "\\|")


def test_the_handbook_lists_every_code(request):
    text = HANDBOOK.read_text(encoding="utf-8")
    match = PART.search(text)
    assert match is not None
    if request.config.getoption("--update-golden"):
        HANDBOOK.write_text(text[: match.start(2)] + table() + text[match.end(2) :], encoding="utf-8")
    else:
        assert match[2] == table()


def test_codes_of_one_group_stand_together():
    groups = [group for group, _ in groupby(entry.group for entry in CODES.values())]
    assert len(groups) == len(set(groups))
