"""`asl check FILE…`: exit codes: 0 = no ERROR, 1 = at least one ERROR, 2 = wrong use."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asl_toolkit.check.checker import check
from asl_toolkit.finding import Finding, Severity, sentences

_CLEAN, _FAULTY, _WRONG_USE = 0, 1, 2


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """Why the command cannot run."""


def main(argv: Sequence[str]) -> int:
    """The command `check`: prints findings to stdout and its own errors to stderr."""
    options = _parser().parse_args(argv)
    try:
        checked = [(name, _check(name, options)) for name in options.files]
    except _Refused as refused:
        sys.stderr.write(f"check: {refused}\n")
        return _WRONG_USE
    sys.stdout.write(as_json(checked) if options.output == "json" else as_text(checked))
    faulty = any(finding.severity is Severity.ERROR for _, findings in checked for finding in findings)
    return _FAULTY if faulty else _CLEAN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asl check", description="Check definitions in Amazon States Language; CHECKS.md lists the codes."
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="a definition as JSON text; - is stdin")
    parser.add_argument("--output", choices=("text", "json"), default="text", help="the format of the findings (default: text)")
    parser.add_argument("--type", choices=("STANDARD", "EXPRESS"), help="the type of the machine")
    parser.add_argument(
        "--region", type=_region, help="the Region of the machine: its ARNs must be in the partition of that Region"
    )
    parser.add_argument("--no-services", action="store_true", help="do not check the actions and parameters of services")
    parser.add_argument(
        "--aws", action="store_true", help="also call ValidateStateMachineDefinition (needs boto3 and credentials)"
    )
    return parser


def _region(text: str) -> str:
    """A Region's name, as in eu-central-1."""
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a Region: write one such as eu-central-1")
    return text


def _check(name: str, options: argparse.Namespace) -> list[Finding]:
    text = _read(name)
    findings = check(text, services=not options.no_services, region=options.region, machine_type=options.type)
    if not options.aws:
        return findings
    from asl_toolkit.check.aws import ask_aws, merged

    try:
        import botocore.exceptions
    except ImportError as error:
        raise _Refused("--aws needs boto3: install boto3") from error
    decoded = text.decode("utf-8", "replace")
    try:
        answer = ask_aws(decoded, _client(options.region), machine_type=options.type)
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
        raise _Refused(f"cannot ask AWS about {name!r}: {error}") from error
    return merged(answer, findings, decoded)


def _client(region: str | None) -> Any:  # boto3's stepfunctions client
    import boto3

    return boto3.client("stepfunctions", region_name=region)


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise _Refused(f"cannot read {name!r}: {error.strerror}") from error


def as_text(checked: Sequence[tuple[str, Sequence[Finding]]]) -> str:
    """One line per finding, and a last line with the counts. `checked` pairs the name of each definition with its findings."""
    lines = []
    for name, findings in checked:
        for finding in findings:
            place = f":{finding.line}:{finding.column}" if finding.line is not None else ""
            where = finding.pointer or "/"
            text = sentences(finding.message, finding.remedy)
            lines.append(f"{name}{place}: {finding.severity} {finding.code} {where}: {text}")
    every = [finding for _, findings in checked for finding in findings]
    errors = sum(finding.severity is Severity.ERROR for finding in every)
    lines.append(f"{_count(len(checked), 'file')}: {_count(errors, 'error')}, {_count(len(every) - errors, 'warning')}")
    return "\n".join(lines) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def as_json(checked: Sequence[tuple[str, Sequence[Finding]]]) -> str:
    """All findings as one JSON list."""
    entries = [
        {
            "file": name,
            "line": finding.line,
            "column": finding.column,
            "severity": str(finding.severity),
            "code": finding.code,
            "pointer": finding.pointer,
            "message": finding.message,
            "remedy": finding.remedy,
        }
        for name, findings in checked
        for finding in findings
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
