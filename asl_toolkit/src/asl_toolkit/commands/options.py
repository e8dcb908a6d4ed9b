"""The options that `run` and `serve` share: the handlers of Tasks, and the clock."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from asl_toolkit.clock import Clock, ScaledClock, SystemClock, VirtualClock
from asl_toolkit.json_value import Json, loads
from asl_toolkit.machine import StateMachine
from asl_toolkit.mocks import Used, with_mocks
from asl_toolkit.mocks.local_file import from_local_file, is_local_file
from asl_toolkit.services.registry import Services
from asl_toolkit.services.tokens import TaskTokens


class WrongUseError(Exception):
    """The user's mistake, as a sentence."""


def add_options(parser: argparse.ArgumentParser, *, clock: str) -> None:
    """Add --mocks, --function, --aws and --clock (`clock` is its default)."""
    parser.add_argument(
        "--mocks", type=Path, help="a JSON file with answers, used instead of services; or one of Step Functions Local"
    )
    parser.add_argument("--test-case", metavar="[MACHINE#]CASE", help="the test case of a mock file of Step Functions Local")
    parser.add_argument(
        "--function", action="append", default=[], metavar="NAME=MODULE:ATTRIBUTE", help="a Lambda function in this process"
    )
    parser.add_argument("--aws", action="store_true", help="let Tasks without a mock call AWS through boto3")
    parser.add_argument(
        "--clock", default=clock, help=f"virtual (waits pass at once), real, or a factor such as 60 (default: {clock})"
    )


def read_bytes(file: Path) -> bytes:
    """The bytes of a file. Raises WrongUseError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise WrongUseError(f"cannot be read: {error.strerror}") from error


def json_of(file: Path, what: str) -> Json:
    """The JSON value of a file; `what` is its option. Raises WrongUseError."""
    try:
        return loads(read_bytes(file).decode("utf-8-sig"))
    except (ValueError, WrongUseError) as error:
        text = str(error) if isinstance(error, WrongUseError) else f"is not JSON: {error}"
        raise WrongUseError(f"{what} {file} {text}") from error


def clock_of(text: str, start: float | None) -> Clock:
    """The clock that --clock names, from `start` (seconds since 1970). Raises WrongUseError."""
    if text == "virtual":
        return VirtualClock() if start is None else VirtualClock(start)
    if text == "real":
        if start is not None:
            raise WrongUseError("--start-time is for a virtual or a scaled clock, not for --clock real")
        return SystemClock()
    try:
        return ScaledClock(float(text), start)
    except ValueError as error:
        raise WrongUseError(f"--clock is virtual, real or a factor above 0, not {text!r}") from error


def services_of(
    options: argparse.Namespace, tokens: TaskTokens, machine: StateMachine | None = None, used: Used | None = None
) -> Services:
    """The handlers that the options name; mocks must fit `machine`. Raises WrongUseError or MockError."""
    functions = dict(map(_function, options.function))
    services = Services(_aws() if options.aws else {}, functions=functions, tokens=tokens)
    document = {} if options.mocks is None else json_of(options.mocks, "--mocks")
    if not isinstance(document, dict):
        raise WrongUseError(f"--mocks {options.mocks} holds a JSON object")
    if is_local_file(document):
        document = from_local_file(document, options.test_case)
    elif options.test_case is not None:
        raise WrongUseError("--test-case is for a mock file of Step Functions Local, which --mocks names")
    return with_mocks(services, document, machine, used=used)


def _aws() -> Any:  # handlers
    try:
        import boto3
    except ImportError as error:
        raise WrongUseError("--aws needs boto3: pip install boto3") from error
    from asl_toolkit.services.aws import AwsCalls

    calls = AwsCalls(boto3.client)  # type: ignore[arg-type] # its overloads name every service
    return {**calls.handlers(), ("lambda", "invoke"): calls.optimised}


def _function(text: str) -> tuple[str, Any]:  # a Lambda handler
    name, equals, place = text.partition("=")
    module, colon, attribute = place.partition(":")
    if not (name and equals and module and colon and attribute):
        raise WrongUseError(f"--function {text!r} is not NAME=MODULE:ATTRIBUTE")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        function = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # whatever a module raises when it is imported
        raise WrongUseError(f"--function {text}: {type(error).__name__}: {error}") from error
    if not callable(function):
        raise WrongUseError(f"--function {text}: {attribute} is {type(function).__name__}, which cannot be called")
    return name, function
