"""The states that call no service: Pass, Choice, Wait, Succeed, Fail."""

from asl_toolkit.definition.model import ChoiceState, FailState, Field, PassState, WaitState
from asl_toolkit.environment import Environment
from asl_toolkit.errors import EvaluationFailure, RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json, dumps, is_whole, type_name, value_text
from asl_toolkit.runtime.flow import arguments, checked, effective_input, evaluate_assign, field_value, finish, output_of
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.loop import LONGEST_SECONDS
from asl_toolkit.templates import evaluate_field
from asl_toolkit.timestamps import parse_instant

_INVALID_INSTANT = "does not reference a valid ISO-8601 extended offset date-time format string"


# No rule matches, and there is no Default. AWS reports States.Runtime, not the guide's States.NoChoiceMatched:
# snapshots of AWS (gabrielmoreira/tiny-asl-machine, Choice.And-006 and others), measured anew by floci-io/floci.
_NO_MATCH = "Failed to transition out of the state. The state does not point to a next state."


async def run_pass(frame: Frame) -> StateEnd:
    """Return the result, the parameters or the input."""
    state = frame.state
    assert isinstance(state, PassState)  # noqa: S101 - by its runner's table
    if state.flow.language == "JSONata":
        return finish(frame, frame.payload.value, state.next)
    data = effective_input(frame)
    result = state.result.value if state.result is not None else arguments(frame, data)
    return finish(frame, result, state.next)


async def run_succeed(frame: Frame) -> StateEnd:
    """Return the input."""
    return finish(frame, effective_input(frame), None)


async def run_choice(frame: Frame) -> StateEnd:
    """Go to the target of the first rule that matches."""
    state = frame.state
    assert isinstance(state, ChoiceState)  # noqa: S101 - by its runner's table
    data = effective_input(frame)
    environment = frame.environment(data)
    flow = state.flow
    for place, choice in enumerate(state.choices):
        if flow.language == "JSONPath":
            taken = choice.rule.holds(environment)  # type: ignore[union-attr] # JSONPath rules are Rule
        else:
            taken = choice.rule.evaluate(environment)  # type: ignore[union-attr] # JSONata rules are Evaluable
            if not isinstance(taken, bool):
                raise EvaluationFailure(_condition_message(choice.rule, taken, place), f"Choices[{place}]/Condition")
        if taken:
            assigned = evaluate_assign(choice.assign, environment)
            output = choice.output
            following: str | None = choice.next
            break
    else:
        if state.default is None:
            raise RuntimeFailure(_NO_MATCH)
        assigned, output, following = evaluate_assign(flow.assign, environment), flow.output, state.default
    value = output_of(frame, data) if output is None else output.evaluate(environment)
    return StateEnd(checked(frame, value), following, assigned)


def _condition_message(rule: object, value: Json, place: int) -> str:
    source = getattr(rule, "source", "")
    return (
        f"The JSONata expression '{source}' specified for the field 'Choices[{place}]/Condition' returned an unexpected result "
        f"type. Expected 'boolean', but was '{type_name(value)}' for value: {dumps(value)}"
    )


async def run_wait(frame: Frame) -> StateEnd:
    """Wait for seconds or until an instant."""
    state = frame.state
    assert isinstance(state, WaitState)  # noqa: S101 - by its runner's table
    data = effective_input(frame)
    field = state.field
    value = field_value(field, frame.environment(data))
    if field.name.startswith("Seconds"):
        await frame.run.sleep(_seconds(field, value))
    else:
        await frame.run.until(_instant(field, value))
    if state.flow.language == "JSONata":
        return finish(frame, frame.payload.value, state.next)
    assigned = evaluate_assign(state.flow.assign, frame.environment(data))
    return StateEnd(checked(frame, output_of(frame, data)), state.next, assigned)


def _seconds(field: Field, value: Json) -> float:
    shown = f"{_source(field)} == {value_text(value)}"
    if not field.is_path:
        if not is_whole(value) or not 0 <= value <= LONGEST_SECONDS:
            raise EvaluationFailure(
                f"The JSONata expression specified for the field 'Seconds' returned an unexpected value: {dumps(value)}. "
                f"A whole number of seconds from 0 to {LONGEST_SECONDS} is needed.",
                "Seconds",
            )
        return float(value)
    if not is_whole(value):
        raise RuntimeFailure(f"The SecondsPath parameter cannot be parsed as a long value: {shown}")
    if value < 0:
        raise RuntimeFailure(f"The SecondsPath parameter references a negative value: {shown}")
    if value > LONGEST_SECONDS:
        raise RuntimeFailure(f"The SecondsPath parameter references a value above the maximum of {LONGEST_SECONDS}: {shown}")
    return float(value)


def _instant(field: Field, value: Json) -> float:
    instant = parse_instant(value) if isinstance(value, str) else None
    if instant is None:
        if not field.is_path:
            raise EvaluationFailure(
                "The JSONata expression specified for the field 'Timestamp' returned no valid ISO-8601 timestamp: "
                f"{dumps(value)}",
                "Timestamp",
            )
        raise RuntimeFailure(f"The TimestampPath parameter {_INVALID_INSTANT}: {_source(field)} == {value_text(value)}")
    return instant.timestamp()


def _source(field: Field) -> str:
    return getattr(field.expression, "source", "")


async def run_fail(frame: Frame) -> StateEnd:
    """Raise the error that the state names."""
    state = frame.state
    assert isinstance(state, FailState)  # noqa: S101 - by its runner's table
    environment = frame.environment(frame.payload.value)
    texts = [None if field is None else _text(field, _named_value(field, environment)) for field in (state.error, state.cause)]
    raise StateFailure(texts[0], texts[1])


def _named_value(field: Field, environment: Environment) -> Json:
    """The value of ErrorPath or CausePath. A missing value has AWS's own message (localstack, issue 11951)."""
    if field.is_path:
        return evaluate_field(field.expression, environment, field.name)  # type: ignore[arg-type] # a path is an Expression
    return field_value(field, environment)


def _text(field: Field, value: Json) -> str:
    if isinstance(value, str):
        return value
    if field.is_path:
        raise RuntimeFailure(f"The {field.name} field refers to value {dumps(value)} which is not a string: {_source(field)}")
    raise EvaluationFailure(
        f"The JSONata expression specified for the field '{field.name}' returned an unexpected result type. "
        f"Expected 'string', but was '{type_name(value)}'",
        field.name,
    )
