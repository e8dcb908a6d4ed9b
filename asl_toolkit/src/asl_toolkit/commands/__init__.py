"""The command line `asl`: each command is a module of this folder, imported when it is called."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version

_COMMANDS: Mapping[str, str] = {
    "check": "find faults in definitions, including the parameters of services",
    "run": "run a state machine on this computer",
    "serve": "Step Functions over HTTP on this computer, for boto3, the AWS CLI and other SDKs",
    "case": "read recorded cases from stdin, one per line, and print how each one ends here",
    "conformance": "run a file of recorded cases and print how many agree",
}
_DISTRIBUTION = "asl-toolkit"


def main(arguments: Sequence[str] | None = None) -> int:
    """Call a command with these arguments (None: those of the process). Exit codes: 0 done, 1 failed, 2 wrong use."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(_usage())  # noqa: T201 - a command's output
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(f"{_DISTRIBUTION} {version(_DISTRIBUTION)}")  # noqa: T201 - a command's output
        return 0
    name, *rest = arguments
    if name not in _COMMANDS:
        print(f"there is no command {name!r}\n\n{_usage()}", file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    result = import_module(f"asl_toolkit.commands.{name}").main(rest)
    return int(result)


def _usage() -> str:
    width = max(map(len, _COMMANDS))
    lines = [f"  {name:<{width}}  {about}" for name, about in _COMMANDS.items()]
    return "\n".join(["usage: asl COMMAND … (or --help, --version)", "", *lines])
