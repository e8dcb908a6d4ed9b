"""Checks of the status parser: it returns a JobStatus for every outcome, and SUCCEEDED only for its service's success word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.contract import JobState, Outcome
from extract_core.wording import RAISED, described
from extract_testing.breaches import Breach, Fails, NotChecked
from extract_testing.check import check
from extract_testing.checks.whole_status import faults_of_status
from extract_testing.samples import failures, successes
from extract_testing.subject.calls import calling
from extract_testing.subject.run import good_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_NEW_WORD: Final = "CONTRACT_KIT_NEW_WORD"
_METADATA: Final[Json] = {"SdkHttpMetadata": {"HttpStatusCode": 200}, "SdkResponseMetadata": {"RequestId": "0"}}
_GARBAGE: Final[tuple[Json, ...]] = (
    *(None, "", "SUCCEEDED", "success", 0, 1, -1.5, True, [], [[]], {}, {"": ""}),
    *({"Status": None}, {"State": {}}, {"ExitCode": "x"}, {"State": "RUNNING"}, {"Status": "STARTING"}, {"Payload": None}),
    *({"Error": "x", "Cause": "y"}, [{"Status": "SUCCEEDED"}], _METADATA),
)  # fmt: skip
"""Results that no service returns for a successful job."""
_GARBAGE_CAUSES: Final = (None, "", " ", "null", "{", "[]", '"x"', '{"a": NaN}', "[" * 2_000, '{"JobRun": 1}', "\ud800", "\0")
_NEVER_RAISE: Final = "return UNKNOWN for unknown values; extract_core.parsing.payload reads any shape without exceptions"


@check
def status_never_raises(subject: Subject) -> Iterator[Breach]:
    """`status` never raises and always returns a valid `JobStatus`; tested with garbage and with generated JSON."""
    for outcome in _garbage():
        yield from _valid(subject, outcome)
    yield from _made_up(subject, _valid)


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


def _valid(subject: Subject, outcome: Outcome) -> Iterator[Breach]:
    try:
        status: object = subject.status(outcome)
    except RAISED as error:
        yield Breach("status(outcome)", f"it raised {described(error)} for {shown(outcome)}", _NEVER_RAISE)
        return
    for fault, remedy in faults_of_status(status):
        yield Breach("status(outcome)", f"{fault}, for {shown(outcome)}", remedy)


def _made_up(subject: Subject, judge: Callable[[Subject, Outcome], Iterator[Breach]]) -> Iterator[Breach]:
    """Hypothesis generates results and causes with the member names of the service's answers, but without its success words."""
    try:
        from extract_testing.samples.made_up import smallest
    except ImportError as error:
        raise NotChecked("left out: hypothesis is not installed: pip install hypothesis") from error
    yield from smallest(own_results(subject), lambda outcome: list(judge(subject, outcome)))


def own_results(subject: Subject) -> list[Json]:
    """The service's answers for a success, from local_answer and task_results."""
    own = [result for results in subject.task_results.values() for result in results]
    try:
        own.append(good_result(subject, subject.cases[0]))
    except Fails:  # another check reports it
        return own
    return own


@check
def status_reports_no_false_success(subject: Subject) -> Iterator[Breach]:
    """`status` reports no success for garbage, failures, caught errors, answers of other services, or unknown words."""
    for result in _GARBAGE:
        yield from _not_a_success(subject, Outcome.succeeded(result), "garbage")
    for sample in failures():
        yield from _not_a_success(subject, sample.outcome, f"a failure of {sample.service}")
        yield from _not_a_success(
            subject, Outcome.succeeded(sample.outcome.cause_json), f"a failure of {sample.service} as a result"
        )
    own = service_of(subject)
    for sample in successes():
        if sample.service.partition(":")[0] != own:
            yield from _not_a_success(subject, sample.outcome, f"the answer of another service, {sample.service}")
    yield from _one_word_decides(subject)
    yield from _made_up(subject, lambda of, outcome: _not_a_success(of, outcome, "generated JSON without your success word"))


