"""Check of loops: a branch that polls must end by itself, because nothing around it ends the loop."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from extract_testing.branch.states import loops_of
from extract_testing.breaches import Breach
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_testing.subject.subject import Subject

States = dict[str, dict[str, Any]]  # Any: parsed JSON

_OF_ONE_TASK: Final = frozenset({"TimeoutSeconds", "TimeoutSecondsPath", "Comment"})
_CLOCK: Final = re.compile(r"\$\$\.State\.EnteredTime|\$states\.context\.State\.EnteredTime|\$now\(|\$millis\(")
_LIMIT: Final = "pass $.timeout_seconds to the function in the loop, so that it can report that time is up, or count the rounds: "
_COUNT: Final = "increase a number in the loop (Pass with States.MathAdd, or Assign), and leave by a Choice that compares it"


@check
def loops_end(subject: Subject) -> Iterator[Breach]:
    """Every loop ends: it passes `$.timeout_seconds` to its Task, or a Choice in it compares a counter or the clock."""
    states = subject.states
    for loop in loops_of(states):
        inside = {name: states[name] for name in loop}
        if not any(_gets_the_limit(state) for state in inside.values()) and not any(
            _leaves_in_time(state, inside) for state in inside.values()
        ):
            problem = "their loop has no limit: if the job never ends, it repeats until the history is full"
            calls_a_function = any(":lambda:" in str(state.get("Resource")) for state in inside.values())
            remedy = _LIMIT + _COUNT if calls_a_function else _COUNT
            yield Breach(f"branch(target), states {', '.join(map(repr, loop))}", problem, remedy)


def _gets_the_limit(state: Mapping[str, Any]) -> bool:  # Any: see States
    """A Task that gets ``$.timeout_seconds`` or the whole item: its service can report that time is up."""
    text = json.dumps({name: value for name, value in state.items() if name not in _OF_ONE_TASK})
    return state.get("Type") == "Task" and ("timeout_seconds" in text or '.$": "$"' in text)


def _leaves_in_time(state: Mapping[str, Any], loop: States) -> bool:  # Any: see States
    """A Choice with a "more" or "less" comparison of the clock, or of a value that the loop changes."""
    if state.get("Type") != "Choice":
        return False
    changed = {place for other in loop.values() for place in _changed(other)}
    for rule in state.get("Choices", ()):
        text = json.dumps(rule)
        compares = '"Numeric' in text or '"Timestamp' in text or re.search(r'"Condition": "[^"]*[<>]', text)
        if compares and (_CLOCK.search(text) or any(re.search(re.escape(place) + r"\b", text) for place in changed)):
            return True
    return False


def _changed(state: Mapping[str, Any]) -> Iterator[str]:  # Any: see States
    """The places that a state changes in each round: to a sum, a time, or the result of a function."""
    text = json.dumps([state.get(part) for part in ("Parameters", "Output", "Assign", "Result")])
    changes = "States.MathAdd" in text or "+" in text or _CLOCK.search(text) or ":lambda:" in str(state.get("Resource"))
    if not changes:
        return
    if isinstance(state.get("ResultPath"), str):
        yield state["ResultPath"]
    yield from (f"${name.removesuffix('.$')}" for name in state.get("Assign") or ())
    for written in re.findall(r"'(\w+)':", str(state.get("Output", ""))):
        yield f"$states.input.{written}"
