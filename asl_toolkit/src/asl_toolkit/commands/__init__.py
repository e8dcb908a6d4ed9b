"""The command line `asl`: each command is a module of this folder, imported when it is called."""

import io
import os
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
_EPILOG = """\
examples:
  asl check machine.asl.json template.yaml         all faults, with line and column
  asl check --output sarif . > findings.sarif      a whole folder, for code scanning
  asl run machine.asl.json --mocks mocks.json --input '{"tables": [{"name": "a"}]}' --timeline
  asl run template.yaml#Pipeline --substitute Stage=test --mocks mocks.json
  asl serve machine.asl.json --mocks mocks.json    then AWS_ENDPOINT_URL_SFN=http://127.0.0.1:8083

`asl COMMAND --help` explains a command. Exit codes: 0 done; 1 an ERROR was found, the execution did not succeed, or
a case is wrong; 2 wrong use, or a faulty definition; 3 a fault of asl-toolkit; 130 Ctrl-C; 141 a closed pipe."""
_DISTRIBUTION = "asl-toolkit"
_TRACEBACK = "ASL_TRACEBACK"
_LONGEST_FAULT = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Call a command with these arguments (None: those of the process). Exit codes: 0 done, 1 failed, 2 wrong use.

    3 is a fault of this package, 130 Ctrl-C, 141 a closed pipe.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(_usage())  # noqa: T201 - a command's output
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(f"{_DISTRIBUTION} {version(_DISTRIBUTION)}")  # noqa: T201 - a command's output
        return 0
    name, *rest = arguments
    for stream in (sys.stdout, sys.stderr):  # half a surrogate in an output or a cause cannot be encoded
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if name not in _COMMANDS:
        print(f"there is no command {name!r}\n\n{_usage()}", file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    return _call(name, rest)


def _call(name: str, arguments: Sequence[str]) -> int:
    """The exit code of a command. No exception leaves it as a traceback."""
    try:
        result = import_module(f"asl_toolkit.commands.{name}").main(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe has gone: no output is possible
        sys.stdout = None  # the interpreter would flush it at its end
        return 141
    except ImportError as error:
        remedy = "" if "pip install" in str(error) else f": pip install {error.name}"
        print(f"{name}: {error}{remedy}", file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        fault = f"{type(error).__name__}: {error}"[:_LONGEST_FAULT]
        text = (
            f"{name}: this is a fault of {_DISTRIBUTION}: {fault}. Please report it with the traceback ({_TRACEBACK}=1 shows it)"
        )
        print(text, file=sys.stderr)  # noqa: T201 - a command's output
        return 3
    return int(result)


def _usage() -> str:
    width = max(map(len, _COMMANDS))
    lines = [f"  {name:<{width}}  {about}" for name, about in _COMMANDS.items()]
    return "\n".join(["usage: asl COMMAND … (or --help, --version)", "", *lines, "", _EPILOG])
