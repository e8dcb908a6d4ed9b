"""Checks of diagnose() and stop(): their calls are valid, their own statements allow them, and stop() reports a refusal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extract_core.contract import JobType, Outcome
from extract_core.registry.signatures import with_deployment
from extract_core.sync_job.base import SyncJob
from extract_core.sync_job.polled import PolledJob
from extract_core.sync_job.service_job import ServiceJob
from extract_core.wording import RAISED, described
from extract_testing.branch.states import call_of, every_state
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check, check_after
from extract_testing.checks.description import words_are_the_services
from extract_testing.checks.permissions import exact, statements_of
from extract_testing.checks.status import own_results
from extract_testing.services.answers import sample_answer
from extract_testing.services.constraints import shown
from extract_testing.services.descriptions import reads_only
from extract_testing.services.fake_session import FakeSession, WrongCall, no_other_session
from extract_testing.services.models import ModelsMissing, models_of
from extract_testing.subject.run import walk_or_skip
from extract_testing.subject.subject import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.contract import Json
    from extract_core.registry.values import AnyJobType
    from extract_testing.subject.subject import Subject

_METHODS: Final = (("diagnose", "diagnose_permissions"), ("stop", "stop_permissions"))
_SHORT: Final = 4
"""Characters of a text that a call may hold by chance."""
_ARN: Final = re.compile(r'"(?!\w*(?:Role|Notification|Topic|Queue|Key)Arn)\w*Arn": ')
_OF_STARTS: Final[Mapping[str, Json]] = {"elasticmapreduce:addStep": {"StepId": "s-KIT"}}
"""Answers to a start that Step Functions writes in another form than the API (guide, "Create and manage Amazon EMR clusters")."""
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
        for outcome in (*_outcomes(subject), *_running(subject)):
            _called(subject, method, outcome, session)
        for action in sorted(session.actions):
            if action.lower() not in allowed:
                remedy = f"add it to {rights}(target), on the job's own resources: the caller of {method}() has no other rights"
                yield Breach(f"{method}()", f"it calls {action}, but no statement of {rights}() allows it", remedy)


@check_after(words_are_the_services)
def diagnose_and_stop_make_valid_calls(subject: Subject) -> Iterator[Breach]:
    """The calls of `diagnose` and `stop` fit the API (botocore), name the job, and come from the session that is passed."""
    yield from _no_key(subject)
    for method, _ in _METHODS:
        if not _overrides(subject.job_type, method):
            continue
        calls, errors, wrong = list[tuple[Outcome, FakeSession]](), list[BaseException](), False
        tried = [(outcome, False) for outcome in (*_outcomes(subject), *_running(subject))]
        for outcome, whole in (*tried, *((outcome, True) for outcome in _running(subject))):
            session = FakeSession(REGION, whole=whole)
            error, returned = _called(subject, method, outcome, session)
            calls.append((outcome, session))
            errors += [error] if error is not None else []
            for breach in _of_one_call(method, outcome, session, error, returned):
                wrong = True
                yield breach
        if not wrong:
            yield from _of_all_calls(subject, method, calls, errors)
            if method == "diagnose" and any(session.calls for _, session in calls) and not _says_anything(subject):
                problem = "it returned None each time, also when the answers had every member of the API"
                yield Breach(
                    "diagnose(outcome, aws)",
                    problem,
                    "read the reason by the names of the answer: asking.answer gives PascalCase",
                )
    for outcome in (*_outcomes(subject), *_running(subject)):
        session = FakeSession(REGION, refuses=True)
        error, _ = _called(subject, "stop", outcome, session)
        if session.refused and error is None:
            problem = f"it returned although AWS refused {session.refused[0]} with AccessDenied"
            remedy = "raise it (asking.stopped ignores only the errors in `ended`): the job goes on and costs money"
            yield Breach("stop()", problem, remedy)


def _overrides(job_type: AnyJobType, method: str) -> bool:
    """Whether the job type has its own method of this name. That of a SyncJob calls describe, logs and stop_job.

    `stop` of a PolledJob calls what the class names. Its `diagnose` calls something only after a question that failed.
    """
    own = getattr(type(job_type), method)
    if own in (getattr(JobType, method), PolledJob.diagnose):
        return False
    parts = {"diagnose": ("describe", "logs"), "stop": ("stop_job",)}[method]
    return own is not getattr(SyncJob, method) or any(
        getattr(type(job_type), part) is not getattr(SyncJob, part) for part in parts
    )


def _of_one_call(
    method: str, outcome: Outcome, session: FakeSession, error: BaseException | None, returned: object
) -> Iterator[Breach]:
    place = f"{method}()"
    real = outcome.result is not None
    mistakes = (*_MISTAKES, KeyError, IndexError) if method == "diagnose" else _MISTAKES
    if isinstance(error, WrongCall) or (isinstance(error, mistakes) and real):
        yield Breach(place, f"it raised {described(error)}", "fix the call: with a real job it would fail in the same way")
    elif error is not None and not real and not session.calls:
        remedy = "return if the outcome names no job: outcome.result is None if the history holds no answer of the service"
        yield Breach(place, f"it raised {described(error)} for an outcome without a result", remedy)
    if method == "diagnose" and not isinstance(returned, str | None):
        yield Breach(place, f"it returned {shown(repr(returned))}", "return a text, or None")
    changing = [operation for _, operation, _ in session.calls if not reads_only(operation)]
    if method == "diagnose" and changing:
        yield Breach(place, f"it calls {changing[0]}", "only read: it is called for every job that did not succeed")


def _of_all_calls(
    subject: Subject, method: str, calls: list[tuple[Outcome, FakeSession]], errors: list[BaseException]
) -> Iterator[Breach]:
    """It calls something for some job, names that job in the call, and calls a service that the branch uses."""
    place = f"{method}()"
    services = _services(subject)
    if not services:
        return
    made = [(outcome, call) for outcome, session in calls for call in session.calls]
    if method == "stop":
        made = [(outcome, call) for outcome, call in made if not reads_only(call[1])]
    if not made and not (_have_arns(subject) and all(outcome.result is None for outcome in _outcomes(subject))):
        remedy = "find the job's id in outcome.result, or in what the states left in outcome.item; else leave the method out"
        raised = f"; it raised {described(errors[0])}" if errors else ""
        yield Breach(place, f"it calls nothing, for none of the answers to a start, a question, or an end{raised}", remedy)
    if not made:
        return
    if method == "stop" and (forgotten := _forgotten(subject, calls)):
        problem = f"it calls nothing for a job whose start was answered with {shown(json.dumps(forgotten.result))}"
        yield Breach(place, problem, "find the id in the answer to the start too: a run may be stopped before the first question")
    for outcome, (service, operation, members) in made:
        known = set(_texts([outcome.item, outcome.result, outcome.cause_json]))
        sent, values = json.dumps(members, default=str), set(_texts(members))
        if (
            members
            and not known & values
            and not any(text in sent for text in ("kit-", *(it for it in known if len(it) > _SHORT)))
        ):
            remedy = "read the id from outcome: a call that names another job, or all, ends what is not its own"
            yield Breach(place, f"{service}:{operation} gets {members!r}, which names nothing of the outcome", remedy)
            return
    strangers = [f"{service}:{operation}" for _, (service, operation, _) in made if service not in services]
    if method == "stop" and len(strangers) == len(made):
        problem = f"it calls {strangers[0]}, and the branch uses {', '.join(sorted(services))} only"
        yield Breach(place, problem, "call the service that runs the job")


def _says_anything(subject: Subject) -> bool:
    """Whether diagnose returns a text for some outcome, if the answers have every member of the API.

    What a ServiceJob reads is judged by its `reason_members`.
    """
    if isinstance(subject.job_type, ServiceJob):
        return True
    outcomes = (*_outcomes(subject), *_running(subject))
    return any(isinstance(_called(subject, "diagnose", it, FakeSession(REGION, whole=True))[1], str) for it in outcomes)


def _forgotten(subject: Subject, calls: list[tuple[Outcome, FakeSession]]) -> Outcome | None:
    """The outcome of a job that a later state waits for, if stop does nothing about it when it has just started."""
    started, call = next(iter(_running(subject)), None), call_of(subject.states[subject.branch.job_state])
    if started is None or call is None or call.how == ".waitForTaskToken" or _have_arns(subject):
        return None
    sessions = [session for outcome, session in calls if outcome == started]
    return started if sessions and not any(session.calls for session in sessions) else None


def _have_arns(subject: Subject) -> bool:
    """Whether the samples hold ARNs of jobs. The model does not give their form, and a right method may look for it."""
    return any(_ARN.search(json.dumps(outcome.result)) for outcome in _running(subject))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _services(subject: Subject) -> set[str]:
    """The clients of boto3 for the services that the branch, and the rights of its functions, name."""
    names = set[str]()
    for _, state in every_state(subject.states):
        call = call_of(state)
        if call is not None:
            names.add(call.service)
    for function in subject.job_type.functions():
        statements = [*function.statements, *(function.statements_for(subject.target()) if function.statements_for else ())]
        names |= {action.partition(":")[0] for statement in statements for action in statement.actions}
    services = set[str]()
    for name in names:
        try:
            services.add(str(models_of(name).service_name))
        except ModelsMissing:
            continue
    return services


def _running(subject: Subject) -> list[Outcome]:
    """Outcomes of an execution that was stopped while its job ran: the API's answer to the start, and the item so far."""
    item = dict(subject.cases[0].item)
    outcomes = list[Outcome]()
    for name, state in sorted(subject.states.items(), key=lambda entry: entry[0] != subject.branch.job_state):
        call, path = call_of(state), str(state.get("ResultPath", ""))
        if call is None or call.how == ".waitForTaskToken":
            continue
        try:
            answer = _OF_STARTS.get(f"{call.service}:{call.action}") or sample_answer(call.service, call.action)
        except ModelsMissing:
            continue
        item = {**item, path[2:]: answer} if path.startswith("$.") and path.count(".") == 1 else item
        outcomes.append(Outcome.succeeded(answer if name == subject.branch.job_state else item.get("job_result"), item))
    try:
        walked = walk_or_skip(subject, subject.cases[0]).result.output
    except NotChecked:
        walked = None
    if isinstance(walked, dict) and "job_result" in walked:
        outcomes.append(Outcome.succeeded(walked["job_result"], walked))
    return outcomes


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
                job, arguments = job_type.described(outcome), outcome.item.get("arguments")
                keys.append(with_deployment(job_type.key, job, arguments, deployment=lambda: subject.deployment))
            except RAISED:  # the methods that call it raise it too
                return
    if methods and keys and all(isinstance(key, list | tuple) and not (key and all(key)) for key in keys):
        problem = f"it returned {keys[0]!r} for a job that succeeded, so {' and '.join(methods)} are never called"
        yield Breach("key()", problem, "read members that the description or $.arguments has for every job")


def _outcomes(subject: Subject) -> list[Outcome]:
    item = subject.cases[0].item
    results: tuple[Json, ...] = (*own_results(subject), None)
    succeeded = [Outcome.succeeded(result, item) for result in results]
    return [*succeeded, *(Outcome.failed("States.TaskFailed", json.dumps(result), item) for result in results)]


def _called(subject: Subject, method: str, outcome: Outcome, session: FakeSession) -> tuple[BaseException | None, object]:
    """Call the method; its exception, if it raises one, and what it returned."""
    try:
        with no_other_session():
            called = getattr(subject.job_type, method)
            return None, with_deployment(called, outcome, session, deployment=lambda: subject.deployment)
    except RAISED as error:
        return error, None
