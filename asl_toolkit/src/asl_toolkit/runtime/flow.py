"""How data flows into a state and out of it, in both languages.

JSONPath: input → InputPath → Parameters → work → ResultSelector → ResultPath (onto the raw input) → OutputPath. JSONata:
input → Arguments → work → Output.
"""

from collections.abc import Mapping

from asl_toolkit.definition.model import DISCARD, Field
from asl_toolkit.environment import Environment, Evaluable
from asl_toolkit.errors import RuntimeFailure, StateFailure
from asl_toolkit.expressions import ROOT
from asl_toolkit.json_value import Json
from asl_toolkit.jsonpath import ReferencePath
from asl_toolkit.jsonpath.reference import CannotPlace
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.sizes import not_too_large
from asl_toolkit.templates import evaluate_path

_GATHER = frozenset({"Parallel", "Map"})  # many branches may give the same large value


def effective_input(frame: Frame) -> Json:
    """The input after InputPath."""
    path = frame.state.flow.input_path
    if path is None or path is ROOT:
        return frame.payload.value
    if path is DISCARD:
        return {}
    return evaluate_path(path, frame.environment(frame.payload.value))


def arguments(frame: Frame, data: Json) -> Json:
    """The value of Parameters or Arguments; without them, the effective input."""
    template = frame.state.flow.parameters
    return data if template is None else template.evaluate(frame.environment(data))


def finish(frame: Frame, result: Json, following: str | None) -> StateEnd:
    """The end of a state whose work returned `result`."""
    flow = frame.state.flow
    if flow.language == "JSONata":
        environment = frame.environment(frame.payload.value)
        if frame.state.kind != "Pass":
            environment.result = result
        assigned = evaluate_assign(flow.assign, environment)
        output = result if flow.output is None else flow.output.evaluate(environment)
        return StateEnd(checked(frame, output), following, assigned)
    selector = flow.result_selector
    if selector is not None:
        result = selector.evaluate(frame.environment(result))
    assigned = None if flow.assign is None else evaluate_assign(flow.assign, frame.environment(result))
    if flow.result_path is DISCARD:
        value = frame.payload.value
    elif flow.result_path is None:
        value = result
    else:
        value = place(flow.result_path, frame.payload.value, result)
    return StateEnd(checked(frame, output_of(frame, value)), following, assigned)


def finish_after(frame: Frame, event: str, result: Json, following: str | None) -> StateEnd:
    """The end of a Parallel or Map after the event of its success. An error that ends the execution follows that event."""
    succeeded = frame.cursor.beside(event)
    try:
        return finish(frame, result, following)
    except RuntimeFailure:
        frame.cursor.last = succeeded
        raise


def output_of(frame: Frame, value: Json) -> Json:
    """The value after OutputPath."""
    path = frame.state.flow.output_path
    if path is None:
        return value
    if path is DISCARD:
        return {}
    return evaluate_path(path, frame.environment(value))


def place(path: ReferencePath, raw: Json, result: Json) -> Json:
    """The raw input with the result put into it. Raises States.ResultPathMatchFailure if ResultPath has no place for it."""
    try:
        return path.place(raw, result)
    except CannotPlace:
        raise StateFailure(
            "States.ResultPathMatchFailure",
            f"Unable to apply ReferencePath {path.source} to input {Payload(raw).text[:1000]}",
        ) from None


def checked(frame: Frame, value: Json) -> Payload:
    """A state's output as a payload. Raises States.DataLimitExceeded if it is over 256 KiB."""
    raw = frame.payload
    if frame.state.kind in _GATHER:
        not_too_large(value)
    payload = raw if value is raw.value else Payload(value)
    if payload is not raw and payload.too_large:
        raise data_limit(frame.state.name)
    return payload


def data_limit(name: str) -> StateFailure:
    """AWS's error for a result over 256 KiB; `name` is the state, the service or the function's ARN."""
    return StateFailure(
        "States.DataLimitExceeded",
        f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit.",
    )


def evaluate_assign(template: Evaluable | None, environment: Environment) -> Mapping[str, Json] | None:
    """The variables that Assign sets, or None."""
    if template is None:
        return None
    values = template.evaluate(environment)
    if not isinstance(values, dict):
        return None
    if values and Payload(values).too_large:
        raise StateFailure("States.DataLimitExceeded", "The variables that Assign sets exceed the limit of 262144 bytes.")
    return values


def field_value(field: Field, environment: Environment) -> Json:
    """The value of a field that may be a path or an expression."""
    if field.is_path:
        return evaluate_path(field.expression, environment)  # type: ignore[arg-type] # a path is an Expression
    return field.expression.evaluate(environment)
