"""Answers instead of services: mocks from a document, and errors injected on chosen states and attempts.

The document has three members, each optional: `states` (by a Task's name), `services` (by `service:action` as it stands
in the ARN) and `functions` (Lambda functions by name). Each value is an answer, or a list of answers: the first call gets
the first, and the last one serves all later calls. An answer is an object with

    result      what the Task gives, or
    error       the name of its failure, with
    cause       the text of its failure
    submitted   what a `.sync` Task gives at TaskSubmitted
    delay       seconds to wait first (on this machine's clock)
    when        {path: value}: it serves only calls whose parameters have these values
    hangs       true: it never ends by itself (instead of result or error; not for functions)
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from asl_toolkit.definition.resource import parse_resource
from asl_toolkit.errors import AslError, SyntaxFault, TaskFailed
from asl_toolkit.json_value import Json, same
from asl_toolkit.jsonpath import JsonPath, PathNotFound, parse_path
from asl_toolkit.services.contract import Handler, Submitted, TaskRequest
from asl_toolkit.services.registry import Services

_MEMBERS = {"result", "error", "cause", "submitted", "delay", "when", "hangs"}
_GROUPS = {"states", "services", "functions"}


class MockError(AslError):
    """The document of mocks is faulty; the text says where and what it should be."""


@dataclass(frozen=True, slots=True)
class _Answer:
    result: Json
    error: str | None
    cause: str
    submitted: Json
    delay: float
    hangs: bool
    when: tuple[tuple[JsonPath, Json], ...]

    def serves(self, parameters: Json) -> bool:
        """Whether a call with these parameters gets this answer."""
        return all(_value(path, parameters, wanted) for path, wanted in self.when)


def _value(path: JsonPath, parameters: Json, wanted: Json) -> bool:
    try:
        return same(path.find(parameters), wanted)
    except PathNotFound:
        return False


class _Mock:
    """The answers of one state, service or function; calls may come from several threads."""

    def __init__(self, where: str, answers: Sequence[_Answer]) -> None:
        self._where = where
        self._answers = answers
        self._used: dict[int, int] = {}
        self._lock = threading.Lock()

    def next(self, parameters: Json) -> _Answer:
        """The answer to a call."""
        serving = [answer for answer in self._answers if answer.serves(parameters)]
        if not serving:
            raise TaskFailed("Mock.NoAnswer", f"no answer of {self._where} serves the parameters {parameters!r}")
        with self._lock:
            key = id(serving[0])
            used = self._used.get(key, 0)
            self._used[key] = used + 1
        return serving[min(used, len(serving) - 1)]

    def handler(self, request: TaskRequest) -> "Json | Submitted":
        """The mock as a handler."""
        answer = self.next(request.parameters)
        if answer.hangs:
            return Submitted(answer.submitted, Future(), idle=True)
        if request.pattern != "sync":
            return _given(answer)
        future: Future[Json] = Future()
        try:
            future.set_result(_given(answer))
        except TaskFailed as failure:
            future.set_exception(failure)
        return Submitted(answer.submitted, future)

    def function(self, event: Json, _context: object) -> Json:
        """The mock as a Lambda function."""
        return _given(self.next(event))


def _given(answer: _Answer) -> Json:
    if answer.delay:
        time.sleep(answer.delay)
    if answer.error is not None:
        raise TaskFailed(answer.error, answer.cause)
    return answer.result


def with_mocks(services: Services, document: Mapping[str, Json]) -> Services:
    """Services in which the document's mocks stand before the handlers. MockError when the document is faulty."""
    unknown = set(document) - _GROUPS
    if unknown:
        raise MockError(f"mocks: {min(unknown)!r} is none of {', '.join(sorted(_GROUPS))}")
    groups = {name: document.get(name, {}) for name in _GROUPS}
    for name, group in groups.items():
        if not isinstance(group, Mapping):
            raise MockError(f"mocks.{name} is an object, not {group!r}")
    states = {name: _handler(f"states.{name}", answers) for name, answers in groups["states"].items()}
    handlers = dict(services.handlers)
    for name, answers in groups["services"].items():
        service, _, action = name.rpartition(":")
        if not service:
            raise MockError(f"mocks.services: {name!r} is not SERVICE:ACTION, as in glue:startJobRun")
        handlers[service, action] = _handler(f"services.{name}", answers)
    functions = dict(services.functions)
    functions |= {name: _mock(f"functions.{name}", answers).function for name, answers in groups["functions"].items()}
    return services.but(handlers=handlers, functions=functions, states={**services.states, **states})


