"""`asl run FILE`: runs a state machine on this computer and prints its output."""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from asl_toolkit.check.source import find_places
from asl_toolkit.commands.options import WrongUseError, add_options, clock_of, json_of, services_of
from asl_toolkit.errors import DefinitionError
from asl_toolkit.finding import sentences
from asl_toolkit.history_text import timeline
from asl_toolkit.inputs import CannotRead, Source, read_one
from asl_toolkit.inputs.options import add_substitute
from asl_toolkit.inputs.stand_ins import placeholders_in, with_stand_ins
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.machine import load
from asl_toolkit.mocks import Injection, MockError, Used, parse_injection, unmet, with_injected
from asl_toolkit.runtime.execution import ExecutionResult
from asl_toolkit.runtime.history import Event
from asl_toolkit.runtime.map_run_events import ChildExecution
from asl_toolkit.services.registry import Services
from asl_toolkit.services.tokens import TaskTokens
from asl_toolkit.timestamps import parse_instant

_EPILOG = """\
The output goes to stdout, everything else to stderr. Exit codes: 0 the execution succeeded, 1 it did not, 2 wrong use
or a faulty definition.

A file of mocks is JSON: {"states": {"My Task": {"result": …}}, "services": {"glue:startJobRun": [{"error": "Glue.X", "cause":
"…"}, {"result": …}]}, "functions": {"my-function": {"result": …}}}. An answer has result, error or
"hangs": true. It may also have "submitted" (the output of TaskSubmitted), "delay" (seconds of the execution's clock),
"heartbeat_every" (seconds) and "when" ({path: value}: only for calls with these parameters). For a .waitForTaskToken Task,
result is the output of send_task_success and error that of send_task_failure. The name of an activity is activity:NAME."""
_NAME = re.compile(r"""[^\s?*<>{}\[\]"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}""")
_MOST_CHILDREN = 20


def main(arguments: Sequence[str]) -> int:
    """Run the machine and return the exit code."""
    options = _parser().parse_args(arguments)
    children = _Children()
    source = None
    try:
        source = read_one(_not_twice(options), dict(options.substitute))
        machine = load(_runnable(source))
        injections, met = [parse_injection(injection) for injection in options.inject], set[Injection]()
        used = Used()
        services = with_injected(services_of(options, TaskTokens(patience=0), machine, used), injections, machine, met=met)
        execution = machine.start(
            _input(options.input),
            name=options.name,
            services=services,
            clock=clock_of(options.clock, options.start_time),
            seed=options.seed,
            child_listener=children.take if options.timeline else None,
        )
    except DefinitionError as error:
        for line in _refused(options.file, source, error):
            sys.stderr.write(line + "\n")
        if left := placeholders_in(None if source is None else _value_of(source.definition)):
            shown = ", ".join(f"${{{name}}}" for name in left)
            sys.stderr.write(f"placeholders without a value: {shown} (--substitute NAME=VALUE gives one)\n")
        return 2
    except (CannotRead, MockError, WrongUseError, ValueError) as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return 2
    try:
        result = execution.wait()
    except KeyboardInterrupt:
        execution.stop("Interrupted", "stopped by hand")
        result = execution.wait()
    if options.timeline:
        children.print(result)
    _show(result, options.output)
    for sentence in unmet(injections, met):
        sys.stderr.write(f"warning: --inject {sentence}\n")
    for mock in used.unused if result.status == "SUCCEEDED" else ():  # what fails ends early
        sys.stderr.write(f"warning: --mocks {mock} was not used by any call\n")
    if result.error == "Lambda.ResourceNotFoundException" and not options.aws:
        known = ", ".join(map(repr, sorted(services.functions))) or "none"
        sys.stderr.write(f"functions of this run (--function, --mocks): {known}\n")
    return 0 if result.status == "SUCCEEDED" else 1


def _value_of(definition: Json) -> Json:
    """The value of a definition; None if it is a text that cannot be read."""
    try:
        return loads(definition) if isinstance(definition, (str, bytes)) else definition
    except ValueError:
        return None


