"""The findings of files as text, JSON, SARIF (code scanning) and GitHub's workflow commands (annotations)."""

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from asl_toolkit.check.codes import CODES
from asl_toolkit.finding import Finding, Severity, sentences


class Checked(NamedTuple):
    """The findings of one definition; `label` is its file, with the logical id of a template's resource."""

    file: str
    label: str
    findings: Sequence[Finding]


def as_text(checked: Sequence[Checked], hidden: int = 0) -> str:
    """One line per finding, and a last line with the counts. `hidden` is the number of findings below the level."""
    lines = []
    for _, label, findings in checked:
        for finding in findings:
            place = f":{finding.line}:{finding.column}" if finding.line is not None else ""
            where = finding.pointer or "/"
            lines.append(f"{label}{place}: {finding.severity} {finding.code} {where}: {_sentences(finding)}")
    every = [finding for it in checked for finding in it.findings]
    errors = sum(finding.severity is Severity.ERROR for finding in every)
    more = f" ({hidden} more with --level advice)" if hidden else ""
    files, warnings = len({it.file for it in checked}), len(every) - errors
    lines.append(f"{_count(files, 'file')}: {_count(errors, 'error')}, {_count(warnings, 'warning')}{more}")
    return "\n".join(lines) + "\n"


def as_json(checked: Sequence[Checked], hidden: int = 0) -> str:  # noqa: ARG001 - as the others
    """All findings as one JSON list."""
    entries = [
        {
            "file": it.label,
            "line": finding.line,
            "column": finding.column,
            "severity": str(finding.severity),
            "code": finding.code,
            "pointer": finding.pointer,
            "message": finding.message,
            "remedy": finding.remedy,
        }
        for it in checked
        for finding in it.findings
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def as_sarif(checked: Sequence[Checked], hidden: int = 0) -> str:  # noqa: ARG001 - as the others
    """A log of SARIF 2.1.0 (OASIS), with the codes as rules."""
    codes = sorted({finding.code for it in checked for finding in it.findings})
    results = [_result(it.file, finding, codes.index(finding.code)) for it in checked for finding in it.findings]
    driver = {"name": "asl-toolkit", "version": version("asl-toolkit"), "rules": [_rule(code) for code in codes]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    about = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": about.meaning},
        "help": {"text": f"{about.remedy}."},
        "defaultConfiguration": {"level": about.severity.lower()},
    }


def _result(file: str, finding: Finding, rule: int) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file.replace("\\", "/"))}}
    if finding.line is not None:
        physical["region"] = {"startLine": finding.line, "startColumn": finding.column}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity).lower(),
        "message": {"text": _sentences(finding)},
        "locations": [{"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": finding.pointer or "/"}]}],
    }


def as_github(checked: Sequence[Checked], hidden: int = 0) -> str:
    """A workflow command per finding, which GitHub shows beside the line, and the counts."""
    lines = []
    for file, _, findings in checked:
        for finding in findings:
            place = f",line={finding.line},col={finding.column}" if finding.line is not None else ""
            head = f"::{str(finding.severity).lower()} file={_property(file)}{place},title={finding.code}"
            where = finding.pointer or "/"
            lines.append(f"{head}::{_data(f'{where}: {_sentences(finding)}')}")
    counts = as_text(checked, hidden).splitlines()[-1]
    return "\n".join([*lines, counts]) + "\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sentences(finding: Finding) -> str:
    return sentences(finding.message, finding.remedy)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


FORMATS: Final[Mapping[str, Callable[[Sequence[Checked], int], str]]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
