"""Checks a definition and returns every finding with its place."""

from collections.abc import Mapping, Sequence
from typing import Literal

from asl_toolkit.check.choices import check_choice
from asl_toolkit.check.error_handling import check_error_handling
from asl_toolkit.check.findings import ROOT, Report
from asl_toolkit.check.graph import check_graph
from asl_toolkit.check.jsonata_values import check_jsonata
from asl_toolkit.check.maps import check_maps
from asl_toolkit.check.models import load_models
from asl_toolkit.check.not_run import check_not_run
from asl_toolkit.check.paths import check_paths
from asl_toolkit.check.placeholders import check_placeholders
from asl_toolkit.check.resources import check_partitions
from asl_toolkit.check.scopes import Machine, walk
from asl_toolkit.check.services import check_services
from asl_toolkit.check.sizes import check_sizes
from asl_toolkit.check.source import find_places, read_text
from asl_toolkit.check.states_variable import check_states_variable
from asl_toolkit.check.structure import check_structure
from asl_toolkit.check.templates import check_templates
from asl_toolkit.check.values import placeholders_are_texts
from asl_toolkit.check.variables import check_variables
from asl_toolkit.check.wording import a_type
from asl_toolkit.finding import Finding, Severity
from asl_toolkit.json_value import Json, copied
from asl_toolkit.pointers import steps_of


def check(
    definition: str | bytes | Mapping[str, Json],
    *,
    services: bool = True,
    region: str | None = None,
    machine_type: Literal["STANDARD", "EXPRESS"] | None = None,
) -> list[Finding]:
    """Every finding of a definition, in the order of the document; an empty list if there is none.

    `definition` is JSON text (then findings have line and column) or its value. `services` False skips the checks that need
    botocore's service models. ARNs must be in the partition of `region`. An EXPRESS `machine_type` has further rules.
    """
    document = _Document(definition)
    if document.value is not None:
        models = load_models() if services else None
        machine = walk(document.value, document.report)
        _check_language(machine, document)
        check_services(machine, document.report, models, machine_type, parameters=services)
        check_maps(machine, document.report, machine_type)
        check_partitions(machine, document.report, region)
        check_placeholders(document.value, document.report)
    return document.findings()


def refusals(definition: str | bytes | Mapping[str, Json]) -> tuple[Mapping[str, Json], list[Finding]]:
    """The value of a definition, and the findings for which the interpreter refuses it.

    These are the errors of a Standard machine without those of services' parameters, placeholders (nothing replaces them here),
    and features that the interpreter does not have.
    """
    document = _Document(definition)
    report = document.report
    if document.value is not None:
        machine = walk(document.value, report)
        sdk = any(":aws-sdk:" in str(state.value.get("Resource", "")) for state in machine.states)
        with placeholders_are_texts():
            _check_language(machine, document)
            check_services(machine, report, load_models() if sdk else None, None, parameters=False)
            check_maps(machine, report, None)
        check_partitions(machine, report, None)
        check_not_run(machine, report)
        report.findings = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    return document.value or {}, document.findings()


class _Document:
    """A definition: its value (None if it is not a JSON object) and text (None if there is none), and the report about it."""

    def __init__(self, definition: str | bytes | Mapping[str, Json]) -> None:
        self.report = Report()
        self.text: str | None = None
        self._fault: tuple[int, int] | None = None  # line and column of a syntax fault
        value: Json = definition
        if isinstance(definition, (str, bytes)):
            value, self.text, self._fault = read_text(definition, self.report)
        elif isinstance(definition, Mapping):
            try:
                value = copied(dict(definition))
            except (TypeError, ValueError) as error:  # a set, a number that no JSON text has, or a value that holds itself
                self.report.add("JSON_SYNTAX", ROOT, f"the definition is not JSON: {error}")
                self._fault, value = (1, 1), None
        self.value: Mapping[str, Json] | None = value if isinstance(value, Mapping) else None
        self._any: Json = value
        if self.value is None and self._fault is None:
            self.report.add("WRONG_TYPE", ROOT, f"the definition is an object, not {a_type(value)}")

    def findings(self) -> list[Finding]:
        """The findings of the report, in the order of the document."""
        if self._fault is not None:
            return [finding._replace(line=self._fault[0], column=self._fault[1]) for finding in self.report.findings]
        return placed(self.report.findings, self._any, self.text)


def _check_language(machine: Machine, document: _Document) -> None:
    """All rules of the language itself."""
    report = document.report
    check_structure(machine, report)
    check_graph(machine, report)
    for state in machine.states:
        check_error_handling(state, report)
        check_paths(state, report)
        check_templates(state, report)
        check_jsonata(state, report)
        check_states_variable(state, report)
        check_choice(state, report)
    check_variables(machine, report)
    check_sizes(machine, document.text, report)


def placed(findings: Sequence[Finding], value: Json, text: str | None) -> list[Finding]:
    """The findings in the order of the document, with line and column if there is a text."""
    ordered = sorted(findings, key=lambda finding: (_rank(value, finding.pointer), finding.code, finding.message))
    if text is None or not ordered:
        return ordered
    places = find_places(text)
    result = []
    for finding in ordered:
        line, column = places.of(finding.pointer)
        result.append(finding._replace(line=line, column=column))
    return result


def _rank(value: Json, pointer: str) -> tuple[int, ...]:
    """The position of an element in its document: its index among its siblings, step by step."""
    rank = []
    for name in steps_of(pointer):
        if isinstance(value, Mapping) and name in value:
            rank.append(list(value).index(name))
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            rank.append(int(name))
            value = value[int(name)]
        else:
            break
    return tuple(rank)
