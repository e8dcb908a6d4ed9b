"""Reads of `$states` in JSONata: members that do not exist, or not in this field.

Source: developer guide, "Transforming data with JSONata": input and context exist in every field, result in Output and
Assign of a Task, Parallel or Map, errorOutput in those of a Catch. The service refuses other reads when the machine is
created.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.jsonata_values import expressions_of, without_texts
from asl_toolkit.check.paths import check_context_names
from asl_toolkit.check.scopes import StateAt

_READ: Final = re.compile(r"\$states\s*\.\s*([A-Za-z_]\w*)((?:\s*\.\s*[A-Za-z_]\w*)*)")
_AFTER: Final = frozenset({"Output", "Assign"})
_WHERE: Final[Mapping[str, str]] = {
    "result": "Output and Assign of a Task, Parallel or Map",
    "errorOutput": "Output and Assign of an entry of Catch",
}
_MEMBERS: Final = ("context", "errorOutput", "input", "result")


def check_states_variable(state: StateAt, report: Report) -> None:
    """Every `$states.…` of a JSONata state."""
    if not state.jsonata:
        return
    for pointer, text in expressions_of(state):
        steps = pointer[len(state.pointer) :]
        for match in _READ.finditer(without_texts(text)):
            name, more = match[1], [step.strip() for step in match[2].split(".")[1:]]
            if name not in _MEMBERS:
                near = get_close_matches(name, _MEMBERS, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                report.add("STATES_MEMBER", pointer, f"$states has no member {name!r}{hint}")
            elif name in _WHERE and not _there(name, steps, state):
                report.add("STATES_MEMBER", pointer, f"$states.{name} exists only in {_WHERE[name]}")
            elif name == "context" and more:
                check_context_names(more[:3], match[0], pointer, state, report)


def _there(name: str, steps: Pointer, state: StateAt) -> bool:
    if name == "result":
        return state.type in {"Task", "Parallel", "Map"} and steps[0] in _AFTER
    return steps[0] == "Catch" and len(steps) > 2 and steps[2] in _AFTER
