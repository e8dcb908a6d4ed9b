"""Errors injected on chosen attempts of chosen Tasks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from asl_toolkit.definition.resource import parse_resource
from asl_toolkit.errors import RESERVED, RuntimeFailure, TaskFailed
from asl_toolkit.mocks.answers import MockError
from asl_toolkit.mocks.names import check_states
from asl_toolkit.services.contract import CheckedHandler, Handler, Later, Submitted, TaskRequest
from asl_toolkit.services.registry import Services

if TYPE_CHECKING:
    from asl_toolkit.json_value import Json
    from asl_toolkit.machine import StateMachine

_FORM = re.compile(r"(.+?)(?:@([0-9]{1,9}|\*))?=([^=:]+)(?::(.*))?", re.DOTALL)
_WITHOUT_CAUSE = frozenset({"States.Timeout", "States.HeartbeatTimeout"})  # as recorded


@dataclass(frozen=True, slots=True)
class Injection:
    """An error for one attempt (from 1; None: every attempt) of a Task."""

    state: str
    error: str
    cause: str = "injected"
    attempt: int | None = 1

    @property
    def place(self) -> str:
        """The state and the attempt, as the option writes them."""
        return f"{self.state}@{'*' if self.attempt is None else self.attempt}"


def unmet(injections: Sequence[Injection], met: set[Injection]) -> list[str]:
    """A sentence for each injection that no attempt has met, because its error was then not tested."""
    return [
        f"{it.place}={it.error} was never met: the state {it.state!r} did not run, or not so often"
        for it in injections
        if it not in met
    ]


def with_injected(
    services: Services,
    injections: Sequence[Injection],
    machine: "StateMachine | None" = None,
    *,
    where: str = "--inject",
    met: set[Injection] | None = None,
) -> Services:
    """Services in which chosen attempts of chosen Tasks fail. All other calls are unchanged.

    Raises MockError if two injections meet the same attempt or if the `machine` does not have the named state.
    `where` is the option or argument that holds the injections. An injection that fails an attempt is added to `met`.
    """
    by_state: dict[str, dict[int | None, Injection]] = {}
    for injection in injections:
        attempts = by_state.setdefault(injection.state, {})
        other = attempts.get(injection.attempt) or attempts.get(None)
        if injection.attempt is None:
            other = next(iter(attempts.values()), None)
        if other is not None:
            which = "each attempt" if injection.attempt is None else f"attempt {injection.attempt}"
            raise MockError(
                f"two errors are injected on {which} of the state {injection.state!r}: {other.error!r} and {injection.error!r}; "
                f"an attempt has one, as in {injection.state}@1=A and {injection.state}@2=B"
            )
        attempts[injection.attempt] = injection
    if machine is not None:
        check_states(by_state, machine, where)
    states = dict(services.states)
    for name, mine in by_state.items():
        states[name] = _injected(services, mine, set() if met is None else met)
    return services.but(handlers=services.handlers, functions=services.functions, states=states)


def _injected(services: Services, attempts: Mapping[int | None, Injection], met: set[Injection]) -> Handler:
    injection = partial(_due, attempts, met)

    def inner(request: TaskRequest) -> Handler | None:
        return services.handler(parse_resource(request.resource), request.state_name)

    def check(request: TaskRequest) -> None:
        injected = injection(request)
        if injected is not None:
            if injected.error == "States.Runtime":  # AWS reports it before it schedules anything
                raise RuntimeFailure(injected.cause, bare=True)
            return
        handler = inner(request)
        if isinstance(handler, CheckedHandler):
            handler.check(request)

    def handle(request: TaskRequest) -> "Json | Submitted | Later":
        injected = injection(request)
        if injected is not None:
            raise TaskFailed(injected.error, injected.cause)
        handler = inner(request)
        if handler is None:
            raise TaskFailed("Mock.NoAnswer", f"no handler serves {request.resource} of the state {request.state_name!r}")
        return handler(request)

    return CheckedHandler(handle, check)


def _due(attempts: Mapping[int | None, Injection], met: set[Injection], request: TaskRequest) -> Injection | None:
    """The injection of this attempt, noted as met."""
    attempt = request.context["State"]["RetryCount"] + 1
    injection = attempts.get(attempt) or attempts.get(None)
    if injection is not None:
        met.add(injection)
    return injection


def parse_injection(text: str) -> Injection:
    """`STATE=ERROR`, `STATE@2=ERROR:cause`, `STATE@*=ERROR`. Raises MockError for any other form."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise MockError(f"{text!r} is not STATE[@ATTEMPT]=ERROR[:CAUSE]")
    state, attempt, error, cause = match.groups()
    if attempt is not None and attempt != "*" and int(attempt) < 1:
        raise MockError(f"{text!r}: the attempt is a number from 1, or *, not {attempt!r}")
    if error.startswith("States.") and error not in RESERVED and not error.startswith("States.Http."):
        near = get_close_matches(error, sorted(RESERVED), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise MockError(f"{text!r}: {error!r} is not an error name that Step Functions reserves{hint}")
    if cause is None:
        cause = "" if error in _WITHOUT_CAUSE else "injected"
    return Injection(state, error, cause, None if attempt == "*" else int(attempt or 1))
