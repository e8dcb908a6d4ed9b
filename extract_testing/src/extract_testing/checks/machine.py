"""Checks of the plugin in its machine: the assembled definition is built, checked and run, and its hooks are called."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import asl_toolkit
from asl_toolkit.check import Severity
from asl_toolkit.check import check as check_language
from extract_core.config.reserved import NEVER_AMENDED
from extract_core.contract import AttemptReport, FailureClass, JobState, JobStatus, LocalExit, Outcome
from extract_core.errors import ExtractError
from extract_core.registry.isolation import PluginFault, isolated
from extract_core.registry.routing import ITERATE, SUMMARISE
from extract_core.wording import RAISED
from extract_testing.branch.states import every_state
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check, check_after
from extract_testing.checks.arguments import requests_match_the_api
from extract_testing.checks.branch import branch_keeps_the_item, state_names_fit
from extract_testing.checks.functions import functions_can_be_deployed
from extract_testing.checks.http import http_tasks_can_call
from extract_testing.checks.identity import methods_return_the_right_types
from extract_testing.checks.language import branch_is_valid_asl
from extract_testing.checks.local import local_ends_are_read_correctly
from extract_testing.checks.retries import retries_start_no_job_twice
from extract_testing.checks.secrets import secrets_in
from extract_testing.subject.run import TIME_LIMIT_SECONDS
from extract_testing.subject.subject import ACCOUNT, MACHINE, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asl_toolkit import TaskRequest
    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_CONFIG_MANAGER, _STATUS, _SUMMARY = "config-manager", "job-run-status", "run-summary"
_ENDS: Final = (
    LocalExit(code=0, seconds=2.0, output_tail=""),
    LocalExit(code=1, seconds=2.0, output_tail="ValueError: row 41 is not a number"),
    LocalExit(code=0, seconds=2.0, output_tail="", injected="throttle"),
)


@check
def hooks_work_for_every_table(subject: Subject) -> Iterator[Breach]:
    """Each hook of the plugin returns what the contract names, for every kind of table and end, and raises nothing."""
    if subject.frozen is None:
        raise NotChecked('left out: the module of the plugin is not known; write plugin = "your_module" in the class')
    yield from _amends(subject)
    yield from _finished(subject)
    yield from _state_machine(subject)


def _amends(subject: Subject) -> Iterator[Breach]:
    hook = "extract_amend_arguments(table)"
    if not subject.registry.hook_calls.get("extract_amend_arguments"):
        return
    for case in subject.cases:
        place = f"{hook} of {case.label}"
        try:
            amended = subject.registry.amend_arguments(case.table, NEVER_AMENDED).job_arguments
            again = subject.registry.amend_arguments(case.table, NEVER_AMENDED).job_arguments
        except ExtractError as error:
            yield Breach(
                place, str(error), "return a mapping of texts, or None, for every table: an error is that table's plan error"
            )
            continue
        added = {name: value for name, value in amended.items() if case.table.job_arguments.get(name) != value}
        for name in added:
            if not re.fullmatch(r"--[A-Za-z][\w-]*", name):
                yield Breach(place, f"it returned the argument {name!r}", "begin it with --, as every job argument: --owner")
        yield from secrets_in(added, place)
        if amended != again:
            yield Breach(place, f"two calls returned {added!r} and other values", "the same table must get the same arguments")


def _finished(subject: Subject) -> Iterator[Breach]:
    item = dict(subject.cases[0].item)
    statuses = (
        JobStatus(state=JobState.SUCCEEDED),
        JobStatus(state=JobState.FAILED, failure=FailureClass.USER_CODE, message="row 41 is not a number", job_run_id="j-1"),
        JobStatus(state=JobState.UNKNOWN, failure=FailureClass.UNKNOWN),
    )
    for _, call in subject.registry.hooks("extract_run_finished"):
        for status in statuses:
            try:
                with isolated("it"):
                    call(table=dict(item), job_type=subject.job_type.name, status=status, report=AttemptReport(), settings={})
            except PluginFault as fault:
                remedy = (
                    "handle every status: message, job_run_id and times may be None, and the item has the keys of the docs only"
                )
                yield Breach(f"extract_run_finished(table, status) after {status.state}", fault.cause, remedy)


def _state_machine(subject: Subject) -> Iterator[Breach]:
    """The definition that the hook gets is that of the machine without it."""
    if not subject.registry.hook_calls.get("extract_state_machine"):
        return
    place, plain = "extract_state_machine(definition)", _definition(subject, hooks=False)
    yield from _lost(subject, plain, place)
    changed: list[dict[str, Any]] = []
    for _ in range(2):
        try:
            changed.append(subject.registry.state_machine(json.loads(json.dumps(plain))))
            json.dumps(changed[-1])
        except (ExtractError, TypeError, ValueError) as error:
            yield Breach(place, str(error), "return a whole definition, as JSON, or None")
            return
    first, second = changed
    if first != second:
        yield Breach(
            place,
            "two calls returned different definitions",
            "build it from the definition only: the same input gives the same bytes",
        )
    findings = [finding for finding in check_language(first) if finding.severity is Severity.ERROR]
    for finding in findings:
        yield Breach(place, f"{finding.pointer}: {finding.message} [{finding.code}]", finding.remedy)
    before, after = dict(every_state(plain["States"])), dict(every_state(first.get("States", {})))
    lost = sorted(before.keys() - after.keys())
    if lost:
        yield Breach(
            place,
            f"the states {', '.join(map(repr, lost[:4]))} are missing",
            "keep every state: the core and other plugins need theirs",
        )
    elif not findings and ITERATE in first["States"] and SUMMARISE not in _after(first["States"], ITERATE):
        yield Breach(
            place,
            f"{SUMMARISE!r} no longer follows {ITERATE!r}",
            "keep the way from state to state: it records the ends of the tables",
        )


def _lost(subject: Subject, plain: dict[str, Any], place: str) -> Iterator[Breach]:  # Any: parsed JSON
    """A change of the copy that a hook gets, which it does not return."""
    for _, call in subject.registry.hook_calls.get("extract_state_machine", ()):
        passed = json.loads(json.dumps(plain))
        try:
            with isolated("it"):
                returned = call(definition=passed)
        except PluginFault:  # reported with the result
            continue
        if not returned and passed != plain:
            yield Breach(place, "it changed what it got, and returned None, so that the change is lost", "return the definition")


def _after(states: Mapping[str, Any], name: str) -> set[str]:  # Any: parsed JSON
    from extract_testing.branch.states import reached

    return reached(states, name)


def _definition(subject: Subject, *, hooks: bool = True) -> dict[str, Any]:  # Any: parsed JSON
    """The machine with the branch of this job type. Raises the errors of the generator."""
    from asl_generator import build
    from extract_core.registry.installed import Registry

    built = build(
        subject.registry if hooks else Registry.of(subject.job_type),
        name=MACHINE,
        partition="aws",
        region=REGION,
        account=ACCOUNT,
        deployments={subject.job_type.name: subject.deployment_example},
        max_concurrency=10,
        map="INLINE",
    )
    definition: dict[str, Any] = built.definition
    return definition


@check_after(
    methods_return_the_right_types,
    functions_can_be_deployed,
    retries_start_no_job_twice,
    state_names_fit,
    branch_keeps_the_item,
    branch_is_valid_asl,
    requests_match_the_api,
    http_tasks_can_call,
    local_ends_are_read_correctly,
)
def the_machine_runs(subject: Subject) -> Iterator[Breach]:
    """The assembled machine with this plugin is built, is valid, and records a good and a bad end of a table."""
    try:
        definition = _definition(subject)
    except ExtractError as error:
        yield Breach("the assembled machine", str(error), "`extract asl build` says the same: fix the branch or the deployment")
        return
    errors = [finding for finding in check_language(definition) if finding.severity is Severity.ERROR]
    for finding in errors:
        yield Breach("the assembled machine", f"{finding.pointer}: {finding.message} [{finding.code}]", finding.remedy)
    if errors or not subject.runs_here:
        return
    for ended in _ENDS:
        yield from _one_run(subject, definition, ended)


def _one_run(subject: Subject, definition: dict[str, Any], ended: LocalExit) -> Iterator[Breach]:  # Any: parsed JSON
    how = f"injected {ended.injected!r}" if ended.injected else f"exit code {ended.code}"
    place = f"the assembled machine, run with {how}"
    try:
        end = subject.job_type.local_answer(subject.cases[0].arguments, ended)
    except RAISED:  # another check reports it
        return
    recorded: list[Mapping[str, Json]] = []
    result = _run(subject, definition, end, recorded)
    if result.status != "SUCCEEDED":
        yield Breach(
            place,
            f"it ended {result.status}: {result.error}: {result.cause}",
            "let every end of the branch reach the status handler",
        )
        return
    if not recorded:
        yield Breach(place, "no end of the table was recorded", "let every end of the branch reach the status handler")
        return
    item = recorded[-1]
    error = item.get("job_error")
    outcome = (
        Outcome.succeeded(item.get("job_result"), item)
        if not isinstance(error, dict)
        else Outcome.failed(str(error.get("Error")), str(error.get("Cause")), item)
    )
    try:
        status: object = subject.status(outcome)
    except RAISED:
        return
    if isinstance(status, JobStatus) and (status.state is JobState.SUCCEEDED) != (ended.code == 0 and ended.injected is None):
        yield Breach(
            place,
            f"the table was recorded as {status.state}: {status.message}",
            "let status() read what the branch leaves at $.job_result",
        )


def _run(
    subject: Subject, definition: dict[str, Any], end: Outcome, recorded: list[Mapping[str, Json]]
) -> asl_toolkit.ExecutionResult:
    """One table. Its job ends as `end` says, as `extract run --local` answers."""
    from extract_testing.checks.polling import as_local

    @asl_toolkit.inline
    def answer(request: TaskRequest) -> Json:
        result = as_local(subject, request, end)
        if request.task_token:
            services.tokens.send_success(request.task_token, result)
        return result

    def record(event: Mapping[str, Json], _context: object) -> Json:
        recorded.append(event)
        return {"status": "RECORDED", "wait_seconds": 0}

    branch = json.loads(json.dumps(subject.branch.states))
    tasks = [name for name, state in every_state(branch) if state.get("Type") == "Task"]
    item = {**subject.cases[0].item, "timeout_seconds": 7_200}
    functions = {
        f"{MACHINE}-{_CONFIG_MANAGER}": lambda _event, _context: {
            "max_concurrency": 1,
            "map_error": None,
            "tables_to_extract": [item],
        },
        f"{MACHINE}-{_STATUS}": record,
        f"{MACHINE}-{_SUMMARY}": lambda _event, _context: {"succeeded": True, "error": "", "cause": ""},
    }
    services = asl_toolkit.Services(states=dict.fromkeys(tasks, answer), functions=functions)
    machine = asl_toolkit.load(definition)
    execution = machine.start({"source": item["source"]}, services=services, clock=asl_toolkit.VirtualClock())
    return execution.wait(TIME_LIMIT_SECONDS)
