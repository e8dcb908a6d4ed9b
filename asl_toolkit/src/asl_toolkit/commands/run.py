"""`python -m asl_toolkit run FILE`: runs a state machine on this machine and prints its output."""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from asl_toolkit.clock import Clock, ScaledClock, SystemClock, VirtualClock
from asl_toolkit.errors import DefinitionError
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.machine import StateMachine, load
from asl_toolkit.mocks import MockError, parse_injection, with_injected, with_mocks
from asl_toolkit.runtime.execution import ExecutionResult
from asl_toolkit.runtime.history import Event
from asl_toolkit.services.registry import Services, resources_of
from asl_toolkit.timeline import timeline

_EPILOG = """\
The output goes to stdout, everything else to stderr. Exit codes: 0 the execution succeeded, 1 it did not, 2 wrong use
or a faulty definition. A mocks file is JSON: {"states": {"My Task": {"result": …}}, "services": {"glue:startJobRun":
[{"error": "Glue.X", "cause": "…"}, {"result": …}]}, "functions": {"my-function": {"result": …}}}."""


class _WrongUseError(Exception):
    """What to tell the user."""


def main(arguments: Sequence[str]) -> int:
    """Run it; the exit code."""
    given = _parser().parse_args(arguments)
    try:
        machine = load(_read(given.file))
        services = _services(given)
        _check_names(machine, services)
        execution = machine.start(
            _input(given.input), name=given.name, services=services, clock=_clock(given.clock), seed=given.seed
        )
    except (DefinitionError, MockError, _WrongUseError, ValueError) as error:
        sys.stderr.write(f"{given.file}: {error}\n")
        return 2
    try:
        result = execution.wait()
    except KeyboardInterrupt:
        execution.stop("Interrupted", "stopped by hand")
        result = execution.wait()
    if given.timeline:
        for line in timeline(result.events):
            sys.stderr.write(line + "\n")
    _show(result, given.output)
    return 0 if result.status == "SUCCEEDED" else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m asl_toolkit run",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="the definition: ASL in JSON")
    parser.add_argument("--input", default="{}", help="JSON text, @FILE, or - for stdin (default: {})")
    parser.add_argument("--name", help="the execution's name (default: a UUID)")
    parser.add_argument("--mocks", type=Path, help="answers instead of services, from a JSON file")
    parser.add_argument(
        "--inject",
        action="append",
        default=[],
        metavar="STATE[@ATTEMPT]=ERROR[:CAUSE]",
        help="let an attempt of a Task fail (attempt 1; @* for every one); may be given more than once",
    )
    parser.add_argument(
        "--function", action="append", default=[], metavar="NAME=MODULE:ATTRIBUTE", help="a Lambda function in this process"
    )
    parser.add_argument("--aws", action="store_true", help="let Tasks without a mock call AWS through boto3")
    parser.add_argument(
        "--clock", default="virtual", help="virtual (waits pass at once, the default), real, or a factor such as 60"
    )
    parser.add_argument("--seed", type=int, help="fixes the jitter of Retry")
    parser.add_argument("--timeline", action="store_true", help="print the history as lines to stderr")
    parser.add_argument(
        "--output", choices=("text", "json"), default="text", help="json prints status, output, error, cause and events"
    )
    return parser


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _WrongUseError(f"cannot be read: {error}") from error


def _input(text: str) -> Json:
    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = _read(Path(text[1:]))
    try:
        return loads(text)
    except ValueError as error:
        raise _WrongUseError(f"--input is not JSON: {error}") from error


def _clock(text: str) -> Clock:
    if text == "virtual":
        return VirtualClock()
    if text == "real":
        return SystemClock()
    try:
        return ScaledClock(float(text))
    except ValueError as error:
        raise _WrongUseError(f"--clock is virtual, real or a factor above 0, not {text!r}") from error


def _services(given: argparse.Namespace) -> Services:
    services = Services(_aws() if given.aws else {}, functions=dict(map(_function, given.function)))
    if given.mocks is not None:
        try:
            document = loads(_read(given.mocks))
        except ValueError as error:
            raise _WrongUseError(f"{given.mocks} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise _WrongUseError(f"{given.mocks} holds a JSON object")
        services = with_mocks(services, document)
    injections = [parse_injection(text) for text in given.inject]
    return with_injected(services, injections) if injections else services


def _check_names(machine: StateMachine, services: Services) -> None:
    """Mocks and injected errors name Tasks of this machine."""
    names = {name for name, _, _ in resources_of(machine.model.root)}
    for name in services.states:
        if name not in names:
            near = get_close_matches(name, sorted(names), 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(map(repr, sorted(names)))}"
            raise _WrongUseError(f"there is no Task {name!r} to mock or to let fail{hint}")


def _aws() -> Any:  # handlers
    try:
        import boto3
    except ImportError as error:
        raise _WrongUseError("--aws needs boto3: pip install 'extract-asl-toolkit[aws]'") from error
    from asl_toolkit.services.aws import AwsCalls

    calls = AwsCalls(boto3.client)  # type: ignore[arg-type] # its overloads name every service
    return {**calls.handlers(), ("lambda", "invoke"): calls.optimised}


def _function(text: str) -> tuple[str, Any]:  # a Lambda handler
    name, _, place = text.partition("=")
    module, _, attribute = place.partition(":")
    sys.path.insert(0, "")
    try:
        return name, getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise _WrongUseError(f"--function {text}: {error}") from error


def _show(result: ExecutionResult, form: str) -> None:
    if form == "json":
        shown = {
            "status": result.status,
            "output": result.output,
            "error": result.error,
            "cause": result.cause,
            "events": [_plain(event) for event in result.events],
        }
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
    elif result.status == "SUCCEEDED":
        sys.stdout.write(dumps(result.output) + "\n")
    else:
        sys.stderr.write(f"{result.status} {result.error or ''}: {result.cause or ''}\n")


def _plain(event: Event) -> Event:
    return {**event, "timestamp": event["timestamp"].isoformat()}
