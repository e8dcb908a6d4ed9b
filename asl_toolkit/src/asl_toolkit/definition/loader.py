"""Reads an ASL document into the model. Whatever is faulty or not supported is a finding: nothing is ignored."""

from collections.abc import Mapping
from difflib import get_close_matches

from asl_toolkit.definition.model import Branch, Language, Machine
from asl_toolkit.definition.reader import Reader
from asl_toolkit.definition.states import read_state
from asl_toolkit.errors import DefinitionError, Finding
from asl_toolkit.json_value import Json, loads
from asl_toolkit.templates import escape

_DEEPEST = 30
_LONGEST_NAME = 80
_LONGEST_TIMEOUT = 99_999_999


def load_machine(definition: Mapping[str, Json] | str | bytes) -> Machine:
    """The machine of a document; DefinitionError with every fault that was found."""
    if isinstance(definition, (str, bytes)):
        try:
            definition = loads(definition)
        except ValueError as error:
            raise DefinitionError([Finding("NO_JSON", "", f"the definition is not JSON: {error}")]) from error
    if not isinstance(definition, Mapping):
        raise DefinitionError([Finding("WRONG_TYPE", "", "the definition is a JSON object")])
    findings: list[Finding] = []
    reader = Reader(definition, "", findings)
    language: Language = "JSONata" if reader.choice("QueryLanguage", ("JSONPath", "JSONata")) == "JSONata" else "JSONPath"
    reader.language = language
    reader.choice("Version", ("1.0",))
    comment = reader.text("Comment")
    timeout = reader.integer("TimeoutSeconds", 0, 1, _LONGEST_TIMEOUT)
    root = read_branch(reader, language, 0, set())
    reader.unknown("at the top of a state machine")
    if findings or root is None:
        raise DefinitionError(findings)
    return Machine(root, comment, timeout or None, language, definition)


def read_branch(reader: Reader, language: Language, depth: int, names: set[str]) -> Branch | None:
    """StartAt and States of a machine, a branch or a processor; `names` are those of all other states."""
    if depth > _DEEPEST:
        reader.fault(None, "TOO_DEEP", f"Parallel and Map states are nested deeper than {_DEEPEST}")
        return None
    start_at = reader.text("StartAt", required=True)
    inner = reader.mapping("States", required=True)
    if inner is None:
        return None
    if not inner.value:
        inner.fault(None, "FIELD_MISSING", "States holds no state")
    if start_at is not None and start_at not in inner.value:
        reader.fault("StartAt", "MISSING_TARGET", f"there is no state {start_at!r} here{_nearest(start_at, inner.value)}")
    states = {}
    for name in inner.value:
        _check_name(inner, name, names)
        state_reader = inner.mapping(name)
        if state_reader is None:
            continue
        state_reader.language = language
        state = read_state(name, state_reader, inner.value.keys(), lambda branch: read_branch(branch, language, depth + 1, names))
        if state is not None:
            states[name] = state
    return Branch(reader.pointer, start_at or "", states)


def _check_name(reader: Reader, name: str, names: set[str]) -> None:
    if not name or len(name) > _LONGEST_NAME:
        reader.fault(name, "STATE_NAME", f"a state's name has 1 to {_LONGEST_NAME} characters, {name!r} has {len(name)}")
    if name in names:
        reader.fault(name, "STATE_NAME", f"another state of the machine is named {name!r} too")
    names.add(name)


def _nearest(name: str, names: Mapping[str, Json]) -> str:
    found = get_close_matches(name, list(names), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


__all__ = ["escape", "load_machine", "read_branch"]
