"""Check of loops: a branch that asks again and again must come to an end by itself, since nothing around it ends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from extract_core.testing.broken import Breach, check
from extract_core.testing.paths import targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.testing.subject import Subject

_OF_ONE_TASK: Final = frozenset({"TimeoutSeconds", "TimeoutSecondsPath", "Comment"})
_COMPARES: Final = ('"Numeric', '"Timestamp')
"""Rules of a Choice that can count rounds or look at a clock; in JSONata any comparison can."""
_REMEDY: Final = "hand $.timeout_seconds to what is asked there, so that it says when time is up, or count the rounds in a Choice"


@check
def loops_are_bounded(subject: Subject) -> Iterator[Breach]:
    """Where states lead back to themselves, one of them looks at ``$.timeout_seconds``, the whole item, or a count."""
    states = subject.states
    ways = {name: _reached(states, name) for name in states}
    told = set[str]()
    for name in states:
        if name in ways[name] and name not in told:
            loop = [each for each in states if each in ways[name] and name in ways[each]]
            told.update(loop)
            if not any(_bounds(states[each]) for each in loop):
                problem = "they are a loop that nothing bounds: a job that never ends goes round until the history is full"
                yield Breach(f"branch(target), states {', '.join(map(repr, loop))}", problem, _REMEDY)


def _reached(states: Mapping[str, Mapping[str, Any]], name: str) -> set[str]:  # Any: JSON that is walked
    """All states that can come after this one."""
    found, ahead = set[str](), [name]
    while ahead:
        new = {each for each in targets(states[ahead.pop()]) if each in states} - found
        found |= new
        ahead += sorted(new)
    return found


def _bounds(state: Mapping[str, Any]) -> bool:  # Any: see _reached
    text = json.dumps({name: value for name, value in state.items() if name not in _OF_ONE_TASK})
    if "timeout_seconds" in text or '.$": "$"' in text:
        return True
    if state.get("Type") != "Choice":
        return False
    return any(sign in text for sign in _COMPARES) or any(
        sign in str(rule.get("Condition", "")) for rule in state.get("Choices", ()) for sign in ("<", ">")
    )
