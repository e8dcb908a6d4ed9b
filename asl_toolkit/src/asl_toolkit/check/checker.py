"""The front door: check a definition, and get every finding with its place."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

from asl_toolkit.check.choices import check_choice
from asl_toolkit.check.error_handling import check_error_handling
from asl_toolkit.check.findings import Finding, Report, Severity
from asl_toolkit.check.graph import check_graph
from asl_toolkit.check.jsonata_values import check_jsonata
from asl_toolkit.check.maps import check_maps
from asl_toolkit.check.models import Models, load_models
from asl_toolkit.check.paths import check_paths
from asl_toolkit.check.placeholders import check_placeholders
from asl_toolkit.check.resources import check_partitions
from asl_toolkit.check.scopes import walk
from asl_toolkit.check.services import check_resources, check_services
from asl_toolkit.check.sizes import check_sizes
from asl_toolkit.check.source import find_places, read_text
from asl_toolkit.check.states_variable import check_states_variable
from asl_toolkit.check.structure import check_structure
from asl_toolkit.check.templates import check_templates
from asl_toolkit.check.variables import check_variables
from asl_toolkit.check.wording import a_type
from asl_toolkit.json_value import Json


def check(
    definition: str | bytes | Mapping[str, Json],
    *,
    services: bool = True,
    region: str | None = None,
    machine_type: Literal["STANDARD", "EXPRESS"] | None = None,
) -> list[Finding]:
    """Every finding of a definition, in the order of the document; an empty list when there is none.

    `definition` is JSON text (then findings have line and column) or its value. `services` False leaves out what needs
    botocore's service models. `region` gives the partition that ARNs must be in, `machine_type` whether it will be Express.
    """
    report = Report()
    value, text, fault = _value_of(definition, report)
    if fault is not None:
        return [dataclasses.replace(finding, line=fault[0], column=fault[1]) for finding in report.findings]
    if isinstance(value, Mapping):
        _check_machine(value, text, report, load_models() if services else None, region, machine_type, services=services)
    else:
        report.add("WRONG_TYPE", "", f"the definition is an object, not {a_type(value)}")
    return placed(report.findings, value, text)


def refusals(definition: str | bytes | Mapping[str, Json]) -> tuple[Mapping[str, Json] | None, list[Finding]]:
    """The value of a definition, and what AWS refuses when the machine is created: errors, but none of services' parameters.

    None when it is no JSON object.
    """
    report = Report()
    value, text, fault = _value_of(definition, report)
    if fault is not None:
        return None, [dataclasses.replace(finding, line=fault[0], column=fault[1]) for finding in report.findings]
    if not isinstance(value, Mapping):
        report.add("WRONG_TYPE", "", f"the definition is an object, not {a_type(value)}")
        return None, placed(report.findings, value, text)
    _check_machine(value, text, report, None, None, None, services=False)
    machine = walk(value, Report())
    if any(":aws-sdk:" in str(state.value.get("Resource", "")) for state in machine.states):
        check_resources(machine, report, load_models())
    return value, placed([finding for finding in report.findings if finding.severity is Severity.ERROR], value, text)


def _value_of(definition: str | bytes | Mapping[str, Json], report: Report) -> tuple[Json, str | None, tuple[int, int] | None]:
    """Value, text (None when there was none) and the place of a syntax fault."""
    if isinstance(definition, (str, bytes)):
        return read_text(definition, report)
    return definition, None, None


def _check_machine(  # noqa: PLR0913, PLR0917 - what `check` was given
    definition: Mapping[str, Json],
    text: str | None,
    report: Report,
    models: Models | None,
    region: str | None,
    machine_type: str | None,
    *,
    services: bool,
) -> None:
    machine = walk(definition, report)
    check_structure(machine, report)
    check_graph(machine, report)
    for state in machine.states:
        check_error_handling(state, report)
        check_paths(state, report)
        check_templates(state, report)
        check_jsonata(state, report)
        check_states_variable(state, report)
        check_choice(state, report)
    check_maps(machine, report, machine_type)
    check_variables(machine, report)
    check_services(machine, report, models, machine_type, services=services)
    check_partitions(machine, report, region)
    check_sizes(machine, text, report)
    check_placeholders(definition, report)


def placed(findings: Sequence[Finding], value: Json, text: str | None) -> list[Finding]:
    """The findings in the order of the document, with line and column when there is a text."""
    ordered = sorted(findings, key=lambda finding: (_rank(value, finding.pointer), finding.code, finding.message))
    if text is None or not ordered:
        return ordered
    places = find_places(text)
    result = []
    for finding in ordered:
        line, column = places.of(finding.pointer)
        result.append(dataclasses.replace(finding, line=line, column=column))
    return result


def _rank(value: Json, pointer: str) -> tuple[int, ...]:
    """Where an element stands in its document: its position among its siblings, step by step."""
    rank = []
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            rank.append(list(value).index(name))
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            rank.append(int(name))
            value = value[int(name)]
        else:
            break
    return tuple(rank)
