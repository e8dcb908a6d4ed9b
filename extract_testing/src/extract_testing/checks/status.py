"""Checks of the status parser: it answers whatever it is given, and says SUCCEEDED for its own service's success word alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.contract import JobState, Outcome
from extract_core.wording import RAISED, told
from extract_testing.broken import Breach, Fails, NotChecked, check
from extract_testing.machine import good_result
from extract_testing.samples import failures, successes
from extract_testing.subject import asked
from extract_testing.whole_status import faults_of_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_core.contract import Json
    from extract_testing.subject import Subject

_NEW_WORD: Final = "CONTRACT_KIT_NEW_WORD"
_METADATA: Final[Json] = {"SdkHttpMetadata": {"HttpStatusCode": 200}, "SdkResponseMetadata": {"RequestId": "0"}}
_GARBAGE: Final[tuple[Json, ...]] = (
    *(None, "", "SUCCEEDED", "success", 0, 1, -1.5, True, [], [[]], {}, {"": ""}),
    *({"Status": None}, {"State": {}}, {"ExitCode": "x"}, {"State": "RUNNING"}, {"Status": "STARTING"}, {"Payload": None}),
    *({"Error": "x", "Cause": "y"}, [{"Status": "SUCCEEDED"}], _METADATA),
)  # fmt: skip
"""Results that no service gives of a job that ended well."""
_GARBAGE_CAUSES: Final = (None, "", " ", "null", "{", "[]", '"x"', '{"a": NaN}', "[" * 2_000, '{"JobRun": 1}', "\ud800", "\0")
_TOTAL: Final = "answer UNKNOWN for what you don't know; extract_core.parsing.payload reads any shape without raising"


@check
def status_is_total(subject: Subject) -> Iterator[Breach]:
    """status() never raises and always gives a whole JobStatus, whatever it is given: tried on garbage and on made-up JSON."""
    for outcome in _garbage():
        yield from _answers(subject, outcome)
    yield from _made_up(subject, _answers)


def _garbage() -> Iterator[Outcome]:
    for result in _GARBAGE:
        yield Outcome.succeeded(result)
        yield Outcome(error="States.TaskFailed", cause=json.dumps(result), cause_json=result)
    for error in ("States.TaskFailed", "States.Timeout", "", "Some.Error"):
        for cause in _GARBAGE_CAUSES:
            yield Outcome.failed(error, cause)
    yield Outcome.succeeded(_nested(60))
    for sample in (*failures(), *successes()):
        yield sample.outcome


def _nested(depth: int) -> Json:
    value: Json = "SUCCEEDED"
    for _ in range(depth):
        value = {"State": value}
    return value


def _answers(subject: Subject, outcome: Outcome) -> Iterator[Breach]:
    try:
        status: object = subject.status(outcome)
    except RAISED as error:
        yield Breach("status(outcome)", f"it raised {told(error)} for {shown(outcome)}", _TOTAL)
        return
    for fault, remedy in faults_of_status(status):
        yield Breach("status(outcome)", f"{fault}, for {shown(outcome)}", remedy)


def _made_up(subject: Subject, judge: Callable[[Subject, Outcome], Iterator[Breach]]) -> Iterator[Breach]:
    """Hypothesis makes results and causes of the members that the service's own answers have, but none of its success words."""
    try:
        from extract_testing.made_up import smallest
    except ImportError as error:
        raise NotChecked("left out: hypothesis is not installed; pip install 'extract-sfn[testing]'") from error
    yield from smallest(own_results(subject), lambda outcome: list(judge(subject, outcome)))


def own_results(subject: Subject) -> list[Json]:
    """What the service says of a good end, as far as the plugin tells: by local_answer, by task_results."""
    own = [result for results in subject.task_results.values() for result in results]
    try:
        own.append(good_result(subject, subject.cases[0]))
    except Fails:  # another check tells
        return own
    return own


