"""Reads an ASL document into the model. Whatever is faulty or not supported is a finding: nothing is ignored."""

from collections.abc import Mapping
from difflib import get_close_matches

from asl_toolkit.definition.model import Branch, Language, Machine
from asl_toolkit.definition.reader import Reader
from asl_toolkit.definition.states import read_state
from asl_toolkit.errors import DefinitionError, Finding
from asl_toolkit.json_value import Json
from asl_toolkit.templates import escape

_DEEPEST = 30
_LONGEST_TIMEOUT = 99_999_999


def load_machine(definition: Mapping[str, Json] | str | bytes) -> Machine:
    """The machine of a document; DefinitionError with every fault that AWS would refuse it for, or that is not run here."""
    from asl_toolkit.check.checker import refusals

    value, refused = refusals(definition)
    faults = [Finding(it.code, it.pointer, it.message, it.remedy, it.line, it.column) for it in refused]
    if value is None:
        raise DefinitionError(faults)
    machine, own = _read(value)
    own = [finding for finding in own if finding.code == "NOT_RUN_HERE" or not any(_beside(finding, other) for other in faults)]
    if faults or own or machine is None:
        raise DefinitionError([*faults, *own])
    return machine


def _beside(own: Finding, other: Finding) -> bool:
    """Whether a fault of the same object, or of one around it or inside of it, is known already."""
    mine, theirs = f"{own.pointer}/", f"{other.pointer}/"
    same_object = own.pointer.rpartition("/")[0] == other.pointer.rpartition("/")[0]
    return same_object or mine.startswith(theirs) or theirs.startswith(mine)


def _read(definition: Mapping[str, Json]) -> tuple[Machine | None, list[Finding]]:
    """The model of a document, and what is faulty or not run here; None when nothing is left to run."""
    findings: list[Finding] = []
    reader = Reader(definition, "", findings)
    language: Language = "JSONata" if reader.choice("QueryLanguage", ("JSONPath", "JSONata")) == "JSONata" else "JSONPath"
    reader.language = language
    reader.choice("Version", ("1.0",))
    comment = reader.text("Comment")
    timeout = reader.integer("TimeoutSeconds", 0, 1, _LONGEST_TIMEOUT)
    root = read_branch(reader, language, 0)
    reader.unknown("at the top of a state machine")
    if root is None:
        return None, findings
    return Machine(root, comment, timeout or None, language, definition), findings


def read_branch(reader: Reader, language: Language, depth: int) -> Branch | None:
    """StartAt and States of a machine, a branch or a processor."""
    if depth > _DEEPEST:
        reader.fault(None, "TOO_DEEP", f"Parallel and Map states are nested deeper than {_DEEPEST}")
        return None
    start_at = reader.text("StartAt", required=True)
    inner = reader.mapping("States", required=True)
    if inner is None:
        return None
    if not inner.value:
        inner.fault(None, "MISSING_FIELD", "States holds no state")
    if start_at is not None and start_at not in inner.value:
        reader.fault("StartAt", "MISSING_TARGET", f"there is no state {start_at!r} here{_nearest(start_at, inner.value)}")
    states = {}
    for name in inner.value:
        state_reader = inner.mapping(name)
        if state_reader is None:
            continue
        state_reader.language, state_reader.within = language, ""
        state = read_state(name, state_reader, inner.value.keys(), lambda branch: read_branch(branch, language, depth + 1))
        if state is not None:
            states[name] = state
    return Branch(reader.pointer, start_at or "", states)


def _nearest(name: str, names: Mapping[str, Json]) -> str:
    found = get_close_matches(name, list(names), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


__all__ = ["escape", "load_machine", "read_branch"]
