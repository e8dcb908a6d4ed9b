"""Builds the states of a checked definition, one function per Type."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from asl_toolkit.choice.rules import compile_rule
from asl_toolkit.definition.maps import read_map
from asl_toolkit.definition.model import (
    Branch,
    Catcher,
    ChoiceBranch,
    ChoiceState,
    FailState,
    Flow,
    ParallelState,
    PassState,
    Retrier,
    State,
    SucceedState,
    TaskState,
    WaitState,
)
from asl_toolkit.definition.reader import Reader
from asl_toolkit.definition.resource import parse_resource
from asl_toolkit.expressions import Constant
from asl_toolkit.pointers import below

if TYPE_CHECKING:
    from asl_toolkit.language import Language


def read_branch(reader: Reader) -> Branch:
    """StartAt and States of a machine, a branch or a processor."""
    states = {}
    for name, inner in reader.value["States"].items():
        language: Language = "JSONata" if inner.get("QueryLanguage") == "JSONata" else reader.language
        pointer = below(reader.pointer, "States", name)
        states[name] = _READERS[inner["Type"]](name, Reader(inner, pointer, language))
    return Branch(reader.value["StartAt"], states)


def _flow(reader: Reader) -> Flow:
    """The data-flow fields. A field that the Type cannot have is None."""
    if reader.jsonata:
        arguments, output = reader.template("Arguments"), reader.template("Output")
        return Flow(language="JSONata", parameters=arguments, output=output, assign=reader.template("Assign"))
    of_map = reader.value["Type"] == "Map"  # its Parameters is the old name of ItemSelector
    return Flow(
        input_path=reader.path("InputPath"),
        parameters=None if of_map else reader.template("Parameters"),
        result_selector=reader.template("ResultSelector"),
        result_path=reader.reference("ResultPath"),
        output_path=reader.path("OutputPath"),
        assign=reader.template("Assign"),
    )


def _following(reader: Reader) -> str | None:
    """Next, or None if the branch ends here."""
    return None if reader.value.get("End") is True else reader.value.get("Next")


def _retry(reader: Reader) -> tuple[Retrier, ...]:
    return tuple(_retrier(entry) for entry in reader.readers("Retry"))


def _retrier(reader: Reader) -> Retrier:
    value = reader.value
    return Retrier(
        errors=tuple(value["ErrorEquals"]),
        interval=int(value.get("IntervalSeconds", 1)),
        attempts=int(value.get("MaxAttempts", 3)),
        rate=value.get("BackoffRate", 2.0),
        longest=value.get("MaxDelaySeconds"),
        jitter=value.get("JitterStrategy") == "FULL",
    )


def _catch(reader: Reader) -> tuple[Catcher, ...]:
    return tuple(_catcher(entry) for entry in reader.readers("Catch"))


def _catcher(reader: Reader) -> Catcher:
    return Catcher(
        errors=tuple(reader.value["ErrorEquals"]),
        next=reader.value["Next"],
        result_path=reader.reference("ResultPath"),
        assign=reader.template("Assign"),
        output=reader.template("Output") if reader.jsonata else None,
    )


def _read_pass(name: str, reader: Reader) -> State:
    result = Constant(reader.value["Result"]) if "Result" in reader.value else None
    return PassState(name, reader.pointer, _flow(reader), _following(reader), result)


def _read_task(name: str, reader: Reader) -> State:
    return TaskState(
        name,
        reader.pointer,
        _flow(reader),
        _following(reader),
        resource=parse_resource(reader.value["Resource"]),
        timeout=reader.field("TimeoutSeconds"),
        heartbeat=reader.field("HeartbeatSeconds"),
        credentials=reader.template("Credentials"),
        retry=_retry(reader),
        catch=_catch(reader),
    )


def _read_choice(name: str, reader: Reader) -> State:
    choices = tuple(_choice(rule) for rule in reader.readers("Choices"))
    return ChoiceState(name, reader.pointer, _flow(reader), None, choices, reader.value.get("Default"))


def _choice(reader: Reader) -> ChoiceBranch:
    if reader.jsonata:
        condition = reader.template("Condition") or Constant(value=False)
        return ChoiceBranch(condition, reader.value["Next"], reader.template("Assign"), reader.template("Output"))
    return ChoiceBranch(compile_rule(reader.value), reader.value["Next"], reader.template("Assign"), None)


def _read_wait(name: str, reader: Reader) -> State:
    field = reader.field("Seconds") or reader.field("Timestamp")
    assert field is not None  # noqa: S101 - the checker asks for one
    return WaitState(name, reader.pointer, _flow(reader), _following(reader), field)


def _read_succeed(name: str, reader: Reader) -> State:
    return SucceedState(name, reader.pointer, _flow(reader), None)


def _read_fail(name: str, reader: Reader) -> State:
    flow = Flow(language=reader.language)
    return FailState(name, reader.pointer, flow, None, reader.field("Error"), reader.field("Cause"))


def _read_parallel(name: str, reader: Reader) -> State:
    branches = tuple(read_branch(branch) for branch in reader.readers("Branches"))
    return ParallelState(name, reader.pointer, _flow(reader), _following(reader), branches, _retry(reader), _catch(reader))


def _read_map(name: str, reader: Reader) -> State:
    return read_map(name, reader, _flow(reader), _following(reader), _retry(reader), _catch(reader), read_branch)


_READERS: Mapping[str, Callable[[str, Reader], State]] = {
    "Pass": _read_pass,
    "Task": _read_task,
    "Choice": _read_choice,
    "Wait": _read_wait,
    "Succeed": _read_succeed,
    "Fail": _read_fail,
    "Parallel": _read_parallel,
    "Map": _read_map,
}