def _runnable(source: Source) -> Json:
    """The definition, with stand-ins for the placeholders of its Resources. A warning names each."""
    value = _value_of(source.definition)
    if not placeholders_in(value):
        return source.definition
    defaults = Services()
    definition, replaced = with_stand_ins(value, region=defaults.region, account=defaults.account)
    for text, stand_in in replaced.items():
        sys.stderr.write(f"warning: the Resource {text!r} runs as {stand_in!r} (--substitute gives placeholders a value)\n")
    return definition


def _not_twice(options: argparse.Namespace) -> str:
    """The file. Raises WrongUseError if it and the input are both stdin."""
    if options.file == options.input == "-":
        raise WrongUseError("the definition and --input cannot both be stdin: give one of them as a file")
    return str(options.file)


def _refused(file: str, source: Source | None, error: DefinitionError) -> Iterator[str]:
    """One line per fault, as `check` prints them."""
    definition = None if source is None else source.definition
    place = None if source is None else source.place
    label = file if source is None else source.label
    if place is None and isinstance(definition, bytes) and _value_of(definition) is not None:
        place = find_places(definition.decode("utf-8-sig", "replace")).of
    for finding in error.findings:
        line, column = finding.line, finding.column
        if place is not None and (line is None or (source is not None and source.place is not None)):
            line, column = place(finding.pointer)
        explained = sentences(finding.message, finding.remedy)
        yield f"{label}:{line or 1}:{column or 1}: ERROR {finding.code} {finding.pointer or '/'}: {explained}"


class _Children:
    """The children of DISTRIBUTED Maps that a timeline shows: the first 20, and all that failed."""

    def __init__(self) -> None:
        self.shown: list[ChildExecution] = []
        self.left_out = 0

    def take(self, child: ChildExecution) -> None:
        """Show the child, or count it."""
        if len(self.shown) < _MOST_CHILDREN or child.status != "SUCCEEDED":
            self.shown.append(child)
        else:
            self.left_out += 1

    def print(self, result: ExecutionResult) -> None:
        """Print the timeline to stderr."""
        for line in timeline(result.events, self.shown):
            sys.stderr.write(line + "\n")
        if self.left_out:
            sys.stderr.write(f"{self.left_out} more children of Distributed Maps succeeded\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asl run",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help="the definition (JSON, YAML), or a template's state machine: template.yaml#LogicalId")
    add_substitute(parser)
    parser.add_argument("--input", default="{}", help="JSON text, @FILE, or - for stdin (default: {})")
    parser.add_argument("--name", type=_name, help="the execution's name (default: a UUID)")
    add_options(parser, clock="virtual")
    parser.add_argument(
        "--inject",
        action="append",
        default=[],
        metavar="STATE[@ATTEMPT]=ERROR[:CAUSE]",
        help="let an attempt of a Task fail (default: attempt 1; @* = every attempt); may be repeated",
    )
    parser.add_argument(
        "--start-time",
        type=_instant,
        metavar="INSTANT",
        help="the start time of a virtual or scaled clock, such as 2026-01-31T12:00:00Z (default: virtual "
        "2023-11-14T22:13:20Z, scaled now)",
    )
    parser.add_argument("--seed", type=int, help="makes the jitter of Retry the same in every run")
    parser.add_argument("--timeline", action="store_true", help="print the history as lines to stderr")
    parser.add_argument(
        "--output", choices=("text", "json"), default="text", help="json prints status, output, error, cause and events"
    )
    return parser


def _input(text: str) -> Json:
    if text.startswith("@"):
        return json_of(Path(text[1:]), "--input")
    try:
        return loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise WrongUseError(f"--input is not JSON: {error}") from error


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        wanted = '1 to 80 characters, no blanks and none of ?*<>{}[]"#%\\^|~`$&,;:/'
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid name of an execution: {wanted}")
    return text


def _instant(text: str) -> float:
    instant = parse_instant(text)
    if instant is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not an instant such as 2026-01-31T12:00:00Z")
    return instant.timestamp()


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
        named = f" {result.error}" if result.error else ""
        sys.stderr.write(f"{result.status}{named}{f': {result.cause}' if result.cause else ''}\n")


def _plain(event: Event) -> Event:
    return {**event, "timestamp": event["timestamp"].isoformat()}