def _one_word_decides(subject: Subject) -> Iterator[Breach]:
    """A local success depends on one word, and is not a success if Step Functions caught an error."""
    case = subject.cases[0]
    with calling(f"local_command() of {case.label}"):
        if subject.job_type.local_command(case.arguments) is None:
            return
    good = good_result(subject, subject.cases[0])
    if _state(subject, Outcome.succeeded(good)) is not JobState.SUCCEEDED:
        return  # another check reports it
    for error in ("States.TaskFailed", "States.Timeout", "States.DataLimitExceeded", "ContractKit.Error"):
        yield from _not_a_success(subject, Outcome.failed(error, json.dumps(good)), "a caught error with a success as its cause")
    if all(_state(subject, Outcome.succeeded(other)) is JobState.SUCCEEDED for other in _with_another_leaf(good)):
        problem = f"it is SUCCEEDED for {good!r}, and still SUCCEEDED after any one value of it has changed"
        yield Breach("status(outcome)", problem, _CHECK_THE_WORD)
    words = [path for path, other in _with_one_leaf(good, gone=False) if not _is_success(subject, other)]
    without = [(path, other) for path, other in _with_one_leaf(good, gone=True) if path in words]
    if without and all(_is_success(subject, other) for _, other in without):  # else another word must be there
        path, other = without[0]
        problem = f"it is SUCCEEDED for a result without {'.'.join(path)}, whose word decides: {other!r}"
        yield Breach("status(outcome)", problem, _CHECK_THE_WORD)


def _is_success(subject: Subject, result: Json) -> bool:
    return _state(subject, Outcome.succeeded(result)) is JobState.SUCCEEDED


def _with_one_leaf(value: Json, *, gone: bool, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    """The value with one of its texts or numbers gone or replaced, each in turn, with its path; in a list, the first element."""
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        place = (*path, name)
        if isinstance(inner, dict):
            yield from ((leaf, {**value, name: other}) for leaf, other in _with_one_leaf(inner, gone=gone, path=place))
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            for leaf, other in _with_one_leaf(inner[0], gone=gone, path=place):
                yield leaf, {**value, name: [other, *inner[1:]]}
        elif isinstance(inner, str | int | float):
            new: Json = _NEW_WORD if isinstance(inner, str) else inner + 1
            yield place, {key: own for key, own in value.items() if key != name} if gone else {**value, name: new}


_CHECK_THE_WORD: Final = "return SUCCEEDED only if outcome.error is None and the result contains your service's success word"


def _not_a_success(subject: Subject, outcome: Outcome, what: str) -> Iterator[Breach]:
    if _state(subject, outcome) is JobState.SUCCEEDED:
        remedy = _CHECK_THE_WORD
        if what.startswith("the answer of another"):
            remedy += " and a member that only your service sends"
        yield Breach("status(outcome)", f"it returns SUCCEEDED for {what}: {shown(outcome)}", remedy)


def _state(subject: Subject, outcome: Outcome) -> object:
    return _member(subject, outcome, "state")


def _member(subject: Subject, outcome: Outcome, member: str) -> object:
    """A member of the status. `...` if status() raises, which status_never_raises reports."""
    try:
        return getattr(subject.status(outcome), member, ...)
    except RAISED:
        return ...


def _with_another_leaf(value: Json) -> Iterator[Json]:
    """The value with one string or number changed, each in turn."""
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


def service_of(subject: Subject) -> str:
    """The service of the job's own Resource: ``glue``, ``emr-serverless``."""
    resource = str(subject.states[subject.branch.job_state].get("Resource", ""))
    return resource.partition(":::")[2].removeprefix("aws-sdk:").partition(":")[0]


@check
def status_says_why(subject: Subject) -> Iterator[Breach]:
    """The message of a failure contains the reason, so that an operator reads it without opening a console."""
    reason = "the lid of drum 41 is stuck"
    remedy = "put outcome.cause into the message, or the error's name if there is no cause"
    cases = (
        (Outcome.failed("ContractKit.DrumException", f"{reason} (Service: Drums; Status Code: 400)"), reason),
        (Outcome.failed("States.TaskFailed", reason), reason),
        (Outcome.failed("ContractKit.DrumException", ""), "ContractKit.DrumException"),
        (Outcome.failed("ContractKit.DrumException", None), "ContractKit.DrumException"),
    )
    for outcome, wanted in cases:
        message = _member(subject, outcome, "message")
        if isinstance(message, str | None) and wanted not in (message or ""):
            yield Breach("status(outcome)", f"the message is {message!r} for {shown(outcome)}", remedy)


def shown(outcome: Outcome) -> str:
    """An outcome in few words."""
    if outcome.error is None:
        text = f"the result {outcome.result!r}"
    else:
        text = f"the error {outcome.error!r} with cause {outcome.cause!r}"
    return text if len(text) <= 400 else f"{text[:400]}…"
