"""A state machine as a Mermaid flowchart: what GitHub, GitLab and many editors draw.

Solid arrows are the ways that states name (Next, Default, rules), dotted ones lead where a caught error goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.json_text import text
from asl_generator.scopes import State, States, inner_machines, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.contract import Json

_SHAPES: Final = {"Choice": ("{", "}"), "Wait": ("[/", "/]"), "Succeed": ("([", "])"), "Fail": ("([", "])")}
_OPERATORS: Final = {"StringEquals": "is", "BooleanEquals": "is", "NumericEquals": "is"}


def mermaid(definition: Mapping[str, Json]) -> str:
    """The flowchart. The same definition gives the same text."""
    return "\n".join(["flowchart TD", *_Drawing().machine(definition, "    ")]) + "\n"


class _Drawing:
    """One drawing: state names are unique over the whole machine, so a node's id is a number that it got first."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._starts = 0

    def machine(self, machine: Mapping[str, Json], indent: str) -> Iterator[str]:
        """Its start, its states with what is inside them, and the ways between."""
        given = machine.get("States")
        states: States = (
            {name: state for name, state in given.items() if isinstance(state, dict)} if isinstance(given, dict) else {}
        )
        self._starts += 1
        start = f"start{self._starts}"
        yield f"{indent}{start}(( )) --> {self._id(str(machine.get('StartAt')))}"
        for name, state in states.items():
            inner = inner_machines(state)
            if inner:
                yield f"{indent}subgraph {self._id(name)}[{_quoted(name)}]"
                for each in inner:
                    yield from self.machine(each, indent + "    ")
                yield f"{indent}end"
            else:
                before, after = _SHAPES.get(str(state.get("Type")), ("[", "]"))
                yield f"{indent}{self._id(name)}{before}{_quoted(name)}{after}"
        for name, state in states.items():
            for arrow, label, target in _ways(state):
                told = f"|{_quoted(label)}|" if label else ""
                yield f"{indent}{self._id(name)} {arrow}{told} {self._id(target)}"

    def _id(self, name: str) -> str:
        return self._ids.setdefault(name, f"s{len(self._ids) + 1}")


def _ways(state: State) -> Iterator[tuple[str, str, str]]:
    """Arrow, label and target of each way out of a state."""
    for rule in listed(state, "Choices"):
        yield "-->", _condition(rule), str(rule.get("Next"))
    if "Default" in state:
        yield "-->", "else", str(state["Default"])
    if "Next" in state:
        yield "-->", "", str(state["Next"])
    for target in dict.fromkeys(str(catcher.get("Next")) for catcher in listed(state, "Catch")):
        if target != state.get("Next"):
            yield "-.->", "error", target


def _condition(rule: Mapping[str, Json]) -> str:
    """A rule of a Choice in few words; one of an unknown form as it stands."""
    if isinstance(rule.get("Condition"), str):
        return str(rule["Condition"])
    inner = rule.get("Not")
    if isinstance(inner, dict):
        return f"not ({_condition(inner)})"
    for word in ("And", "Or"):
        if parts := listed(dict(rule), word):
            return f" {word.lower()} ".join(map(_condition, parts))
    asked = {key: value for key, value in rule.items() if key not in ("Variable", "Next", "Comment", "Assign", "Output")}
    if len(asked) != 1 or "Variable" not in rule:
        return text(asked, indent=None)
    ((operator, value),) = asked.items()
    if operator == "IsPresent":
        return f"{rule['Variable']} is {'present' if value is True else 'absent'}"
    shown = value if isinstance(value, str) else text(value, indent=None)
    return f"{rule['Variable']} {_OPERATORS.get(operator, operator)} {shown}"


def _quoted(label: str) -> str:
    """A label as Mermaid takes any text (Mermaid guide, "Flowcharts", "Entity codes to escape characters")."""
    escaped = label.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return f'"{escaped}"'
