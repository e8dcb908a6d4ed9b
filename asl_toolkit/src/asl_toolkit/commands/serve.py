"""`asl serve [FILE…]`: Step Functions over HTTP on this computer, for boto3, the AWS CLI and every other SDK."""

import argparse
import re
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from asl_toolkit.client import ClientError, StepFunctions
from asl_toolkit.clock import Clock
from asl_toolkit.commands.options import WrongUseError, add_options, clock_of, services_of
from asl_toolkit.endpoint import Endpoint
from asl_toolkit.inputs import CannotRead, read_one
from asl_toolkit.inputs.options import add_substitute
from asl_toolkit.json_value import dumps
from asl_toolkit.mocks import MockError
from asl_toolkit.services.tokens import TaskTokens

PORT = 8083  # that of Step Functions Local
_ROLE = "arn:aws:iam::{account}:role/local"
_EPILOG = """\
Set these two variables for your program or for the AWS CLI, and any credentials: none is checked.

  AWS_ENDPOINT_URL_SFN=http://127.0.0.1:8083
  AWS_DISABLE_HOST_PREFIX_INJECTION=true   (for StartSyncExecution and TestState)

The endpoint listens on 127.0.0.1 only. State machines and executions live until it ends (Ctrl-C). For workers of activities, set
the SDK's read timeout above 60 seconds: GetActivityTask waits so long. Exit codes: 0 ended by a signal, 2 wrong use."""


def main(arguments: Sequence[str], *, wait: Callable[[], object] | None = None) -> int:
    """Serve until a signal comes, or until `wait` returns. Returns the exit code."""
    options = _parser().parse_args(arguments)
    wait = wait or _signal()
    try:
        clock_of(options.clock, None)
        client = _client(options)
        created = [_create(client, file, dict(options.substitute)) for file in options.files]
        endpoint = Endpoint(client, port=options.port, log=_log if options.verbose else None)
    except (MockError, WrongUseError) as error:
        sys.stderr.write(f"serve: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"serve: cannot listen on port {options.port}: {error.strerror}. Choose another one with --port\n")
        return 2
    with endpoint:
        for arn in created:
            sys.stdout.write(f"{arn}\n")
        sys.stdout.write(f"AWS_ENDPOINT_URL_SFN={endpoint.url}\nAWS_DISABLE_HOST_PREFIX_INJECTION=true\n")
        sys.stdout.flush()
        wait()
    return 0


def _signal() -> Callable[[], object]:
    """Catch SIGINT and SIGTERM from now on. Returns a function that waits for one of them."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    return over.wait


def _log(line: str) -> None:
    sys.stderr.write(line + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asl serve", description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    form = "JSON, YAML, or template.yaml#LogicalId"
    parser.add_argument("files", metavar="FILE", nargs="*", help=f"a state machine to create ({form})")
    add_substitute(parser)
    parser.add_argument("--port", type=_port, default=PORT, help=f"0 takes a free one (default: {PORT})")
    add_options(parser, clock="real")
    parser.add_argument("--region", default="us-east-1", help="the Region in ARNs (default: us-east-1)")
    parser.add_argument("--account", type=_account, default="111111111111", help="the account in ARNs (default: 111111111111)")
    parser.add_argument("--verbose", action="store_true", help="print a line per request to stderr")
    return parser


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _account(text: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account: twelve digits")
    return text


def _client(options: argparse.Namespace) -> StepFunctions:
    def clock() -> Clock:
        return clock_of(options.clock, None)

    services: Any = services_of(options, TaskTokens(patience=None))
    return StepFunctions(services, clock=clock, region=options.region, account=options.account)


def _create(client: StepFunctions, file: str, substitutions: Mapping[str, str]) -> str:
    """The ARN of the machine of a file.

    Its name is the logical id in a template, else that of the file without the suffixes. Raises WrongUseError.
    """
    try:
        source = read_one(file, substitutions)
        name = source.name or Path(file).name.partition(".")[0]
        value = source.definition
        definition = value.decode("utf-8-sig") if isinstance(value, bytes) else dumps(value)
        role = _ROLE.format(account=client.services.account)
        arn: str = client.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    except UnicodeDecodeError as error:
        raise WrongUseError(f"{file} is not UTF-8 (byte {error.start})") from error
    except CannotRead as error:
        raise WrongUseError(f"{file}: {error}") from error
    except ClientError as error:
        raise WrongUseError(f"{file}: {error.response['Error']['Message']}") from error
    return arn
