"""`asl case`: reads one recorded case per line from stdin and writes `{status, output, error, cause, events}` per line.

A case is JSON with `definition`, `input`, `lambdas` (name → Python source with a `handler(event, context)`) and
`fixtures`. The code of a case runs in this process, so use only cases that you trust.
"""

import json
import sys
from collections.abc import Sequence

from asl_toolkit.conformance.runner import run_case
from asl_toolkit.json_value import Json, loads, type_name


def main(arguments: Sequence[str]) -> int:
    """Run until stdin ends."""
    if arguments:
        print("usage: asl case < cases.jsonl", file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(json.dumps(_answer(line), ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return 0


def _answer(line: str) -> dict[str, Json]:
    """The result of a case. If a case cannot run, the next ones still do."""
    try:
        case = loads(line)
    except ValueError as error:
        return _unreadable(f"the line is not JSON: {error}")
    fault = _fault_of(case)
    if fault is not None:
        return _unreadable(fault)
    try:
        return run_case(case)
    except Exception as error:  # noqa: BLE001 - a case may hold anything
        return _unreadable(f"{type(error).__name__}: {error}")


def _unreadable(cause: str) -> dict[str, Json]:
    return {"status": "UNREADABLE", "output": None, "error": "UnreadableCase", "cause": cause, "events": []}


def _fault_of(case: Json) -> str | None:
    """Why a case cannot run; None if its shape is right."""
    if not isinstance(case, dict):
        return f"a case is an object with definition, input, lambdas and fixtures, not {type_name(case)}"
    if "definition" not in case:
        return "the case has no definition"
    for name in ("lambdas", "fixtures"):
        if not isinstance(case.get(name) or {}, dict):
            return f"{name} is an object, not {type_name(case[name])}"
    for name, source in (case.get("lambdas") or {}).items():
        if not isinstance(source, str):
            return f"lambdas.{name} is Python source with a handler(event, context), not {type_name(source)}"
        try:
            compile(source, "handler.py", "exec")
        except (SyntaxError, ValueError) as error:
            return f"lambdas.{name} is not valid Python: {error}"
    return None
