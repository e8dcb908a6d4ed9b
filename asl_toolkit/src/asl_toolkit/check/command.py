"""`asl check FILE…`: exit codes: 0 = no ERROR, 1 = at least one ERROR, 2 = wrong use."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from asl_toolkit.check.checker import check
from asl_toolkit.check.codes import CODES
from asl_toolkit.check.formats import FORMATS, Checked
from asl_toolkit.finding import Finding, Severity
from asl_toolkit.inputs import CannotRead, Source, expand, read_sources
from asl_toolkit.inputs.options import add_substitute
from asl_toolkit.json_value import dumps

_FILE = "a definition (JSON, YAML), a CloudFormation or SAM template, a folder or a glob; - is stdin"
_EPILOG = """\
Exit codes: 0 no ERROR, 1 at least one ERROR, 2 wrong use, 3 a fault of asl-toolkit. Warnings and advice do not change them.

  asl check .                                    all definitions of a folder, also in templates
  asl check --substitute Stage=prod --level error template.yaml
  asl check --output github .                    annotations in a workflow of GitHub"""
_PLACE = re.compile(r"(\d+):(\d+): (.*)", re.DOTALL)
_CLEAN, _FAULTY, _WRONG_USE = 0, 1, 2


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """Why the command cannot run."""


def main(argv: Sequence[str]) -> int:
    """The command `check`: prints findings to stdout and its own errors to stderr."""
    options = _parser().parse_args(argv)
    checked: list[Checked] = []
    try:
        for name in expand(options.files):
            checked += _check(name, options)
    except (_Refused, CannotRead) as refused:
        sys.stderr.write(f"check: {refused}\n")
        return _WRONG_USE
    if not checked:
        sys.stderr.write(f"check: no state machine is in {', '.join(options.files)}\n")
        return _WRONG_USE
    shown = [it._replace(findings=[finding for finding in it.findings if _at(options.level, finding)]) for it in checked]
    hidden = sum(len(it.findings) for it in checked) - sum(len(it.findings) for it in shown)
    sys.stdout.write(FORMATS[options.output](shown, hidden))
    faulty = any(finding.severity is Severity.ERROR for it in checked for finding in it.findings)
    return _FAULTY if faulty else _CLEAN


def _at(level: str, finding: Finding) -> bool:
    """Whether a finding is shown at this level."""
    if level == "advice" or finding.severity is Severity.ERROR:
        return True
    return level == "warning" and not CODES[finding.code].advice


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asl check",
        description="Check definitions in Amazon States Language; CHECKS.md lists the codes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help=_FILE)
    parser.add_argument("--output", choices=tuple(FORMATS), default="text", help="the format of the findings (default: text)")
    parser.add_argument(
        "--level",
        choices=("error", "warning", "advice"),
        default="warning",
        help="show errors only, warnings too (the default), or also advice about good practice",
    )
    add_substitute(parser)
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


def _check(name: str, options: argparse.Namespace) -> Iterator[Checked]:
    """The findings of each definition of a file."""
    searched = name not in options.files
    raw = _read(name)
    try:
        sources = list(read_sources(name, raw, dict(options.substitute), searched=searched))
    except CannotRead as error:
        yield Checked(name, name, [_not_readable(error)])
        return
    for source in sources:
        unreadable = source.unreadable
        yield Checked(
            source.file, source.label, _findings(source, options) if unreadable is None else [_not_readable(unreadable)]
        )


def _not_readable(error: CannotRead) -> Finding:
    finding = Finding("NOT_READABLE", Severity.ERROR, "", str(error), CODES["NOT_READABLE"].remedy)
    match = _PLACE.match(str(error))
    return finding if match is None else finding._replace(line=int(match[1]), column=int(match[2]), message=match[3])


def _findings(source: Source, options: argparse.Namespace) -> list[Finding]:
    kind: Any = options.type or source.kind
    findings = check(source.definition, services=not options.no_services, region=options.region, machine_type=kind)
    if source.place is not None:
        placed = []
        for finding in findings:
            line, column = source.place(finding.pointer)
            placed.append(finding._replace(line=line, column=column))
        findings = placed
    return _with_aws(source, findings, options, kind) if options.aws else findings


def _with_aws(source: Source, findings: list[Finding], options: argparse.Namespace, kind: Any) -> list[Finding]:
    """The findings, and those of AWS."""
    try:
        import botocore.exceptions
    except ImportError as error:
        raise _Refused("--aws needs boto3: pip install boto3") from error
    from asl_toolkit.check.aws import ask_aws, merged

    text: Any = source.definition if isinstance(source.definition, (str, bytes)) else dumps(source.definition)
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        answer = ask_aws(decoded, _client(options.region), machine_type=kind)
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
        raise _Refused(f"cannot ask AWS about {source.label!r}: {error}") from error
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
