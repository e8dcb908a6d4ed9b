"""A state machine as a Mermaid flowchart, which GitHub, GitLab and many editors draw.

Solid arrows are transitions (Next, Default, rules). Dotted arrows show where a caught error leads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.branches.scopes import State, States, inner_machines, listed
from asl_generator.machine.json_text import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.contract import Json

_SHAPES: Final = {"Choice": ("{", "}"), "Wait": ("[/", "/]"), "Succeed": ("([", "])"), "Fail": ("([", "])")}
_OPERATORS: Final = {"StringEquals": "is", "BooleanEquals": "is", "NumericEquals": "is"}


def mermaid(definition: Mapping[str, Json], notes: Mapping[str, str] | None = None) -> str:
    """The flowchart; `notes` are texts below the names of states. The same arguments give the same text."""
    return "\n".join(["flowchart TD", *_Drawing(notes or {}).machine(definition, "    ")]) + "\n"


def states_of(machine: Mapping[str, Json]) -> States:
    """The states of a machine, or of the inner machine of a Map or Parallel state, without what is not an object."""
    members = machine.get("States")
    return {name: state for name, state in members.items() if isinstance(state, dict)} if isinstance(members, dict) else {}


class _Drawing:
    """One drawing. State names are unique in the whole machine; each node gets a number as its id."""

    def __init__(self, notes: Mapping[str, str]) -> None:
        self._notes = notes
        self._ids: dict[str, str] = {}
        self._starts = 0

    def machine(self, machine: Mapping[str, Json], indent: str) -> Iterator[str]:
        """The start of a machine, its states with inner machines, and the transitions."""
        states = states_of(machine)
        self._starts += 1
        start = f"start{self._starts}"
        yield f"{indent}{start}(( )) --> {self._id(str(machine.get('StartAt')))}"
        for name, state in states.items():
            inner = inner_machines(state)
            if inner:
                yield f"{indent}subgraph {self._id(name)}[{self._title(name)}]"
                for inner_machine in inner:
                    yield from self.machine(inner_machine, indent + "    ")
                yield f"{indent}end"
            else:
                before, after = _SHAPES.get(str(state.get("Type")), ("[", "]"))
                yield f"{indent}{self._id(name)}{before}{self._title(name)}{after}"
        for name, state in states.items():
            for arrow, label, target in transitions(state):
                text_on_arrow = f"|{_quoted(label)}|" if label else ""
                yield f"{indent}{self._id(name)} {arrow}{text_on_arrow} {self._id(target)}"

    def _title(self, name: str) -> str:
        note = self._notes.get(name)
        return _quoted(name) if note is None else f"{_quoted(name)[:-1]}<br/>{_quoted(note)[1:]}"

    def _id(self, name: str) -> str:
        return self._ids.setdefault(name, f"s{len(self._ids) + 1}")


def transitions(state: State) -> Iterator[tuple[str, str, str]]:
    """Arrow (of Mermaid: solid or dotted), label and target of each transition of a state."""
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
    """A rule of a Choice in few words. A rule of unknown form stays JSON."""
    if isinstance(rule.get("Condition"), str):
        return str(rule["Condition"])
    inner = rule.get("Not")
    if isinstance(inner, dict):
        return f"not ({_condition(inner)})"
    for word in ("And", "Or"):
        if parts := listed(dict(rule), word):
            return f" {word.lower()} ".join(map(_condition, parts))
    tests = {key: value for key, value in rule.items() if key not in ("Variable", "Next", "Comment", "Assign", "Output")}
    if len(tests) != 1 or "Variable" not in rule:
        return text(tests, indent=None)
    ((operator, value),) = tests.items()
    if operator == "IsPresent":
        return f"{rule['Variable']} is {'present' if value is True else 'absent'}"
    shown = value if isinstance(value, str) else text(value, indent=None)
    return f"{rule['Variable']} {_OPERATORS.get(operator, operator)} {shown}"


def _quoted(label: str) -> str:
    """A label with Mermaid's escapes (Mermaid guide, "Flowcharts", "Entity codes to escape characters")."""
    escaped = label.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return f'"{escaped}"'
