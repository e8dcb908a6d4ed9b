"""The context object of a state under test: AWS's default one, or the caller's. The texts of errors were recorded on AWS."""

import uuid
from collections.abc import Iterator, Mapping

from asl_toolkit.client.arns import Place
from asl_toolkit.json_value import Json, is_number
from asl_toolkit.timestamps import instant_text

_FIELDS: Mapping[str, Mapping[str, str]] = {
    "Execution": {
        "Id": "string",
        "Input": "any",
        "Name": "string",
        "RoleArn": "string",
        "StartTime": "string",
        "RedriveCount": "number",
        "RedriveTime": "string",
    },
    "State": {"EnteredTime": "string", "Name": "string", "RetryCount": "number"},
    "StateMachine": {"Id": "string", "Name": "string"},
    "Task": {"Token": "string"},
}


def made_up(place: Place, state_name: str, input_value: Json, role_arn: str | None, now: float) -> dict[str, Json]:
    """The default context object of TestState (recorded): an Express execution, without RedriveCount."""
    machine, name = str(uuid.uuid4()), str(uuid.uuid4())
    moment = instant_text(now)
    return {
        "Execution": {
            "Id": place.express(machine, name).rsplit(":", 1)[0],
            "Input": input_value,
            "Name": name,
            "RoleArn": role_arn,
            "StartTime": moment,
        },
        "StateMachine": {"Id": place.machine(machine), "Name": machine},
        "State": {"Name": state_name, "EnteredTime": moment, "RetryCount": 0},
    }


def fault_of(context: Json, *, task_token: bool) -> str | None:
    """The message of the ValidationException if a caller's context object is invalid, else None."""
    if not isinstance(context, dict):
        return "Context object must be a JSON object"
    return next(_faults(context, task_token=task_token), None)


def _faults(context: Mapping[str, Json], *, task_token: bool) -> Iterator[str]:
    for name, value in context.items():
        if name == "Map":
            yield "'Map' field is not supported when mocking a Context object"
        elif name not in _FIELDS:
            yield f"Field '{name}' is not allowed"
        elif name == "Task" and not task_token:
            yield (
                "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
                "service integration pattern"
            )
        elif not isinstance(value, dict):
            yield f"{name} must be an object"
        else:
            yield from _inner_faults(name, value)


def _inner_faults(name: str, value: Mapping[str, Json]) -> Iterator[str]:
    for inner, held in value.items():
        kind = _FIELDS[name].get(inner)
        if kind is None:
            yield f"Field '{inner}' is not allowed"
        elif (kind == "string" and not isinstance(held, str)) or (kind == "number" and not is_number(held)):
            yield f"{name}.{inner} must be a {kind}"
