"""The calls that a process makes of a job type and its hooks, each with its place and a text of what it returned.

The input of a call, the instance and its class are compared before and after.
"""

from __future__ import annotations

import functools
import json
import sys
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from extract_core.contract import AttemptReport, FailureClass, JobState, JobStatus, LocalExit, Outcome
from extract_core.registry.loading import discover
from extract_core.registry.values import FrozenPlugin
from extract_testing.subject.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from extract_testing.apart.watch import Watch

Call = tuple[str, "Callable[[], str]"]


def calls_of(job_type: Any, task: Mapping[str, Any], watch: Watch) -> list[Call]:  # Any: any job type; parsed JSON
    """All calls, in the order of a run: build, plan, end."""
    subject, before = Subject(job_type, task["deployment"], task["settings"]), _held(job_type)
    calls = [*_of_build(subject), *_of_planning(subject), *_of_status(subject, task["answers"])]
    calls += _of_hooks(subject, task) if task.get("plugin") else []
    after = _held(job_type)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            watch.note("state", f"its attribute {name} changed")
    return [(place, _unchanged(subject, call, watch)) for place, call in calls]


def _unchanged(subject: Subject, call: Callable[[], str], watch: Watch) -> Callable[[], str]:
    """The call, with a note if the instance or its class holds something else afterwards."""

    def made() -> str:
        before = _held(subject.job_type)
        text = call()
        after = _held(subject.job_type)
        watch.active = False
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                watch.note("state", f"its attribute {name} changed")
        watch.active = True
        return text

    return made


def _held(job_type: Any) -> dict[str, str]:  # Any: any job type
    """The attributes of the instance and the containers of its classes. A cached_property may fill itself."""
    cached = {
        name
        for cls in type(job_type).__mro__
        for name, value in vars(cls).items()
        if isinstance(value, functools.cached_property)
    }
    of_classes = {
        name: value
        for cls in type(job_type).__mro__
        for name, value in vars(cls).items()
        if isinstance(value, dict | list | set) and not name.startswith("__") and not name.startswith("_abc")
    }
    held = {**of_classes, **getattr(job_type, "__dict__", {})}
    return {name: repr(value) for name, value in held.items() if name not in cached}


def _text(value: object) -> str:
    return json.dumps(value, default=lambda other: asdict(other) if hasattr(other, "__dataclass_fields__") else str(other))


def _of_build(subject: Subject) -> Iterator[Call]:
    job_type = subject.job_type
    yield "branch(target)", lambda: _with_the_deployment(subject, lambda: _text(asdict(job_type.branch(subject.target()))))
    for name in ("permissions", "diagnose_permissions", "stop_permissions"):
        yield f"{name}(target)", partial(_rights, subject, name)
    yield "start_retries()", lambda: _text([asdict(it) for it in job_type.start_retries()])
    yield "functions()", lambda: _text([[it.name, it.handler] for it in job_type.functions()])


def _rights(subject: Subject, method: str) -> str:
    return _text([asdict(statement) for statement in getattr(subject.job_type, method)(subject.target())])


def _timeout(subject: Subject, settings: Any) -> str:  # Any: of whichever job type
    return str(subject.job_type.timeout(settings))


def _with_the_deployment(subject: Subject, call: Callable[[], str]) -> str:
    return _not_changed("the deployment", subject.deployment.model_dump_json, call)


def _not_changed(what: str, read: Callable[[], str], call: Callable[[], str]) -> str:
    before = read()
    text = call()
    return text if read() == before else f"{text} AND CHANGED {what}"


def _of_planning(subject: Subject) -> Iterator[Call]:
    from extract_testing.subject.tables import table_runs

    for number, settings in enumerate(subject.settings, start=1):
        yield f"timeout() of settings example {number}", partial(_timeout, subject, settings)
        yield f"escalate() of settings example {number}", partial(_escalated, subject, settings)
        for kind, table in table_runs(subject.job_type.name, subject.deployment):
            yield f"arguments() of settings example {number}, {kind}", _arguments(subject, settings, table)


