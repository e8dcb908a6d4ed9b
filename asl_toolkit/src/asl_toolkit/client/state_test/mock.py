"""Checks the mock of a state under test: whether its result could be the service's answer.

The texts were recorded on AWS. A result is compared with the answer's shape in botocore's model: STRICT requires every
required member, PRESENT checks the members in the result, NONE checks nothing. Unknown members are not a fault.
"""

from asl_toolkit.botocore_shapes import Shape, broken_limits, fits, inside
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
    """Why the state cannot have a mocked result, or None if it can."""
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
    """Why the service would not give this answer, or None."""
    shape = _answer(resource)
    if shape is None:
        return None
    if not isinstance(result, dict):
        return "Mocked result must be a JSON object."
    fault = _fault(shape, result, "", resource.service, strict=strict)
    return None if fault is None else f"Mock result schema validation error: {fault}"


def _answer(resource: Resource) -> Shape | None:
    """The shape of a request-response call's answer, or None if there is no model of it."""
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


def _fault(shape: Shape, value: Json, name: str, service: str, *, strict: bool) -> str | None:
    """The fault of a value that the answer holds under `name`, or inside of it, or None."""
    if (service, name) in _ANY:
        return None
    kind = shape.type_name
    if kind not in {"structure", "list", "map"} or not fits(kind, value):
        return _fault_of_scalar(shape, value, name)
    spelt = sdk_member_name if service.startswith("aws-sdk:") else member_name
    names = None
    if kind == "structure":
        written = {spelt(member): member for member in shape.members}
        for known, member in written.items():
            if strict and member in shape.required_members and known not in value and member_name(member) not in value:
                return f"Required field '{known}' is missing"
        names = written | {member_name(member): member for member in shape.members}  # as requests: the API's own spelling, too
    for step, _, inner, held in inside(shape, value, names):
        if kind == "structure" and held is None:
            continue
        called = name if kind == "list" else str(step)
        fault = _fault(inner, held, called, service, strict=strict)
        if fault is not None:
            return fault
    return None


def _fault_of_scalar(shape: Shape, value: Json, name: str) -> str | None:
    kind = shape.type_name
    if kind in _WORDS:
        good = kind == "boolean" and isinstance(value, bool)
        return None if good else f"Field '{name}' must be {_WORDS[kind]}"
    number = kind in _NUMBERS
    if not (is_number(value) if number else isinstance(value, str)):
        return f"Field '{name}' must be a {'number' if number else 'string'}"
    words = {"min": "is less than the minimum value", "max": "exceeds the maximum value"}
    if not number:
        words = {"min": "is smaller than the minimum length", "max": "exceeds the maximum length"}
    limits = dict(broken_limits(shape, value))
    broken = next((words.get(limit, "is not an expected value") for limit in ("min", "max", "enum") if limit in limits), None)
    return None if broken is None else f"Field '{name}' {broken}"