@check
def status_is_honest(subject: Subject) -> Iterator[Breach]:
    """No success from garbage, failures, other services' answers, caught errors, or a state word that nobody knows."""
    for result in _GARBAGE:
        yield from _not_a_success(subject, Outcome.succeeded(result), "garbage")
    for sample in failures():
        yield from _not_a_success(subject, sample.outcome, f"a failure of {sample.service}")
        yield from _not_a_success(
            subject, Outcome.succeeded(sample.outcome.cause_json), f"a failure of {sample.service} as a result"
        )
    own = _service(subject)
    for sample in successes():
        if sample.service.partition(":")[0] != own:
            yield from _not_a_success(subject, sample.outcome, f"the answer of another service, {sample.service}")
    yield from _local_end_is_told_apart(subject)
    yield from _made_up(subject, lambda which, outcome: _not_a_success(which, outcome, "made-up JSON without your success word"))


def _local_end_is_told_apart(subject: Subject) -> Iterator[Breach]:
    """A good local end is one by its word alone, and none where Step Functions caught an error."""
    case = subject.cases[0]
    with asked(f"local_command() of {case.label}"):
        if subject.job_type.local_command(case.arguments) is None:
            return
    good = good_result(subject, subject.cases[0])
    if _state(subject, Outcome.succeeded(good)) is not JobState.SUCCEEDED:
        return  # another check tells
    for error in ("States.TaskFailed", "States.Timeout", "States.DataLimitExceeded", "ContractKit.Error"):
        yield from _not_a_success(subject, Outcome.failed(error, json.dumps(good)), "a caught error with a good end as its cause")
    if all(_state(subject, Outcome.succeeded(other)) is JobState.SUCCEEDED for other in _with_another_leaf(good)):
        problem = (
            f"no single word of the service's answer decides: each one may be another, and it is still SUCCEEDED, in {good!r}"
        )
        yield Breach("status(outcome)", problem, _ASK_FOR_THE_WORD)


_ASK_FOR_THE_WORD: Final = (
    "say SUCCEEDED only where outcome.error is None and your service's own success word stands in the result"
)


def _not_a_success(subject: Subject, outcome: Outcome, what: str) -> Iterator[Breach]:
    if _state(subject, outcome) is JobState.SUCCEEDED:
        remedy = _ASK_FOR_THE_WORD
        if what.startswith("the answer of another"):
            remedy += ", beside a member that only your service sends"
        yield Breach("status(outcome)", f"it says SUCCEEDED for {what}: {shown(outcome)}", remedy)


def _state(subject: Subject, outcome: Outcome) -> object:
    return _said(subject, outcome, "state")


def _said(subject: Subject, outcome: Outcome, member: str) -> object:
    """A member of the status; what can't be asked is told by status_is_total."""
    try:
        return getattr(subject.status(outcome), member, ...)
    except RAISED:
        return ...


def _with_another_leaf(value: Json) -> Iterator[Json]:
    """The same value with one text or number changed, each in turn."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in _with_another_leaf(inner))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in _with_another_leaf(inner))
    elif isinstance(value, str):
        yield _NEW_WORD
    elif isinstance(value, int | float):
        yield value + 1


def _service(subject: Subject) -> str:
    """The service of the job's own Resource: ``glue``, ``emr-serverless``."""
    resource = str(subject.states[subject.branch.job_state].get("Resource", ""))
    return resource.partition(":::")[2].removeprefix("aws-sdk:").partition(":")[0]


@check
def status_says_why(subject: Subject) -> Iterator[Breach]:
    """The message of a failure holds the reason that was given, so that an operator reads it without opening a console."""
    reason = "the lid of drum 41 is stuck"
    remedy = "put outcome.cause (or the error's name, where there is no cause) into the message"
    cases = (
        (Outcome.failed("ContractKit.DrumException", f"{reason} (Service: Drums; Status Code: 400)"), reason),
        (Outcome.failed("States.TaskFailed", reason), reason),
        (Outcome.failed("ContractKit.DrumException", ""), "ContractKit.DrumException"),
        (Outcome.failed("ContractKit.DrumException", None), "ContractKit.DrumException"),
    )
    for outcome, wanted in cases:
        message = _said(subject, outcome, "message")
        if isinstance(message, str | None) and wanted not in (message or ""):
            yield Breach("status(outcome)", f"the message is {message!r} for {shown(outcome)}", remedy)


def shown(outcome: Outcome) -> str:
    """An outcome as short as it can be told."""
    if outcome.error is None:
        text = f"the result {outcome.result!r}"
    else:
        text = f"the error {outcome.error!r} with cause {outcome.cause!r}"
    return text if len(text) <= 400 else f"{text[:400]}…"
