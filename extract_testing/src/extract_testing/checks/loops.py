"""Check of loops: a branch that asks again and again must come to an end by itself, since nothing around it ends it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from extract_testing.broken import Breach, check
from extract_testing.paths import targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_testing.subject import Subject

States = dict[str, dict[str, Any]]  # Any: JSON that is walked

_OF_ONE_TASK: Final = frozenset({"TimeoutSeconds", "TimeoutSecondsPath", "Comment"})
_CLOCK: Final = re.compile(r"\$\$\.State\.EnteredTime|\$states\.context\.State\.EnteredTime|\$now\(|\$millis\(")
_TELL: Final = (
    "hand $.timeout_seconds to the function that is asked there, so that it says when time is up, or count the rounds: "
)
_COUNT: Final = (
    "raise a number in the loop (a Pass with States.MathAdd, in JSONata an Assign), and leave by a Choice that compares it"
)


@check
def loops_are_bounded(subject: Subject) -> Iterator[Breach]:
    """Where states lead back to themselves, a Task of them is told the time, or a Choice compares what is raised, or a clock."""
    states = subject.states
    for loop in loops_of(states):
        inside = {each: states[each] for each in loop}
        if not any(_is_told_the_time(state) for state in inside.values()) and not any(
            _leaves_in_time(state, inside) for state in inside.values()
        ):
            problem = "they are a loop that nothing bounds: a job that never ends goes round until the history is full"
            asks_a_function = any(":lambda:" in str(state.get("Resource")) for state in inside.values())
            remedy = _TELL + _COUNT if asks_a_function else _COUNT
            yield Breach(f"branch(target), states {', '.join(map(repr, loop))}", problem, remedy)


def loops_of(states: States) -> list[list[str]]:
    """The states that lead back to themselves, by loop."""
    ways = {name: reached(states, name) for name in states}
    found, told = list[list[str]](), set[str]()
    for name in states:
        if name in ways[name] and name not in told:
            found.append([each for each in states if each in ways[name] and name in ways[each]])
            told.update(found[-1])
    return found


def reached(states: Mapping[str, Mapping[str, Any]], name: str) -> set[str]:  # Any: see States
    """All states that can come after this one."""
    found, ahead = set[str](), [name]
    while ahead:
        new = {each for each in targets(states[ahead.pop()]) if each in states} - found
        found |= new
        ahead += sorted(new)
    return found


def _is_told_the_time(state: Mapping[str, Any]) -> bool:  # Any: see States
    """A Task that gets ``$.timeout_seconds``, or the whole item: what is asked there can say that time is up."""
    text = json.dumps({name: value for name, value in state.items() if name not in _OF_ONE_TASK})
    return state.get("Type") == "Task" and ("timeout_seconds" in text or '.$": "$"' in text)


def _leaves_in_time(state: Mapping[str, Any], loop: States) -> bool:  # Any: see States
    """A Choice that compares, as more or less, a clock or what another state of the loop raises."""
    if state.get("Type") != "Choice":
        return False
    raised = {place for each in loop.values() for place in _raised(each)}
    for rule in state.get("Choices", ()):
        text = json.dumps(rule)
        compares = '"Numeric' in text or '"Timestamp' in text or re.search(r'"Condition": "[^"]*[<>]', text)
        if compares and (_CLOCK.search(text) or any(re.search(re.escape(place) + r"\b", text) for place in raised)):
            return True
    return False


def _raised(state: Mapping[str, Any]) -> Iterator[str]:  # Any: see States
    """The places where a state leaves another value each time: a sum, a moment, or what a function says."""
    text = json.dumps([state.get(part) for part in ("Parameters", "Output", "Assign", "Result")])
    changes = "States.MathAdd" in text or "+" in text or _CLOCK.search(text) or ":lambda:" in str(state.get("Resource"))
    if not changes:
        return
    if isinstance(state.get("ResultPath"), str):
        yield state["ResultPath"]
    yield from (f"${name.removesuffix('.$')}" for name in state.get("Assign") or ())
    for written in re.findall(r"'(\w+)':", str(state.get("Output", ""))):
        yield f"$states.input.{written}"