def _handler(where: str, answers: Json) -> Handler:
    mock = _mock(where, answers)
    return mock.handler


def _mock(where: str, answers: Json) -> _Mock:
    listed = answers if isinstance(answers, list) else [answers]
    if not listed:
        raise MockError(f"mocks.{where} holds at least one answer")
    return _Mock(where, [_answer(f"mocks.{where}[{place}]", answer) for place, answer in enumerate(listed)])


def _answer(where: str, value: Json) -> _Answer:
    if not isinstance(value, Mapping):
        raise MockError(f"{where} is an object with result or error, not {value!r}")
    unknown = set(value) - _MEMBERS
    if unknown:
        raise MockError(f"{where}: {min(unknown)!r} is none of {', '.join(sorted(_MEMBERS))}")
    if sum(name in value for name in ("result", "error", "hangs")) != 1:
        raise MockError(f"{where} has either result or error or hangs")
    try:
        when = tuple((parse_path(path), wanted) for path, wanted in value.get("when", {}).items())
    except SyntaxFault as fault:
        raise MockError(f"{where}.when: {fault}") from fault
    return _Answer(
        result=value.get("result"),
        error=value.get("error"),
        cause=value.get("cause", ""),
        submitted=value.get("submitted", {}),
        delay=value.get("delay", 0),
        hangs=value.get("hangs") is True,
        when=when,
    )


@dataclass(frozen=True, slots=True)
class Injection:
    """An error for one attempt (from 1; None: every attempt) of a Task."""

    state: str
    error: str
    cause: str = "injected"
    attempt: int | None = 1


def with_injected(services: Services, injections: Sequence[Injection]) -> Services:
    """Services in which chosen attempts of chosen Tasks fail; all other calls go where they went."""
    states = dict(services.states)
    for name in {injection.state for injection in injections}:
        mine = [injection for injection in injections if injection.state == name]
        states[name] = _injected(services, mine)
    return services.but(handlers=services.handlers, functions=services.functions, states=states)


def _injected(services: Services, injections: Sequence[Injection]) -> Callable[[TaskRequest], "Json | Submitted"]:
    def handler(request: TaskRequest) -> "Json | Submitted":
        attempt = request.context["State"]["RetryCount"] + 1
        for injection in injections:
            if injection.attempt in {None, attempt}:
                raise TaskFailed(injection.error, injection.cause)
        inner = services.handler(parse_resource(request.resource), request.state_name)
        if inner is None:
            raise TaskFailed("Mock.NoAnswer", f"no handler serves {request.resource} of the state {request.state_name!r}")
        return inner(request)

    return handler


def parse_injection(text: str) -> Injection:
    """`STATE=ERROR`, `STATE@2=ERROR:cause`, `STATE@*=ERROR`. MockError when it is none of them."""
    state, found, error = text.rpartition("=")
    if not found or not state or not error:
        raise MockError(f"{text!r} is not STATE[@ATTEMPT]=ERROR[:CAUSE]")
    name, cause = error, "injected"
    if ":" in error:
        name, cause = error.split(":", 1)
    state, _, attempt = state.rpartition("@") if "@" in state else (state, "", "1")
    if attempt != "*" and not (attempt.isdecimal() and int(attempt) > 0):
        raise MockError(f"{text!r}: the attempt is a number from 1, or *, not {attempt!r}")
    return Injection(state, name, cause, None if attempt == "*" else int(attempt))


__all__ = ["Injection", "MockError", "parse_injection", "with_injected", "with_mocks"]
