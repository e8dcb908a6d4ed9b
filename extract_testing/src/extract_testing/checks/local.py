"""Checks of a run on one machine: the command carries the job's arguments, and its end reads as it was."""

from __future__ import annotations

import base64
import binascii
import json
import shlex
from typing import TYPE_CHECKING, Final, get_args, get_type_hints

from extract_core.contract import JobState, JobStatus, LocalCommand, LocalExit, Outcome
from extract_core.wording import RAISED, told
from extract_testing.broken import Breach, Fails, NotChecked, check
from extract_testing.machine import RETURN_AN_OUTCOME
from extract_testing.subject import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject import Case, Subject

INJECTED: Final = tuple(kind for kind in get_args(get_args(get_type_hints(LocalExit)["injected"])[0]) if kind)
"""What `extract run --local --inject` can do to a job."""
_LAST_WORDS: Final = "Traceback (most recent call last):\nValueError: contract kit: row 41 is no number"
_NO_LOCAL: Final = "left out: local_command() gives None, so this job type can't run on one machine"


@check
def local_command_carries_the_arguments(subject: Subject) -> Iterator[Breach]:
    """The command is made of ``$.arguments`` alone, and every job argument is in it, unchanged."""
    for case in subject.cases:
        place = f"local_command() of {case.label}"
        try:
            command = _command(subject, case)
        except Fails as failed:
            yield failed.breach
            continue
        if not isinstance(command, LocalCommand):
            yield Breach(place, f"it returned {command!r}", "return a LocalCommand, or None if it can't run on one machine")
            continue
        argv = list(command.argv)
        if not argv or not all(isinstance(part, str) for part in argv):
            yield Breach(place, f"argv is {argv!r}", "give a program and its arguments, all of them text")
            continue
        carried = set[str]()
        for part in (*argv, *command.env.values()):
            _texts(part, carried)
        for name, value in case.table.job_arguments.items():
            bare = name.removeprefix("--")
            if not {value, f"{name}={value}", f"{bare}={value}"} & carried:
                remedy = "hand on what arguments() wrapped, as a program's arguments, as JSON or in env: no shell, no joining"
                yield Breach(place, f"the job argument {name} {value!r} is not in it", remedy)
                break


def _command(subject: Subject, case: Case) -> object:
    with asked(f"local_command() of {case.label}"):
        command: object = subject.job_type.local_command(case.arguments)
    if command is None:
        raise NotChecked(_NO_LOCAL)
    return command


def _texts(text: str, found: set[str]) -> None:
    """A text and all that is in it: the texts of a JSON value, of base64 of JSON, of a shell's command line."""
    if text in found:
        return
    found.add(text)
    for inner in (*_json_texts(text), *_json_texts(_decoded(text)), *_words(text)):
        _texts(inner, found)


def _json_texts(text: str) -> Iterator[str]:
    if not text.lstrip().startswith(("{", "[", '"')):
        return
    try:
        value = json.loads(text)
    except ValueError:
        return
    ahead = [value]
    while ahead:
        each = ahead.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            ahead.extend(each.values())
        elif isinstance(each, list):
            ahead.extend(each)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    return words if len(words) > 1 else []


@check
def local_ends_read_as_they_were(subject: Subject) -> Iterator[Breach]:
    """Exit code 0 reads SUCCEEDED; every other code, every signal and everything injected reads as a failure with its reason."""
    case = subject.cases[0]
    _command(subject, case)
    good = _read(subject, case, LocalExit(code=0, seconds=2.0, output_tail="3 rows\n"))
    if isinstance(good, Breach):
        yield good
    elif good.state is not JobState.SUCCEEDED:
        remedy = "let local_answer() say it in the service's own words for a good end, which status() reads"
        yield Breach("local_answer(exit code 0)", f"status() reads it as {good.state}: {good.message}", remedy)
    for code in (1, 3, 137, -9, -15):
        yield from _is_a_failure(subject, case, LocalExit(code=code, seconds=2.0, output_tail=_LAST_WORDS), f"exit code {code}")
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
        yield Breach(place, "status() reads it as SUCCEEDED", "look at ended.injected before ended.code, and at both")
    elif ended.code == 1 and "row 41 is no number" not in (status.message or ""):
        remedy = "put process_end.reason(ended), the job's own last words, where the service puts a reason"
        yield Breach(place, f"the message has lost the job's last words: {status.message!r}", remedy)


def _read(subject: Subject, case: Case, ended: LocalExit) -> JobStatus | Breach:
    """The status of a local end, after its way through Task and Catch: a result as JSON, an error as two texts."""
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
        return Breach(f"local_answer({how})", f"it, or status() of it, raised {told(error)}", "let both answer for every end")
    if not isinstance(status, JobStatus):
        return Breach(f"local_answer({how})", f"status() of it returned {status!r}", "return a JobStatus for every outcome")
    return status
