"""Reads Retry and Catch.

Limits: the Amazon States Language specification ("Errors") and the developer guide, "Handling errors".
"""

from collections.abc import Callable

from asl_toolkit.definition.model import Catcher, Retrier
from asl_toolkit.definition.reader import Reader

_MOST_ATTEMPTS = 99_999_999
_LONGEST_DELAY = 31_622_400
RESERVED = frozenset(
    {
        "States.ALL",
        "States.BranchFailed",
        "States.DataLimitExceeded",
        "States.ExceedToleratedFailureThreshold",
        "States.HeartbeatTimeout",
        "States.Http.Socket",
        "States.IntrinsicFailure",
        "States.ItemReaderFailed",
        "States.NoChoiceMatched",
        "States.ParameterPathFailure",
        "States.Permissions",
        "States.QueryEvaluationError",
        "States.ResultPathMatchFailure",
        "States.ResultWriterFailed",
        "States.Runtime",
        "States.TaskFailed",
        "States.Timeout",
    }
)


def read_retry(reader: Reader) -> tuple[Retrier, ...]:
    """The Retry field of a Task, Parallel or Map."""
    entries = reader.readers("Retry")
    return tuple(_retrier(entry, last=place == len(entries) - 1) for place, entry in enumerate(entries))


def _retrier(reader: Reader, *, last: bool) -> Retrier:
    reader.text("Comment")
    errors = _errors(reader, last=last)
    interval = reader.integer("IntervalSeconds", 1, 0, _MOST_ATTEMPTS)
    longest = reader.integer("MaxDelaySeconds", 0, 1, _LONGEST_DELAY)
    if longest and longest <= interval:
        reader.fault("MaxDelaySeconds", "WRONG_VALUE", f"MaxDelaySeconds ({longest}) must exceed IntervalSeconds ({interval})")
    attempts = reader.integer("MaxAttempts", 3, 0, _MOST_ATTEMPTS)
    rate = reader.number("BackoffRate", 2.0, 1.0)
    jitter = reader.choice("JitterStrategy", ("FULL", "NONE"), "NONE") == "FULL"
    reader.unknown("in a Retry entry")
    return Retrier(reader.pointer, errors, interval, attempts, rate, longest or None, jitter)


def read_catch(reader: Reader, target: Callable[[Reader, str], str | None]) -> tuple[Catcher, ...]:
    """The Catch field of a Task, Parallel or Map; `target` reads a field that names a state."""
    entries = reader.readers("Catch")
    return tuple(_catcher(entry, target, last=place == len(entries) - 1) for place, entry in enumerate(entries))


def _catcher(reader: Reader, target: Callable[[Reader, str], str | None], *, last: bool) -> Catcher:
    reader.text("Comment")
    errors = _errors(reader, last=last)
    following = target(reader, "Next")
    if "Next" not in reader.value:
        reader.fault(None, "MISSING_FIELD", "Next is missing")
    result_path = reader.reference("ResultPath") if reader.language == "JSONPath" else None
    output = reader.template("Output") if reader.language == "JSONata" else None
    assign = reader.assign()
    reader.unknown("in a Catch entry" + (" of JSONata" if reader.language == "JSONata" else ""))
    return Catcher(reader.pointer, errors, following or "", result_path, assign, output)


def _errors(reader: Reader, *, last: bool) -> tuple[str, ...]:
    value = reader.raw("ErrorEquals")
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        reader.fault(None, "MISSING_FIELD", "ErrorEquals is an array of at least one error name")
        return ()
    if "States.ALL" in value and (len(value) > 1 or not last):
        reader.fault("ErrorEquals", "ERROR_NAMES", "States.ALL stands alone, and in the last entry")
    for name in value:
        if name.startswith("States.") and name not in RESERVED:
            reader.fault("ErrorEquals", "ERROR_NAMES", f"{name!r} is no error name that Step Functions reserves")
    return tuple(value)
