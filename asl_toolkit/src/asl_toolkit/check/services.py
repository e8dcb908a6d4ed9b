"""Tasks that call services: resource, parameters, answer, a missing timeout, an unused task token."""

from collections.abc import Mapping

from asl_toolkit.check.findings import ROOT, Report
from asl_toolkit.check.models import Models
from asl_toolkit.check.outputs import check_outputs
from asl_toolkit.check.parameters import check_map_parameters, check_parameters
from asl_toolkit.check.resources import check_resource
from asl_toolkit.check.scopes import Machine, StateAt, in_express_child
from asl_toolkit.check.values import is_expression
from asl_toolkit.json_value import Json


def check_services(
    machine: Machine, report: Report, models: Models | None, machine_type: str | None, *, parameters: bool
) -> None:
    """Every Task. With `parameters` False, or without models, parameters and answers are not checked."""
    wanted = False
    for state in machine.states:
        if state.type == "Map" and models is not None and parameters:
            check_map_parameters(state, report, models)
        if state.type != "Task":
            continue
        express = machine_type == "EXPRESS" or in_express_child(state.scope)
        called = check_resource(state, report, models, express=express)
        _check_waiting(state, report)
        wanted = wanted or ":states:::" in str(state.value.get("Resource", ""))
        if called is not None and models is not None and parameters:
            check_parameters(state, called, report, models)
            check_outputs(state, called, report, models)
    if wanted and parameters and models is None:
        report.add("MODELS_MISSING", ROOT, "actions, parameters and answers of services were left out: botocore is not installed")


def _check_waiting(state: StateAt, report: Report) -> None:
    resource = state.value.get("Resource")
    if not isinstance(resource, str):
        return
    job, token = resource.endswith((".sync", ".sync:2")), resource.endswith(".waitForTaskToken")
    worker = ":activity:" in resource
    beats = {"HeartbeatSeconds", "HeartbeatSecondsPath"} if token or worker else set()
    bounded = {"TimeoutSeconds", "TimeoutSecondsPath"} | beats
    if (job or token or worker) and not bounded & state.value.keys():
        report.add("NO_TIMEOUT", state.pointer, f"the Task {state.name!r} may wait for a year")
    parameters = state.value.get("Arguments" if state.jsonata else "Parameters")
    if token and (parameters is None or not _holds_token(parameters, jsonata=state.jsonata)):
        report.add("NO_TASK_TOKEN", state.pointer, f"the Task {state.name!r} passes no task token on")


def _holds_token(value: Json, *, jsonata: bool) -> bool:
    """Whether the token may be inside: by name, in the whole context, or in a value that is known only at run time."""
    if isinstance(value, Mapping):
        return any(_holds_token(inner, jsonata=jsonata) for inner in value.values())
    if isinstance(value, list):
        return any(_holds_token(inner, jsonata=jsonata) for inner in value)
    if not isinstance(value, str):
        return False
    if "Task.Token" in value or "['Token']" in value:
        return True
    return "$states.context" in value and is_expression(value) if jsonata else value == "$$" or "$$.Task" in value
