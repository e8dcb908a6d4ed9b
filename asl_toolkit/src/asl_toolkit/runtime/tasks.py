"""Task states: call the handler, wait for its job or a token, and watch timeouts and heartbeats."""

from asl_toolkit.definition.model import Field, TaskState
from asl_toolkit.errors import RuntimeFailure, StateFailure, TaskFailed
from asl_toolkit.json_value import Json, is_whole, value_text
from asl_toolkit.runtime.flow import arguments, data_limit, effective_input, field_value, finish
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.handling import HeartbeatMissed
from asl_toolkit.runtime.history import NOT_TRUNCATED, Details, named
from asl_toolkit.runtime.loop import LONGEST_SECONDS
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.work import HEARTBEAT, TIMEOUT, Late, Work
from asl_toolkit.services.contract import CheckedHandler, TaskRequest

_LONGEST_CAUSE = 32_768
_LONGEST_ERROR = 256
_LATE = {"States.Timeout": TIMEOUT, "States.HeartbeatTimeout": HEARTBEAT}


async def run_task(frame: Frame) -> StateEnd:
    """One attempt."""
    state = frame.state
    assert isinstance(state, TaskState)  # noqa: S101 - by its runner's table
    token = None
    job = state.resource.pattern == "sync" and "Execution" in frame.context  # TestState's callers may give another context
    if job or state.resource.pattern == "wait_for_task_token":
        token = frame.run.services.tokens.new()
        frame.context = {**frame.context, "Task": {"Token": token}}
    data = effective_input(frame)
    parameters = arguments(frame, data)
    request = TaskRequest(
        resource=state.resource.arn,
        service=state.resource.service,
        action=state.resource.action,
        pattern=state.resource.pattern,
        parameters=parameters,
        input=frame.payload.value,
        state_name=state.name,
        context=frame.context,
        timeout_seconds=_seconds(frame, state.timeout, data),
        heartbeat_seconds=_seconds(frame, state.heartbeat, data),
        credentials=None if state.credentials is None else state.credentials.evaluate(frame.environment(data)),
        task_token=token if state.resource.pattern == "wait_for_task_token" else None,
        clock=frame.run.loop.clock if frame.run.loop.shares else None,
    )
    kind = _LambdaEvents if state.resource.is_function else _ActivityEvents if state.resource.is_activity else _TaskEvents
    events = kind(frame, request)
    result = await _attempt(frame, request, events, token)
    return finish(frame, result, state.next)


def _seconds(frame: Frame, field: Field | None, data: Json) -> float | None:
    if field is None:
        return None
    value = field_value(field, frame.environment(data))
    if not is_whole(value) or not 1 <= value <= LONGEST_SECONDS:
        source = getattr(field.expression, "source", field.name)
        raise RuntimeFailure(
            f"The {field.name} parameter cannot be parsed as a whole number of seconds from 1 to {LONGEST_SECONDS}: "
            f"{source} == {value_text(value)}"
        )
    return int(value)


async def _attempt(frame: Frame, request: TaskRequest, events: "_TaskEvents", token: str | None) -> Json:
    state = frame.state
    assert isinstance(state, TaskState)  # noqa: S101 - by its runner's table
    handler = frame.run.services.handler(state.resource, state.name)
    if handler is None:
        raise RuntimeFailure(f"no handler serves {request.service}:{request.action}")
    if isinstance(handler, CheckedHandler):
        handler.check(request)
    sent = Payload(request.parameters)
    if sent.too_large:
        raise data_limit(events.name)
    events.scheduled(sent)
    events.started()
    work = Work(frame.run, request, token)
    work.on_taken = events.taken
    try:
        end = await work.start(handler)
        if not work.by_worker:
            events.taken("local")
        if work.submitted is not None:
            if request.pattern != "request_response":
                events.submitted(_payload_of(work.submitted.output, request))
            end = await work.completion()
    finally:
        work.close()
    if isinstance(end, (TaskFailed, Late, RuntimeFailure)):
        _raise_failure(end, events)
    result = _payload_of(end, request)
    if result.too_large:
        failure = data_limit(events.name)
        events.failed(failure.error, failure.cause)
        raise failure
    events.succeeded(result)
    return end


def _raise_failure(end: TaskFailed | Late | RuntimeFailure, events: "_TaskEvents") -> None:
    """Write the event of a failed attempt and raise the failure. Deadlines, and mocks' answers that mean one, are timeouts."""
    failed = end if isinstance(end, TaskFailed) else TaskFailed(None, None)
    if failed.error == "States.Runtime":
        raise RuntimeFailure(failed.cause or "", bare=True)
    late = end if isinstance(end, Late) else _LATE.get(failed.error or "")
    if late is not None:
        events.timed_out(failed.cause or None)
        raise HeartbeatMissed if late is HEARTBEAT else StateFailure("States.Timeout", failed.cause or None)
    if isinstance(end, RuntimeFailure):
        raise end
    if isinstance(end, TaskFailed):
        error = None if end.error is None else end.error[:_LONGEST_ERROR]
        cause = None if end.cause is None else end.cause[:_LONGEST_CAUSE]
        events.failed(error, cause)
        raise StateFailure(error, cause)


