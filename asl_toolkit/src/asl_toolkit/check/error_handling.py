"""Retry and Catch: their entries, the order of their errors, and entries that can never match.

Sources: Amazon States Language specification, "Errors"; developer guide, "Handling errors in Step Functions workflows".
"""

from collections.abc import Mapping
from typing import Final

from asl_toolkit.check.fields import Field, Fields
from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.scopes import StateAt
from asl_toolkit.check.structure import check_required, check_unknown
from asl_toolkit.check.values import check_exclusive, check_values, check_word
from asl_toolkit.check.wording import a_type, shown
from asl_toolkit.errors import RESERVED
from asl_toolkit.json_value import Json, is_number

_MOST_ATTEMPTS: Final = 99_999_999
_LONGEST_DELAY: Final = 31_622_400
_HTTP: Final = "States.Http."  # States.Http.StatusCode.404 and so on
_RETRY: Final[Fields] = {
    "ErrorEquals": Field("list", required=True),
    "IntervalSeconds": Field("positive"),
    "MaxAttempts": Field("count"),
    "BackoffRate": Field("any"),
    "MaxDelaySeconds": Field("positive"),
    "JitterStrategy": Field("text"),
    "Comment": Field("text"),
}
_CATCH: Final[Fields] = {
    "ErrorEquals": Field("list", required=True),
    "Next": Field("state", required=True),
    "ResultPath": Field("result path", "JSONPath"),
    "Output": Field("data", "JSONata"),
    "Assign": Field("object"),
    "Comment": Field("text"),
}


def check_error_handling(state: StateAt, report: Report) -> None:
    """Retry and Catch of a Task, Parallel or Map."""
    if state.type not in {"Task", "Parallel", "Map"}:
        return
    for name, fields in (("Retry", _RETRY), ("Catch", _CATCH)):
        entries = state.value.get(name)
        if not isinstance(entries, list):
            continue
        for place, entry in enumerate(entries):
            pointer = state.at(name, place)
            if not isinstance(entry, Mapping):
                report.add("WRONG_TYPE", pointer, f"an entry of {name} is an object, not {a_type(entry)}")
                continue
            _check_entry(entry, pointer, fields, name, state, report)
        _check_order(entries, state, name, report)
    if state.type != "Task" and state.value.get("Retry"):
        parts = "iterations" if state.type == "Map" else "branches"
        report.add("RETRY_REPEATS_ALL", state.at("Retry"), f"Retry on the {state.type} {state.name!r} runs all its {parts} again")


def _check_entry(  # noqa: PLR0913, PLR0917 - an entry, its place, and its valid fields
    entry: Mapping[str, Json], pointer: Pointer, fields: Fields, name: str, state: StateAt, report: Report
) -> None:
    what = f"an entry of {name}"
    check_unknown(entry, pointer, fields, what, report)
    check_required(entry, pointer, fields, what, report)
    # nothing in a Retry is evaluated
    check_values(entry, pointer, fields, "JSONPath" if name == "Retry" else state.language, report)
    check_exclusive(entry, pointer, fields, report)
    for field in entry:
        language = fields[field].language if field in fields else None
        if language is not None and language != state.language:
            report.add("WRONG_LANGUAGE", (*pointer, field), f"{field} belongs to {language}, the state is in {state.language}")
    if name == "Retry":
        _check_retry(entry, pointer, report)


def _check_retry(entry: Mapping[str, Json], pointer: Pointer, report: Report) -> None:
    rate = entry.get("BackoffRate", 1)
    if not is_number(rate):
        report.add("WRONG_TYPE", (*pointer, "BackoffRate"), f"BackoffRate is a number, not {a_type(rate)}")
    elif rate < 1:
        report.add("WRONG_VALUE", (*pointer, "BackoffRate"), f"BackoffRate is a number of at least 1, not {shown(rate)}")
    for name, most in (("MaxAttempts", _MOST_ATTEMPTS), ("MaxDelaySeconds", _LONGEST_DELAY), ("IntervalSeconds", _MOST_ATTEMPTS)):
        value = entry.get(name, 0)
        if is_number(value) and value > most:
            report.add("WRONG_VALUE", (*pointer, name), f"{name} is at most {most}, not {shown(value)}")
    longest, interval = entry.get("MaxDelaySeconds"), entry.get("IntervalSeconds", 1)
    if is_number(longest) and is_number(interval) and longest <= interval:
        report.add(
            "WRONG_VALUE",
            (*pointer, "MaxDelaySeconds"),
            f"MaxDelaySeconds ({longest}) must exceed IntervalSeconds ({interval})",
        )
    if "JitterStrategy" in entry:
        check_word("JitterStrategy", entry["JitterStrategy"], ("FULL", "NONE"), (*pointer, "JitterStrategy"), report)


def _check_order(entries: list[Json], state: StateAt, name: str, report: Report) -> None:
    taken: dict[str, int] = {}
    for place, entry in enumerate(entries):
        errors = entry.get("ErrorEquals") if isinstance(entry, Mapping) else None
        pointer = state.at(name, place, "ErrorEquals")
        if not isinstance(errors, list):
            continue
        if not errors:
            report.add("MISSING_FIELD", pointer, f"ErrorEquals of {name} names no error")
        for inner, error in enumerate(errors):
            if not isinstance(error, str):
                report.add("WRONG_TYPE", (*pointer, inner), f"an error's name is a string, not {a_type(error)}")
            elif error.startswith("States.") and error not in RESERVED and not error.startswith(_HTTP):
                report.add("UNKNOWN_ERROR_NAME", (*pointer, inner), f"Step Functions has no error {shown(error)}")
        named = [error for error in errors if isinstance(error, str)]
        if "States.ALL" in named and len(errors) > 1:
            report.add("ERROR_NAMES", pointer, "States.ALL must be alone in its ErrorEquals")
        if "States.ALL" in named and place < len(entries) - 1:
            report.add("ERROR_NAMES", pointer, f"States.ALL must be in the last entry of {name}")
        _check_dead(named, pointer, name, taken, report)
        for error in named:
            taken.setdefault(error, place)


def _check_dead(errors: list[str], pointer: Pointer, name: str, taken: Mapping[str, int], report: Report) -> None:
    """Entries that can never match: earlier entries match all their errors, or Step Functions cannot catch them."""
    reasons = [_dead(error, taken) for error in errors]
    if errors and all(reasons):
        report.add("DEAD_HANDLER", pointer, f"this entry of {name} never matches: {'; '.join(dict.fromkeys(map(str, reasons)))}")


def _dead(error: str, taken: Mapping[str, int]) -> str | None:
    if error == "States.Runtime":
        return "nothing catches or retries States.Runtime"
    if error in taken:
        return f"entry {taken[error]} takes {error!r}"
    if (place := taken.get("States.TaskFailed")) is not None and not error.startswith("States."):
        return f"entry {place} matches {error!r} by States.TaskFailed, which means all errors except States.Timeout"
    return None
