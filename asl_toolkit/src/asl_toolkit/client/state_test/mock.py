"""The mock of a state under test: what TestState takes for one, and whether a result could be the service's answer.

Texts are recorded ones. A result is held against the answer's shape in botocore's model: STRICT wants every required
member, PRESENT checks those that are there, NONE checks nothing; members that the model does not know are no fault.
"""

from collections.abc import Mapping
from typing import Any

from asl_toolkit.check.integrations import OPTIMISED
from asl_toolkit.check.models import load_models
from asl_toolkit.definition.model import MapState, ParallelState, State, TaskState
from asl_toolkit.definition.resource import Resource
from asl_toolkit.json_value import Json, is_number
from asl_toolkit.services.aws.names import member_name, sdk_member_name

_ANY = frozenset({("lambda", "Payload")})  # Step Functions reads the JSON text of this member
_WORDS = {"list": "an array", "structure": "an object", "map": "an object", "boolean": "a boolean"}
_NUMBERS = frozenset({"integer", "long", "float", "double"})


def fault_of(state: State, result: Json, mode: str) -> str | None:
    """Why a mocked result cannot be that of the state; None when it can."""
    if isinstance(state, MapState):
        exported = state.result_writer is not None and state.result_writer.resource is not None
        if exported and not isinstance(result, dict):
            return "Mocked result must be a JSON object."
        return None if exported or isinstance(result, list) else "Mocked result must be an array."
    if isinstance(state, ParallelState):
        if not isinstance(result, list):
            return "Mocked result must be an array."
        same = len(result) == len(state.branches)
        return None if same else "Mocked result must contain the same number of items as number of Parallel branches."
    if not isinstance(state, TaskState) or mode == "NONE":
        return None
    return _fault_of_answer(state.resource, result, strict=mode == "STRICT")


def _fault_of_answer(resource: Resource, result: Json, *, strict: bool) -> str | None:
    """Why the service would not answer so."""
    shape = _answer(resource)
    if shape is None:
        return None
    if not isinstance(result, dict):
        return "Mocked result must be a JSON object."
    fault = _fault(shape, result, "", resource.service, strict=strict)
    return None if fault is None else f"Mock result schema validation error: {fault}"


def _answer(resource: Resource) -> Any | None:  # botocore's shape
    """The shape of a request-response call's answer; None where there is no model of it."""
    models = load_models()
    if models is None or resource.pattern != "request_response":
        return None
    operation = None
    if resource.service.startswith("aws-sdk:"):
        client = models.client(resource.service.removeprefix("aws-sdk:"))
        operation = None if client is None else models.operation(client, resource.action)
    else:
        rules = OPTIMISED.get(resource.service, {}).get(resource.action)
        if rules is not None and rules.operation is not None and not rules.closed:
            operation = models.operation(*rules.operation)
    return None if operation is None else operation.output_shape


def _fault(shape: Any, value: Json, name: str, service: str, *, strict: bool) -> str | None:  # botocore's shape
    if (service, name) in _ANY:
        return None
    if shape.type_name == "structure" and isinstance(value, dict):
        return _of_structure(shape, value, service, strict=strict)
    inner: list[tuple[Any, str, Json]] = []  # botocore's shapes
    if shape.type_name == "list" and isinstance(value, list):
        inner = [(shape.member, name, element) for element in value]
    elif shape.type_name == "map" and isinstance(value, dict):
        inner = [(shape.value, key, held) for key, held in value.items()]
    else:
        return _of_scalar(shape, value, name)
    found = (_fault(held_by, held, called, service, strict=strict) for held_by, called, held in inner)
    return next((fault for fault in found if fault is not None), None)


def _of_scalar(shape: Any, value: Json, name: str) -> str | None:  # botocore's shape
    kind = shape.type_name
    if kind in _WORDS:
        good = kind == "boolean" and isinstance(value, bool)
        return None if good else f"Field '{name}' must be {_WORDS[kind]}"
    if kind in _NUMBERS:
        return _of_number(shape, value, name) if is_number(value) else f"Field '{name}' must be a number"
    return _of_string(shape, value, name) if isinstance(value, str) else f"Field '{name}' must be a string"


def _of_structure(shape: Any, value: Mapping[str, Json], service: str, *, strict: bool) -> str | None:  # botocore's shape
    spelt = sdk_member_name if service.startswith("aws-sdk:") else member_name
    members = {spelt(member): member for member in shape.members}
    known = members | {member_name(member): member for member in shape.members}  # as requests: the API's own spelling, too
    if strict:
        for name, member in members.items():
            if member in shape.required_members and name not in value and member_name(member) not in value:
                return f"Required field '{name}' is missing"
    for name, inner in value.items():
        if name in known and inner is not None:
            fault = _fault(shape.members[known[name]], inner, name, service, strict=strict)
            if fault is not None:
                return fault
    return None


def _of_number(shape: Any, value: float, name: str) -> str | None:  # botocore's shape
    rules = shape.metadata
    if value < rules.get("min", value):
        return f"Field '{name}' is less than the minimum value"
    return f"Field '{name}' exceeds the maximum value" if value > rules.get("max", value) else None


def _of_string(shape: Any, value: str, name: str) -> str | None:  # botocore's shape
    rules = shape.metadata
    if len(value) < rules.get("min", 0):
        return f"Field '{name}' is smaller than the minimum length"
    if len(value) > rules.get("max", len(value)):
        return f"Field '{name}' exceeds the maximum length"
    allowed = getattr(shape, "enum", None)
    return f"Field '{name}' is not an expected value" if allowed and value not in allowed else None