def _payload_of(answer: Json, request: TaskRequest) -> Payload:
    """A handler's answer. Raises RuntimeFailure if it is not a JSON value, because then the handler is at fault."""
    payload = Payload(answer)
    try:
        payload.text  # noqa: B018 - written once, here
    except (TypeError, ValueError) as error:
        who = f"The handler of {request.service}:{request.action} (state {request.state_name!r})"
        text = f"{who} returned {type(answer).__name__}, which is not a JSON value: {error}"
        raise RuntimeFailure(text, "Mock.WrongAnswer", bare=True) from error
    return payload


class _TaskEvents:
    """The events of a service integration. The other kinds of Task have another prefix and fewer members."""

    prefix = "Task"

    def __init__(self, frame: Frame, request: TaskRequest) -> None:
        self.cursor = frame.cursor
        self.request = request
        self.region = frame.run.services.region
        self.name = request.service
        self.what: Details = {"resource": f"{request.action}{_suffix(frame)}", "resourceType": request.service}

    def _add(self, what: str, details: Details) -> None:
        self.cursor.add(f"{self.prefix}{what}", {**self.what, **details})

    def _limits(self) -> Details:
        """The optional members of the scheduling event: seconds, and the role that the task assumes."""
        details: Details = {}
        if self.request.timeout_seconds is not None:
            details["timeoutInSeconds"] = self.request.timeout_seconds
        if self.request.heartbeat_seconds is not None:
            details["heartbeatInSeconds"] = self.request.heartbeat_seconds
        credentials = self.request.credentials
        role = credentials.get("RoleArn") if isinstance(credentials, dict) else None
        if role is not None:
            details["taskCredentials"] = {"roleArn": role}
        return details

    def scheduled(self, sent: Payload) -> None:
        """The task is about to start."""
        self._add("Scheduled", {"region": self.region, "parameters": sent.text, **self._limits()})

    def started(self) -> None:
        """The task starts."""
        self.cursor.add("TaskStarted", self.what)

    def taken(self, worker: str | None) -> None:
        """A worker has taken the task; only activities have workers."""

    def submitted(self, output: Payload) -> None:
        """The service accepted the job."""
        self._add("Submitted", {"output": output.text, "outputDetails": NOT_TRUNCATED})

    def succeeded(self, output: Payload) -> None:
        """The task succeeded."""
        self._add("Succeeded", {"output": output.text, "outputDetails": NOT_TRUNCATED})

    def failed(self, error: str | None, cause: str | None) -> None:
        """The task failed."""
        self._add("Failed", named(error, cause))

    def timed_out(self, cause: str | None) -> None:
        """The task exceeded its time limit."""
        self._add("TimedOut", named("States.Timeout", cause))


class _LambdaEvents(_TaskEvents):
    """The events of a Task whose Resource is the ARN of a function."""

    prefix = "LambdaFunction"

    def __init__(self, frame: Frame, request: TaskRequest) -> None:
        super().__init__(frame, request)
        self.name = request.resource
        self.what = {}

    def scheduled(self, sent: Payload) -> None:
        """The function is about to be called."""
        limits = self._limits()
        limits.pop("heartbeatInSeconds", None)
        self._add("Scheduled", {"input": sent.text, "inputDetails": NOT_TRUNCATED, "resource": self.request.resource, **limits})

    def started(self) -> None:
        """The function is called: an event without details."""
        self.cursor.add("LambdaFunctionStarted")


class _ActivityEvents(_LambdaEvents):
    """The events of a Task whose Resource is an activity. Members: API reference, ActivityScheduledEventDetails and the like."""

    prefix = "Activity"

    def scheduled(self, sent: Payload) -> None:
        """Workers may take the task."""
        about = {"input": sent.text, "inputDetails": NOT_TRUNCATED, "resource": self.request.resource}
        self._add("Scheduled", {**about, **self._limits()})

    def started(self) -> None:
        """The task waits for a worker."""

    def taken(self, worker: str | None) -> None:
        """A worker has taken the task."""
        self._add("Started", {} if worker is None else {"workerName": worker})


def _suffix(frame: Frame) -> str:
    state = frame.state
    assert isinstance(state, TaskState)  # noqa: S101 - by its runner's table
    return state.resource.suffix
