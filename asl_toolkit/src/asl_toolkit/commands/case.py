"""`python -m asl_toolkit case`: a recorded case a line on stdin, `{status, output, error, cause, events}` a line on stdout.

A case is JSON with `definition`, `input`, `lambdas` (name → Python source with a `handler(event, context)`) and
`fixtures`. Its code runs in this process: feed it only cases that you trust.
"""

import json
import sys
from collections.abc import Sequence

from asl_toolkit.conformance.runner import run_case
from asl_toolkit.json_value import Json


def main(arguments: Sequence[str]) -> int:
    """Run until stdin ends."""
    if arguments:
        print("usage: python -m asl_toolkit case < cases.jsonl", file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(json.dumps(_answer(line), ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return 0


def _answer(line: str) -> dict[str, Json]:
    """What a case gives; a case that cannot be run must not keep the next ones from it."""
    try:
        return run_case(json.loads(line))
    except Exception as error:  # noqa: BLE001 - a case may hold anything
        cause = f"{type(error).__name__}: {error}"
        return {"status": "UNREADABLE", "output": None, "error": "UnreadableCase", "cause": cause, "events": []}
