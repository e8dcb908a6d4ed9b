"""Checks of a run on one machine: the command has the job's arguments, and status() reads its end correctly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, get_args, get_type_hints

from extract_core.contract import JobState, JobStatus, LocalCommand, LocalExit, Outcome
from extract_core.wording import RAISED, described
from extract_testing.breaches import Breach, Fails, NotChecked
from extract_testing.check import check, check_after
from extract_testing.checks.unread import arguments_are_used
from extract_testing.subject.calls import RETURN_AN_OUTCOME, calling
from extract_testing.subject.texts import collect_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Case, Subject

INJECTED: Final = tuple(kind for kind in get_args(get_args(get_type_hints(LocalExit)["injected"])[0]) if kind)
"""The faults of `extract run --local --inject`."""
_LAST_OUTPUT: Final = "Traceback (most recent call last):\nValueError: contract kit: row 41 is not a number"
_NO_LOCAL: Final = "left out: local_command() returns None, so this job type cannot run on one machine"


@check_after(arguments_are_used)
def local_command_carries_the_arguments(subject: Subject) -> Iterator[Breach]:
    """The local command contains every job argument, unchanged."""
    carries = "job_arguments" not in getattr(subject.job_type, "unread_arguments", ())
    for case in subject.cases:
        place = f"local_command() of {case.label}"
        try:
            command = _command(subject, case)
        except Fails as failed:
            yield failed.breach
            continue
        if not isinstance(command, LocalCommand):
            yield Breach(place, f"it returned {command!r}", "return a LocalCommand, or None if it cannot run on one machine")
            continue
        if (wrong := _wrong_form(command)) is not None:
            yield Breach(place, *wrong)
            continue
        if not carries:
            continue
        texts = set[str]()
        for part in (*command.argv, *command.env.values()):
            collect_texts(part, texts)
        for name, value in case.table.job_arguments.items():
            bare = name.removeprefix("--")
            if not {value, f"{name}={value}", f"{bare}={value}"} & texts:
                remedy = "pass on the output of arguments() as program arguments, as JSON or in env; do not join values"
                yield Breach(place, f"the job argument {name} {value!r} is missing", remedy)
                break
    if not carries:
        raise NotChecked("left out: unread_arguments says that this call carries no job arguments")


def _wrong_form(command: LocalCommand) -> tuple[str, str] | None:
    """What is wrong with the fields of a command, and the remedy."""
    argv: list[object] = list(command.argv)
    if not argv or not all(isinstance(part, str) for part in argv):
        return f"argv is {argv!r}", "use a program and its arguments, all of them strings"
    limit: object = command.seconds
    if limit is not None and not (isinstance(limit, int | float) and limit > 0):
        return f"seconds is {limit!r}", "use the time limit of the job as a number above 0, or None"
    return None


def _command(subject: Subject, case: Case) -> object:
    with calling(f"local_command() of {case.label}"):
        command: object = subject.job_type.local_command(case.arguments)
    if command is None:
        raise NotChecked(_NO_LOCAL)
    return command


@check
def local_ends_are_read_correctly(subject: Subject) -> Iterator[Breach]:
    """Exit code 0 is a success; every other code, every signal and every injected fault is a failure with its reason."""
    case = subject.cases[0]
    _command(subject, case)
    good = _read(subject, case, LocalExit(code=0, seconds=2.0, output_tail="3 rows\n"))
    if isinstance(good, Breach):
        yield good
    elif good.state is not JobState.SUCCEEDED:
        remedy = "let local_answer() use the service's own word for success, which status() reads"
        yield Breach("local_answer(exit code 0)", f"status() reads it as {good.state}: {good.message}", remedy)
    for code in (1, 3, 137, -9, -15):
        yield from _is_a_failure(subject, case, LocalExit(code=code, seconds=2.0, output_tail=_LAST_OUTPUT), f"exit code {code}")
    for kind in INJECTED:
        yield from _is_a_failure(
            subject, case, LocalExit(code=0, seconds=2.0, output_tail="", injected=kind), f"injected {kind!r}"
        )


def _is_a_failure(subject: Subject, case: Case, ended: LocalExit, how: str) -> Iterator[Breach]:
    status = _read(subject, case, ended)
    place = f"local_answer({how})"
    if isinstance(status, Breach):
        yield status
    elif status.state is JobState.SUCCEEDED:
        yield Breach(place, "status() reads it as SUCCEEDED", "check ended.injected first, then ended.code")
    elif ended.code == 1 and "row 41 is not a number" not in (status.message or ""):
        output = "the end of the job's output (process_end.reason(ended), in local_result end.reason)"
        remedy = f"write {output} where the service puts a reason"
        yield Breach(place, f"the message does not contain the end of the job's output: {status.message!r}", remedy)


def _read(subject: Subject, case: Case, ended: LocalExit) -> JobStatus | Breach:
    """The status of a local end, as it passes Task and Catch: a result as JSON, an error as two strings."""
    how = f"injected {ended.injected!r}" if ended.injected else f"exit code {ended.code}"
    try:
        outcome: object = subject.job_type.local_answer(case.arguments, ended)
        if not isinstance(outcome, Outcome):
            return Breach(f"local_answer({how})", f"it returned {outcome!r}", RETURN_AN_OUTCOME)
        if outcome.error is None:
            arrived = Outcome.succeeded(json.loads(json.dumps(outcome.result)), case.item)
        else:
            arrived = Outcome.failed(outcome.error, outcome.cause, case.item)
        status: object = subject.status(arrived)
    except RAISED as error:
        return Breach(
            f"local_answer({how})", f"it or status() raised {described(error)}", "let both return a value for every end"
        )
    if not isinstance(status, JobStatus):
        return Breach(f"local_answer({how})", f"status() returned {status!r}", "return a JobStatus for every outcome")
    return status
