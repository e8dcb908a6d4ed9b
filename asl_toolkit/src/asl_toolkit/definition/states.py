"""Reads the states of a definition, one function a Type."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches

from asl_toolkit.choice import compile_rule
from asl_toolkit.definition.errors_handled import read_catch, read_retry
from asl_toolkit.definition.maps import read_map
from asl_toolkit.definition.model import (
    Branch,
    ChoiceBranch,
    ChoiceState,
    Evaluable,
    FailState,
    Field,
    Flow,
    ParallelState,
    PassState,
    State,
    SucceedState,
    TaskState,
    WaitState,
)
from asl_toolkit.definition.reader import Reader
from asl_toolkit.definition.resource import parse_resource
from asl_toolkit.definition.values import is_seconds, is_text, is_timeout, is_timestamp
from asl_toolkit.errors import Finding
from asl_toolkit.expressions import Constant

ReadBranch = Callable[[Reader], Branch | None]
_JSONPATH_ONLY = ("InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath", "ItemsPath")
_JSONATA_ONLY = ("Arguments", "Output", "Items")


def read_state(name: str, reader: Reader, siblings: Collection[str], branch: ReadBranch) -> State | None:
    """The state of one object; None when its faults leave nothing to run."""
    kind = reader.choice("Type", tuple(_READERS))
    if kind is None:
        if "Type" not in reader.value:
            reader.fault(None, "MISSING_FIELD", f"Type is missing: one of {', '.join(_READERS)}")
        return None
    _set_language(reader)
    comment = reader.text("Comment")
    head = _Head(name, reader, siblings, comment)
    state = _READERS[kind](head, branch)
    reader.unknown(f"in a {kind} state" + (" of JSONata" if reader.language == "JSONata" else ""))
    return state


def _set_language(reader: Reader) -> None:
    wanted = reader.choice("QueryLanguage", ("JSONPath", "JSONata"))
    if wanted == "JSONPath" and reader.language == "JSONata":
        reader.fault(
            "QueryLanguage",
            "WRONG_LANGUAGE",
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        )
    if wanted == "JSONata":
        reader.language = "JSONata"
    for name in _JSONPATH_ONLY if reader.language == "JSONata" else _JSONATA_ONLY:
        if name in reader.value:
            reader.has(name)
            other = "JSONPath" if reader.language == "JSONata" else "JSONata"
            reader.fault(name, "WRONG_LANGUAGE", f"{name} belongs to {other}, this state is in {reader.language}")


class _Head:
    """What all readers of states share."""

    def __init__(self, name: str, reader: Reader, siblings: Collection[str], comment: str | None) -> None:
        self.name = name
        self.reader = reader
        self.siblings = siblings
        self.comment = comment

    def target(self, reader: Reader, name: str) -> str | None:
        """A field that names a state of the same branch."""
        value = reader.text(name)
        if value is not None and value not in self.siblings:
            near = get_close_matches(value, list(self.siblings), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            reader.fault(name, "MISSING_TARGET", f"there is no state {value!r} here{hint}")
        return value

    def transition(self) -> str | None:
        """Next, or None for End; one of them must be there."""
        ends = self.reader.boolean("End")
        has_next = self.reader.has("Next")
        following = self.target(self.reader, "Next")
        if ends and has_next:
            self.reader.fault("Next", "EXCLUSIVE_FIELDS", "Next and End exclude each other")
        if not ends and not has_next:
            self.reader.fault(None, "MISSING_FIELD", 'Next or "End": true is missing')
        return None if ends else following

    def flow(self, *names: str) -> Flow:
        """The data-flow fields that this Type may have."""
        reader = self.reader
        if reader.language == "JSONata":
            arguments = reader.template("Arguments") if "Parameters" in names else None
            output = reader.template("Output") if "Output" not in names else None
            assign = reader.assign() if "Assign" in names else None
            return Flow(language="JSONata", parameters=arguments, output=output, assign=assign)
        return Flow(
            input_path=reader.path("InputPath"),
            parameters=reader.template("Parameters") if "Parameters" in names else None,
            result_selector=reader.template("ResultSelector") if "ResultSelector" in names else None,
            result_path=reader.reference("ResultPath") if "ResultPath" in names else None,
            output_path=reader.path("OutputPath"),
            assign=reader.assign() if "Assign" in names else None,
        )


def _read_pass(head: _Head, _branch: ReadBranch) -> State:
    reader = head.reader
    result = None
    if reader.language == "JSONPath" and reader.has("Result"):
        result = Constant(reader.value["Result"])
    names = ("ResultPath", "Assign") if reader.language == "JSONata" else ("Parameters", "ResultPath", "Assign")
    flow = head.flow(*names)
    return PassState(head.name, reader.pointer, head.comment, flow, head.transition(), result)


def _read_task(head: _Head, _branch: ReadBranch) -> State | None:
    reader = head.reader
    resource = reader.parse("Resource", parse_resource, "RESOURCE")
    if "Resource" not in reader.value:
        reader.fault(None, "MISSING_FIELD", "Resource is missing")
    flow = head.flow("Parameters", "ResultSelector", "ResultPath", "Assign")
    timeout = reader.field("TimeoutSeconds", is_timeout)
    heartbeat = reader.field("HeartbeatSeconds", is_timeout)
    if timeout and heartbeat and timeout.constant and heartbeat.constant:
        _check_heartbeat(reader, timeout, heartbeat)
    credentials = reader.template("Credentials")
    retry, catch = read_retry(reader), read_catch(reader, head.target)
    following = head.transition()
    if resource is None:
        return None
    return TaskState(
        head.name, reader.pointer, head.comment, flow, following, resource, timeout, heartbeat, credentials, retry, catch
    )


def _check_heartbeat(reader: Reader, timeout: Field, heartbeat: Field) -> None:
    longest, beat = reader.value[timeout.name], reader.value[heartbeat.name]
    if beat >= longest:
        reader.fault("HeartbeatSeconds", "WRONG_VALUE", f"HeartbeatSeconds ({beat}) must be below TimeoutSeconds ({longest})")


def _read_choice(head: _Head, _branch: ReadBranch) -> State:
    reader = head.reader
    flow = head.flow("Assign")
    default = head.target(reader, "Default")
    choices = [_read_choice_branch(head, inner) for inner in reader.readers("Choices")]
    if not choices:
        reader.fault(None, "MISSING_FIELD", "Choices holds at least one rule")
    return ChoiceState(head.name, reader.pointer, head.comment, flow, None, tuple(choices), default)


def _read_choice_branch(head: _Head, reader: Reader) -> ChoiceBranch:
    rule: Evaluable | object
    output = None
    if reader.language == "JSONata":
        if not reader.has("Condition"):
            reader.fault(None, "MISSING_FIELD", "Condition is missing")
        elif not isinstance(reader.value["Condition"], (str, bool)):
            reader.fault("Condition", "WRONG_TYPE", "Condition is a JSONata expression {% … %}, true or false")
        rule = reader.template("Condition") or Constant(value=False)
        output = reader.template("Output")
    else:
        faults: list[tuple[str, str]] = []
        rule = compile_rule(reader.value, reader.pointer, faults)
        reader.findings.extend(Finding("CHOICE_RULE", pointer, message) for pointer, message in faults)
        for name in reader.value:
            reader.has(name)
    reader.text("Comment")
    assign = reader.assign()
    following = head.target(reader, "Next")
    if "Next" not in reader.value:
        reader.fault(None, "MISSING_FIELD", "Next is missing")
    reader.unknown("in a choice rule")
    return ChoiceBranch(reader.pointer, rule, following or "", assign, output)


def _read_wait(head: _Head, _branch: ReadBranch) -> State | None:
    reader = head.reader
    flow = head.flow("Assign")
    fields = [reader.field("Seconds", is_seconds), reader.field("Timestamp", is_timestamp)]
    given = [name for name in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath") if name in reader.value]
    if len(given) != 1:
        reader.fault(None, "MISSING_FIELD", "exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is needed")
    following = head.transition()
    field = fields[0] or fields[1]
    if field is None:
        return None
    return WaitState(head.name, reader.pointer, head.comment, flow, following, field)


def _read_succeed(head: _Head, _branch: ReadBranch) -> State:
    return SucceedState(head.name, head.reader.pointer, head.comment, head.flow(), None)


def _read_fail(head: _Head, _branch: ReadBranch) -> State:
    reader = head.reader
    error, cause = reader.field("Error", is_text), reader.field("Cause", is_text)
    flow = Flow(language=reader.language)
    return FailState(head.name, reader.pointer, head.comment, flow, None, error, cause)


def _read_parallel(head: _Head, branch: ReadBranch) -> State:
    reader = head.reader
    flow = head.flow("Parameters", "ResultSelector", "ResultPath", "Assign")
    branches = []
    for inner in reader.readers("Branches"):
        read = branch(inner)
        inner.text("Comment")
        inner.unknown("in a branch of a Parallel state")
        if read is not None:
            branches.append(read)
    if not reader.raw("Branches"):
        reader.fault(None, "MISSING_FIELD", "Branches holds at least one branch")
    retry, catch = read_retry(reader), read_catch(reader, head.target)
    return ParallelState(head.name, reader.pointer, head.comment, flow, head.transition(), tuple(branches), retry, catch)


def _read_map(head: _Head, branch: ReadBranch) -> State | None:
    flow = head.flow("ResultSelector", "ResultPath", "Assign")
    retry, catch = read_retry(head.reader), read_catch(head.reader, head.target)
    following = head.transition()
    return read_map(head.name, head.reader, head.comment, flow, following, retry, catch, branch)


_READERS: Mapping[str, Callable[[_Head, ReadBranch], State | None]] = {
    "Pass": _read_pass,
    "Task": _read_task,
    "Choice": _read_choice,
    "Wait": _read_wait,
    "Succeed": _read_succeed,
    "Fail": _read_fail,
    "Parallel": _read_parallel,
    "Map": _read_map,
}
