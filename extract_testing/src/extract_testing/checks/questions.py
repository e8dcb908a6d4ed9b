"""Checks of diagnose() and stop(): their calls are valid, their own statements allow them, and stop() reports a refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.contract import Outcome
from extract_core.sync_job.base import SyncJob
from extract_core.wording import RAISED, described
from extract_testing.breaches import Breach
from extract_testing.check import check
from extract_testing.checks.permissions import exact, statements_of
from extract_testing.checks.status import own_results
from extract_testing.services.fake_session import FakeSession, WrongCall
from extract_testing.subject.subject import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_METHODS: Final = (("diagnose", "diagnose_permissions"), ("stop", "stop_permissions"))
_MISTAKES: Final = (WrongCall, AttributeError, TypeError, NameError, ImportError)
"""Exceptions of a wrong program. Others may come from the empty answers: stop() raises if it cannot read that the job ended."""


@check
def diagnose_and_stop_are_allowed(subject: Subject) -> Iterator[Breach]:
    """`diagnose_permissions` and `stop_permissions` allow the calls of `diagnose` and `stop`; tested with empty answers."""
    for method, rights in _METHODS:
        statements = statements_of(subject, rights=rights)
        yield from exact(f"{rights}(target)", statements)
        allowed = {action.lower() for statement in statements for action in statement.actions}
        session = FakeSession(REGION)
        for outcome in _outcomes(subject):
            _called(subject, method, outcome, session)
        for action in sorted(session.actions):
            if action.lower() not in allowed:
                remedy = f"add it to {rights}(target), on the job's own resources: the caller of {method}() has no other rights"
                yield Breach(f"{method}(outcome, aws)", f"it calls {action}, but no statement of {rights}() allows it", remedy)


@check
def diagnose_and_stop_make_valid_calls(subject: Subject) -> Iterator[Breach]:
    """The calls of `diagnose` and `stop` fit the API (botocore); `key` names the job; `stop` raises if AWS refuses the call."""
    for method, _ in _METHODS:
        session = FakeSession(REGION)
        for outcome in _outcomes(subject):
            error = _called(subject, method, outcome, session)
            if isinstance(error, _MISTAKES) and (outcome.result is not None or isinstance(error, WrongCall)):
                remedy = "fix the call: with a real job it would fail in the same way"
                yield Breach(f"{method}(outcome, aws)", f"it raised {described(error)}", remedy)
    yield from _no_key(subject)
    for outcome in _outcomes(subject):
        session = FakeSession(REGION, refuses=True)
        error = _called(subject, "stop", outcome, session)
        if session.refused and error is None:
            problem = f"it returned although AWS refused {session.refused[0]} with AccessDenied"
            remedy = "raise it (asking.stopped ignores only the errors in `ended`): the job goes on and costs money"
            yield Breach("stop(outcome, aws)", problem, remedy)


def _no_key(subject: Subject) -> Iterator[Breach]:
    """A SyncJob whose key is incomplete for its own job: describe and stop_job are never called."""
    job_type = subject.job_type
    if not isinstance(job_type, SyncJob):
        return
    methods = [name for name in ("describe", "stop_job") if getattr(type(job_type), name) is not getattr(SyncJob, name)]
    keys = []
    for outcome in _outcomes(subject):
        if outcome.error is None and outcome.result is not None:
            try:
                keys.append(job_type.key(job_type.described(outcome), outcome.item.get("arguments")))
            except RAISED:  # the methods that call it raise it too
                return
    if methods and keys and all(isinstance(key, list | tuple) and not (key and all(key)) for key in keys):
        problem = f"it returned {keys[0]!r} for a job that succeeded, so {' and '.join(methods)} are never called"
        yield Breach("key(job, arguments)", problem, "read members that the description or $.arguments has for every job")


def _outcomes(subject: Subject) -> list[Outcome]:
    item = subject.cases[0].item
    results: tuple[Json, ...] = (*own_results(subject), None)
    succeeded = [Outcome.succeeded(result, item) for result in results]
    return [*succeeded, *(Outcome.failed("States.TaskFailed", json.dumps(result), item) for result in results)]


def _called(subject: Subject, method: str, outcome: Outcome, session: FakeSession) -> BaseException | None:
    """Call the method; its exception, if it raises one."""
    try:
        getattr(subject.job_type, method)(outcome, session)
    except RAISED as error:
        return error
    return None