def _arguments(subject: Subject, settings: Any, table: Any) -> Callable[[], str]:  # Any: of whichever job type
    def call() -> str:
        def made() -> str:
            return _not_changed(
                "the settings",
                settings.model_dump_json,
                lambda: _text(subject.job_type.arguments(table, settings)),
            )

        return _not_changed("table.job_arguments", lambda: _text(dict(table.job_arguments)), made)

    return call


def _of_status(subject: Subject, answers: list[dict[str, Any]]) -> Iterator[Call]:  # Any: parsed JSON
    case = subject.cases[0]
    arguments = json.dumps(case.arguments)
    job_type = subject.job_type

    def command() -> str:
        passed = json.loads(arguments)
        text = _not_changed("the arguments", lambda: _text(passed), lambda: _text(job_type.local_command(passed)))
        return text.replace(sys.executable, "PYTHON")

    yield "local_command(arguments)", command
    for kind in (None, "oom"):
        yield f"local_answer(injected {kind!r})", partial(_answer, job_type, arguments, kind)
    outcomes = [
        Outcome.succeeded(one["result"]) if one["error"] is None else Outcome.failed(one["error"], one["cause"])
        for one in answers
    ]
    outcomes += [Outcome.succeeded({}), Outcome.failed("States.TaskFailed", ""), Outcome.succeeded({"State": "?", "Status": "?"})]
    for number, outcome in enumerate(outcomes, start=1):
        yield f"status(outcome {number})", _status(subject, outcome, dict(case.item))


def _answer(job_type: Any, arguments: str, kind: Any) -> str:  # Any: any job type; a literal
    """Its text does not count: an answer may hold times and numbers by chance."""
    job_type.local_answer(json.loads(arguments), LocalExit(code=1, seconds=2.0, output_tail="ValueError: row 41", injected=kind))
    return ""


def _escalated(subject: Subject, settings: Any) -> str:  # Any: of whichever job type
    status = JobStatus(state=JobState.FAILED, failure=FailureClass.OUT_OF_MEMORY, message="out of memory")
    larger = subject.job_type.escalate(settings, status, 1)
    return _not_changed("the settings", settings.model_dump_json, lambda: "" if larger is None else str(larger))


def _status(subject: Subject, outcome: Outcome, item: dict[str, Any]) -> Callable[[], str]:  # Any: parsed JSON
    passed = replace(outcome, item=item)

    def call() -> str:
        return _not_changed(
            "the outcome",
            lambda: _text([passed.item, passed.result, passed.cause_json]),
            lambda: _text(asdict(subject.job_type.status(passed))),
        )

    return call


def _of_hooks(subject: Subject, task: Mapping[str, Any]) -> Iterator[Call]:  # Any: parsed JSON
    registry = discover(frozen=[FrozenPlugin(*task["plugin"])])
    yield "extract_job_types()", lambda: ", ".join(registry.job_types)
    for case in subject.cases[:6]:
        table = replace(case.table, job_arguments=dict(case.table.job_arguments))

        def amend(table: Any = table) -> str:  # Any: of whichever job type
            read = lambda: _text(dict(table.job_arguments))  # noqa: E731 - one use
            return _not_changed("table.job_arguments", read, lambda: _text(registry.amend_arguments(table).job_arguments))

        yield f"extract_amend_arguments() of {case.label}", amend
    item = dict(subject.cases[0].item)
    for status in (JobStatus(state=JobState.SUCCEEDED), JobStatus(state=JobState.UNKNOWN, message="?")):
        for provider, hook in registry.hooks("extract_run_finished"):

            def finished(hook: Any = hook, status: JobStatus = status) -> str:  # Any: pluggy ships few types
                def called() -> str:
                    hook(table=item, job_type=subject.job_type.name, status=status, report=AttemptReport(), settings={})
                    return ""

                return _not_changed("the item", lambda: _text(item), called)

            yield f"extract_run_finished() of {provider.plugin} after {status.state}", finished
