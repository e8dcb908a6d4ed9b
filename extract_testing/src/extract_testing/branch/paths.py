"""The places of the item that a state reads: its JSONPath and JSONata expressions that begin at the item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extract_core.contract import Json

_STEPS = r"((?:\.[^\W\d]\w*|\[\s*'[^']*'\s*\]|\[\s*\"[^\"]*\"\s*\]|\[\s*\d+\s*\])+)"
_JSONPATH: Final = re.compile(r"(?<![\w$'\"])\$" + _STEPS)
_JSONATA: Final = re.compile(r"\$states\.input" + _STEPS)
_STEP: Final = re.compile(r"\.([^\W\d]\w*)|\[\s*(?:'([^']*)'|\"([^\"]*)\"|(\d+))\s*\]")
_NOT_THE_ITEM: Final = frozenset({"ResultSelector", "Catch", "Retry", "ItemProcessor", "Iterator", "Output", "Comment", "Assign"})
"""Fields without a path, or with a ``$`` that is not the state's input but a result, an error or an element."""


@dataclass(frozen=True, slots=True)
class Read:
    """A place of the item that a state reads: `field` of the state (``Parameters.JobName.$``) and the `steps` from ``$``."""

    field: str
    steps: tuple[str | int, ...]

    @property
    def path(self) -> str:
        """``$.arguments.name``."""
        return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps)

    def is_in(self, item: Json) -> bool:
        """Whether the item has that place."""
        for step in self.steps:
            if isinstance(step, int):
                if not isinstance(item, list) or step >= len(item):
                    return False
                item = item[step]
            elif isinstance(item, dict) and step in item:
                item = item[step]
            else:
                return False
        return True


def reads(state: Mapping[str, Any], *, jsonata: bool) -> Iterator[Read]:  # Any: parsed JSON
    """What a state reads of its input. An InputPath changes the meaning of ``$`` elsewhere, so then only the InputPath counts."""
    guarded = {rule["Variable"] for rule in _rules(state.get("Choices")) if "IsPresent" in rule and "Variable" in rule}
    only_input_path = not jsonata and state.get("InputPath", "$") not in ("$", None)
    for name, value in state.items():
        if name in _NOT_THE_ITEM or (only_input_path and name != "InputPath"):
            continue
        if name == "Branches" and state.keys() & {"Parameters", "Arguments", "InputPath"}:
            continue
        for place, text in _expressions(name, value, jsonata=jsonata):
            if text in guarded or "$exists(" in text:
                continue
            for match in (_JSONATA if jsonata else _JSONPATH).finditer(text):
                yield Read(place, _steps(match[1]))


def _expressions(place: str, value: object, *, jsonata: bool) -> Iterator[tuple[str, str]]:
    """The strings that Step Functions evaluates, with their places."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NOT_THE_ITEM:
                yield from _expressions(f"{place}.{name}", inner, jsonata=jsonata)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _expressions(f"{place}[{index}]", inner, jsonata=jsonata)
    elif isinstance(value, str):
        last = place.rpartition(".")[2] if not place.endswith(".$") else "$"
        is_path = last in ("$", "Variable") or (last.endswith("Path") and last != "ResultPath")
        if value.startswith("{%") if jsonata else is_path:
            yield place, value


def _rules(rules: object) -> Iterator[Mapping[str, Any]]:  # Any: see reads
    """All comparisons of a Choice, including nested ones."""
    if isinstance(rules, dict):
        yield rules
        for inner in rules.values():
            yield from _rules(inner)
    elif isinstance(rules, list):
        for inner in rules:
            yield from _rules(inner)


def _steps(text: str) -> tuple[str | int, ...]:
    steps: Sequence[tuple[str, str, str, str]] = _STEP.findall(text)
    return tuple(int(index) if index else plain or single or double for plain, single, double, index in steps)
