"""A definition as CreateStateMachine and ValidateStateMachineDefinition see it: diagnostics with AWS's codes.

Codes: API reference, ValidateStateMachineDefinitionDiagnostic. Texts and locations are recorded ones where a recording has
the fault. AWS does not check types and nested members of a service's parameters before an execution, so their findings are
left out. What this interpreter cannot run is an error here, because the machine could not start.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from asl_toolkit.check import check
from asl_toolkit.definition.loader import load_machine
from asl_toolkit.errors import DefinitionError
from asl_toolkit.finding import Finding, Severity
from asl_toolkit.json_value import Json, loads
from asl_toolkit.pointers import steps_of
from asl_toolkit.services.registry import resources_of

MachineType: TypeAlias = Literal["STANDARD", "EXPRESS"]
_SCHEMA = "SCHEMA_VALIDATION_FAILED"
_CODES: Mapping[str, str] = {
    "JSON_SYNTAX": "INVALID_JSON_DESCRIPTION",
    "NO_JSON": "INVALID_JSON_DESCRIPTION",
    "RESOURCE": "INVALID_RESOURCE",
    "MISSING_TARGET": "MISSING_TRANSITION_TARGET",
    "OUT_OF_SCOPE": "MISSING_TRANSITION_TARGET",
    "UNREACHABLE": "MISSING_TRANSITION_TARGET",
    "NO_END": "MISSING_END_STATE",
    "DUPLICATE_STATE": "DUPLICATE_STATE_NAME",
    "STATE_NAME": "INVALID_STATE_NAME",
    "DUPLICATE_LABEL": "DUPLICATE_LABEL_NAME",
    "TOO_DEEP": "TOO_DEEPLY_NESTED",
    "JSONATA_REFERENCE": "UNSUPPORTED_JSONATA_EXPRESSION",
}
_WARNINGS: Mapping[str, str] = {"NO_DOLLAR": "NO_DOLLAR", "STATIC_RESULT": "PASS_RESULT_IS_STATIC"}
_AT_RUN_TIME = frozenset({"PARAMETER_TYPE", "PARAMETER_VALUE"})
_NESTED = re.compile(r"/(Parameters|Arguments)/[^/]+/")
_REQUIRED = ("States", "StartAt")
_PATTERNS = (".waitForTaskToken", ".sync")
_DOWNGRADE = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"  # recorded
_LONGEST_SOURCE = 500  # characters of the text that a JSON fault's location repeats


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in the API's form. `location` is None if the API has none."""

    severity: Severity
    code: str
    message: str
    location: str | None

    def described(self) -> dict[str, str]:
        """The shape of ValidateStateMachineDefinitionDiagnostic."""
        members = {"severity": str(self.severity), "code": self.code, "message": self.message}
        return members if self.location is None else {**members, "location": self.location}

    def __str__(self) -> str:
        """As InvalidDefinition quotes it."""
        return f"{self.code}: {self.message}" + ("" if self.location is None else f" at {self.location}")


@lru_cache(maxsize=128)
def diagnostics_of(definition: str, kind: MachineType) -> tuple[Diagnostic, ...]:
    """All errors, then all warnings, each in the order of the document."""
    try:
        value: Json = loads(definition)
    except ValueError:
        value = None
    translated = (_translated(finding, definition, value, kind) for finding in check(definition, machine_type=kind))
    diagnostics = [entry for entry in translated if entry is not None]
    if isinstance(value, Mapping):
        required = _fields_required(value)
        diagnostics = required + [entry for entry in diagnostics if entry.location != "/" or not required]
    elif diagnostics and diagnostics[0].code == _SCHEMA:
        diagnostics = [Diagnostic(Severity.ERROR, _SCHEMA, "Definition must be a valid JSON object", None)]
    if not any(entry.severity is Severity.ERROR for entry in diagnostics):
        diagnostics += _not_run(definition, kind)
    return tuple(sorted(diagnostics, key=lambda entry: entry.severity is not Severity.ERROR))


def refusal(definition: str, kind: MachineType) -> str | None:
    """The message of InvalidDefinition, or None if the definition is valid."""
    errors = [str(entry) for entry in diagnostics_of(definition, kind) if entry.severity is Severity.ERROR]
    return f"Invalid State Machine Definition: '{', '.join(errors)}'" if errors else None


def _translated(finding: Finding, text: str, value: Json, kind: MachineType) -> Diagnostic | None:
    """A finding of the checker as a diagnostic, or None if AWS does not report it."""
    if finding.severity is Severity.WARNING:
        code = _WARNINGS.get(finding.code)
        return None if code is None else Diagnostic(Severity.WARNING, code, finding.message, finding.pointer)
    if finding.code in _AT_RUN_TIME or (finding.code.startswith("PARAMETER_") and _NESTED.search(finding.pointer)):
        return None
    code, location = _CODES.get(finding.code, _SCHEMA), finding.pointer or "/"
    message = finding.message
    if finding.code == "JSON_SYNTAX":
        location = f'[Source: (String)"{text[:_LONGEST_SOURCE]}"; line: {finding.line}, column: {finding.column}]'
    elif finding.code == "WRONG_VALUE" and location.endswith("/Label"):
        code = "INVALID_LABEL_NAME"
    elif finding.code == "WRONG_LANGUAGE" and location.endswith("/QueryLanguage"):
        location, message = location.removesuffix("/QueryLanguage"), _DOWNGRADE
    elif finding.code == "PATTERN" and kind == "EXPRESS":
        message = _of_express(str(_at(value, finding.pointer))) or message
    return Diagnostic(Severity.ERROR, code, message, location)


def _of_express(resource: str) -> str | None:
    """AWS's message if an EXPRESS machine cannot have the integration, or None for another fault of the pattern."""
    pattern = next((suffix for suffix in _PATTERNS if suffix in resource), None)
    return None if pattern is None else f"Express state machine does not support '{pattern}' service integration"


def _at(value: Json, pointer: str) -> Json:
    for name in steps_of(pointer):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def _fields_required(value: Mapping[str, Json]) -> list[Diagnostic]:
    missing = [name for name in _REQUIRED if name not in value]
    if not missing:
        return []
    return [Diagnostic(Severity.ERROR, _SCHEMA, f"These fields are required: [{', '.join(missing)}]", "/")]


def refusal_of(error: DefinitionError, below: str = "") -> str:
    """The message of InvalidDefinition for a refused definition; with `below`, only the faults of that single state."""
    return f"Invalid State Machine Definition: '{', '.join(map(str, _of_loader(error, below)))}'"


def _of_loader(error: DefinitionError, below: str = "") -> list[Diagnostic]:
    return [
        Diagnostic(Severity.ERROR, _CODES.get(it.code, _SCHEMA), it.message, it.pointer.removeprefix(below) or "/")
        for it in [it for it in error.findings if it.pointer.startswith(below)] or error.findings
    ]


def _not_run(definition: str, kind: MachineType) -> list[Diagnostic]:
    """Faults that only the interpreter reports, and activities, which an EXPRESS machine cannot have."""
    try:
        machine = load_machine(definition)
    except DefinitionError as error:
        return _of_loader(error)
    if kind != "EXPRESS":
        return []
    words = "Express state machine does not support Activity ARN"
    places = [pointer for _, pointer, resource in resources_of(machine.root) if resource.service == "activity"]
    return [Diagnostic(Severity.ERROR, _SCHEMA, words, f"{pointer}/Resource") for pointer in places]
