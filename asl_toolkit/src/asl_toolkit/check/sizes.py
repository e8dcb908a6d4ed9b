"""Sizes: the definition (1 MB) and literal payloads (256 KiB, as for every state's input and output).

Source: developer guide, "Step Functions service quotas".
"""

from typing import Final

from asl_toolkit.check.findings import ROOT, Report
from asl_toolkit.check.scopes import Machine
from asl_toolkit.json_value import Json, dumps

LARGEST_DEFINITION: Final = 1_048_576
_LARGEST_PAYLOAD: Final = 262_144
_PAYLOADS: Final = ("Parameters", "Arguments", "Result", "ResultSelector", "ItemSelector", "Output", "Items", "Assign")


def check_sizes(machine: Machine, text: str | None, report: Report) -> None:
    """The size of the text (or of the compact JSON, when no text is given) and of each literal payload."""
    size = len(text.encode("utf-8", "replace")) if text is not None else _size(machine.value)
    if size > LARGEST_DEFINITION:
        report.add("TOO_LARGE", ROOT, f"the definition has {size} bytes, AWS accepts {LARGEST_DEFINITION}")
    if size <= _LARGEST_PAYLOAD:
        return
    for state in machine.states:
        for name in _PAYLOADS:
            if name in state.value and (size := _size(state.value[name])) > _LARGEST_PAYLOAD:
                report.add("LARGE_PAYLOAD", state.at(name), f"{name} has {size} bytes, a payload may have {_LARGEST_PAYLOAD}")


def _size(value: Json) -> int:
    try:
        return len(dumps(value).encode("utf-8", "replace"))
    except (TypeError, ValueError):
        return 0
