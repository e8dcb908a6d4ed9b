"""TestState: one state run by itself, what it calls replaced by a mock.

What it answers (API reference, TestState): SUCCEEDED, FAILED, RETRIABLE (a Retry would try again) or CAUGHT_ERROR, the
output, and the state that would be next. The mock is `{"result": JSON text}` or `{"errorOutput": {"error", "cause"}}`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asl_toolkit.clock import VirtualClock
from asl_toolkit.definition.errors_handled import read_retry
from asl_toolkit.definition.reader import Reader
from asl_toolkit.errors import DefinitionError, StateFailure, TaskFailed
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.machine import load
from asl_toolkit.runtime.execution import ExecutionResult
from asl_toolkit.runtime.handling import meets
from asl_toolkit.services.contract import Handler, TaskRequest, inline
from asl_toolkit.services.registry import Services

if TYPE_CHECKING:
    from asl_toolkit.client.stepfunctions import StepFunctions

_FAILED = ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails", "taskTimedOutEventDetails")


def test_state(client: "StepFunctions", definition: str, given: Mapping[str, Any]) -> dict[str, Any]:  # boto3's shapes
    """Run a state (or the one named `stateName` of a whole definition) and say how it ends."""
    document = loads(definition)
    name = given.get("stateName") or "State"
    state = document["States"][name] if "States" in document else document
    machine = _alone(name, state, document.get("QueryLanguage") or state.get("QueryLanguage") or "JSONPath")
    if "variables" in given:
        machine = _with_variables(machine, loads(given["variables"]))
    services = Services(
        client.services.handlers,
        functions=client.services.functions,
        states={name: _mocked(given["mock"])} if "mock" in given else {},
        region=client.services.region,
        account=client.services.account,
    )
    try:
        execution = load(machine).start(loads(given.get("input", "{}")), name="test", services=services, clock=VirtualClock())
    except DefinitionError as error:
        raise client.exceptions.make("InvalidDefinition", str(error), "TestState") from error
    return _described(state, execution.wait())


def _described(state: Mapping[str, Json], result: ExecutionResult) -> dict[str, Any]:  # boto3's shapes
    failure = _failure(result)
    named = {} if failure is None else {"error": failure.error, "cause": failure.cause}
    response: dict[str, Any] = {name: text for name, text in named.items() if text is not None}
    if failure is not None and any(meets(entry.errors, failure) and entry.attempts for entry in _retry(state)):
        return {"status": "RETRIABLE", **response}
    if result.status != "SUCCEEDED":
        return {"status": "FAILED", **response}
    following, output = (None, result.output)
    if _ends_elsewhere(result):
        following, output = result.output["to"], result.output["with"]
    response |= {"status": "SUCCEEDED" if failure is None else "CAUGHT_ERROR", "output": dumps(output)}
    return response if following is None else {**response, "nextState": following}


def _ends_elsewhere(result: ExecutionResult) -> bool:
    """Whether the state led to another one, which has noted where."""
    names = [event["stateEnteredEventDetails"]["name"] for event in result.events if "stateEnteredEventDetails" in event]
    return str(names[-1]).startswith("→")


def _failure(result: ExecutionResult) -> StateFailure | None:
    """The error that the state met, caught or not."""
    if result.status != "SUCCEEDED":
        return StateFailure(result.error, result.cause)
    for event in result.events:
        for kind in _FAILED:
            if kind in event:
                return StateFailure(event[kind].get("error"), event[kind].get("cause"))
    return None


def _retry(state: Mapping[str, Json]) -> Any:  # the loaded Retry
    return read_retry(Reader(state, "", []))


def _alone(name: str, state: Mapping[str, Json], language: str) -> dict[str, Json]:
    """A machine of the one state, without its Retry: where it leads, a state notes the name and what arrives."""
    targets: set[str] = set()

    def renamed(value: Json, field: str = "") -> Json:
        if field in {"Next", "Default"} and isinstance(value, str):
            targets.add(value)
            return f"→{value}"[:80]
        if isinstance(value, dict):
            return {key: renamed(inner, key) for key, inner in value.items()}
        return [renamed(inner) for inner in value] if isinstance(value, list) else value

    copy = {key: value for key, value in state.items() if key != "Retry"}
    for field in ("Next", "Default", "Choices", "Catch"):
        if field in copy:
            copy[field] = renamed(copy[field], field)
    states: dict[str, Json] = {name: copy}
    for target in sorted(targets):
        states[f"→{target}"[:80]] = _noting(target, language)
    return {"QueryLanguage": language, "StartAt": name, "States": states}


def _noting(target: str, language: str) -> dict[str, Json]:
    if language == "JSONata":
        return {"Type": "Pass", "Output": {"to": target, "with": "{% $states.input %}"}, "End": True}
    return {"Type": "Pass", "Parameters": {"to": target, "with.$": "$"}, "End": True}


def _with_variables(machine: dict[str, Json], variables: Json) -> dict[str, Json]:
    before = {"Type": "Pass", "Assign": variables, "Next": machine["StartAt"]}
    return {**machine, "StartAt": "←", "States": {"←": before, **machine["States"]}}


def _mocked(mock: Mapping[str, Any]) -> Handler:  # boto3's shapes
    def handler(_request: TaskRequest) -> Json:
        if "errorOutput" in mock:
            raise TaskFailed(mock["errorOutput"].get("error"), mock["errorOutput"].get("cause"))
        return loads(mock.get("result", "{}"))

    return inline(handler)
