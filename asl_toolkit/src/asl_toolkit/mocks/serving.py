"""Mocks as handlers and as Lambda functions, which replace services."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asl_toolkit.errors import TaskFailed
from asl_toolkit.json_value import Json
from asl_toolkit.mocks.answers import Answer, MockError, read_answer
from asl_toolkit.mocks.names import check_services, check_states
from asl_toolkit.services.contract import CheckedHandler, Function, Handler, Later, Submitted, TaskRequest, inline
from asl_toolkit.services.functions import FunctionCaller
from asl_toolkit.services.registry import Services

if TYPE_CHECKING:
    from asl_toolkit.machine import StateMachine

_GROUPS = ("functions", "services", "states")


class _Mock:
    """The answers of one state, service or function; calls may come from several threads."""

    def __init__(self, where: str, answers: Sequence[Answer], used: "Used | None" = None) -> None:
        self._noted = used
        if used is not None:
            used.unused[where] = None
        self._where = where
        self._answers = answers
        self._used: dict[int, int] = {}
        self._lock = threading.Lock()

    def next(self, parameters: Json) -> Answer:
        """The answer to a call."""
        if self._noted is not None:
            self._noted.unused.pop(self._where, None)
        serving = [answer for answer in self._answers if answer.serves(parameters)]
        if not serving:
            raise TaskFailed("Mock.NoAnswer", f"no answer of {self._where} serves the parameters {parameters!r}")
        with self._lock:
            key = id(serving[0])
            used = self._used.get(key, 0)
            self._used[key] = used + 1
        return serving[min(used, len(serving) - 1)]

    def handler(self) -> Handler:
        """The mock as a handler: it never blocks."""

        @inline
        def answer(request: TaskRequest) -> "Json | Submitted | Later":
            answer = self.next(request.parameters)
            waits = request.pattern != "request_response"
            return answer.later() if waits or answer.delay else answer.now()

        return answer


class Used:
    """Notes which mocks no call has met: `unused`, by their place in the document."""

    def __init__(self) -> None:
        self.unused: dict[str, None] = {}


class _Functions:
    """Tasks that call Lambda: mocked functions serve them first, then functions of this process, then the previous handlers."""

    def __init__(self, mocks: Mapping[str, _Mock], services: Services) -> None:
        self._this = threading.local()
        functions: dict[str, Function] = {**services.functions, **{name: self._function(mock) for name, mock in mocks.items()}}
        self.functions = functions
        self._caller = FunctionCaller(functions, region=services.region, account=services.account)
        self._before = {action: services.handlers.get(("lambda", action)) for action in ("invoke", "function")}

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """For `lambda:invoke`, and for the ARNs of functions."""
        return {
            ("lambda", "invoke"): self._serving("invoke", self._caller.invoke),
            ("lambda", "function"): self._serving("function", self._caller.by_arn),
        }

    def _function(self, mock: _Mock) -> Function:
        def function(event: Json, _context: object) -> Json:
            answer = mock.next(event)
            self._this.answer = answer
            return answer.now()

        return function

    def _serving(self, action: str, call: CheckedHandler) -> Handler:
        before = self._before[action]

        def handler(request: TaskRequest) -> "Json | Submitted | Later":
            if before is not None and not self._known(request, action):
                return before(request)
            self._this.answer = None
            result: Json | TaskFailed | Submitted | Later
            try:
                result = call(request)
            except TaskFailed as failure:
                result = failure
            answer: Answer | None = self._this.answer
            if answer is not None and answer.delay and request.pattern == "request_response":
                return Later(answer.delay, result, beat_seconds=answer.heartbeat_every)
            if isinstance(result, TaskFailed):
                raise result
            return result

        def check(request: TaskRequest) -> None:
            if self._known(request, action):
                call.check(request)
            elif isinstance(before, CheckedHandler):
                before.check(request)

        return CheckedHandler(handler, check)

    def _known(self, request: TaskRequest, action: str) -> bool:
        """Whether the function that a request calls is one of this process."""
        parameters = request.parameters if isinstance(request.parameters, dict) else {}
        wanted = request.resource if action == "function" else parameters.get("FunctionName")
        if not isinstance(wanted, str):
            return False
        parts = wanted.split(":")
        name = parts[6] if len(parts) >= 7 else parts[0]
        return any(key in self.functions for key in (wanted, ":".join(parts[:7]), name))


def with_mocks(
    services: Services, document: Mapping[str, Json], machine: "StateMachine | None" = None, *, used: Used | None = None
) -> Services:
    """Services in which the document's mocks replace the handlers. `used` notes the mocks that calls meet.

    Raises MockError if the document is invalid or names a state that the `machine` does not have.
    """
    unknown = set(document) - set(_GROUPS)
    if unknown:
        raise MockError(f"mocks: {min(unknown)!r} is none of {', '.join(_GROUPS)}")
    groups = {name: document.get(name, {}) for name in _GROUPS}
    for name, group in groups.items():
        if not isinstance(group, Mapping):
            raise MockError(f"mocks.{name} is an object, not {group!r}")
    mocks = {
        group: {name: _mock(f"{group}.{name}", answers, used) for name, answers in members.items()}
        for group, members in groups.items()
    }
    keys = {name: _key(name) for name in mocks["services"]}
    if machine is not None:
        check_states(mocks["states"], machine, "mocks.states")
        check_services(keys, machine)
    handlers = dict(services.handlers)
    functions = services.functions
    if mocks["functions"] or (functions and ("lambda", "invoke") in handlers):
        served = _Functions(mocks["functions"], services)
        handlers |= served.handlers()
        functions = served.functions
    handlers |= {keys[name]: mock.handler() for name, mock in mocks["services"].items()}
    states = {**services.states, **{name: mock.handler() for name, mock in mocks["states"].items()}}
    return services.but(handlers=handlers, functions=functions, states=states)


def _key(name: str) -> tuple[str, str]:
    service, _, action = name.rpartition(":")
    if not service or not action:
        raise MockError(f"mocks.services: {name!r} is not SERVICE:ACTION, as in glue:startJobRun")
    if action.isdecimal() and service.endswith(".sync"):  # states:startExecution.sync:2
        service, _, action = f"{service}:{action}".partition(":")
    plain = action.partition(".")[0]
    if plain != action and service != "activity":
        raise MockError(f"mocks.services: {name!r} has no suffix: {service}:{plain} serves .sync and .waitForTaskToken too")
    return service, action


def _mock(where: str, answers: Json, used: Used | None) -> _Mock:
    listed = answers if isinstance(answers, list) else [answers]
    if not listed:
        raise MockError(f"mocks.{where} holds at least one answer")
    return _Mock(where, [read_answer(f"mocks.{where}[{place}]", answer) for place, answer in enumerate(listed)], used)


__all__ = ["Used", "with_mocks"]
