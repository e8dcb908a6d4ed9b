"""The matching rules of recorded executions: wildcards, ignored members, and the order of events.

In a recorded string, `<name>` stands for any text; a string that is only a wildcard stands for any value. JSON inside
strings is decoded first. Metadata of requests is ignored, and causes are compared separately.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from asl_toolkit.json_value import Json, is_number, same

Verdict: TypeAlias = Literal["exact", "end", "wrong"]
_IGNORED = frozenset(
    {
        "SdkHttpMetadata",
        "SdkResponseMetadata",
        "ResponseMetadata",
        "HTTPHeaders",
        "requestId",
        "RequestId",
        "stackTrace",
        "taskCredentials",
    }
)
_CAUSES = frozenset({"cause", "Cause"})
_WILDCARD = re.compile(r"<[A-Za-z0-9_-]+(?::\d+)?>")
_TEXTS = frozenset({"input", "output", "parameters"})
_LAST_OF_STATE = re.compile(r"(Map|Parallel|MapRun)(State)?(Succeeded|Failed|Exited|Aborted)")


def judge(case: Mapping[str, Json], result: Mapping[str, Json]) -> Verdict:
    """exact: the histories agree; end: only status and output or error agree; wrong: all other cases."""
    expect = case["expect"]
    if not same_end(expect, result):
        return "wrong"
    if expect.get("events") is None:
        return "exact"
    recorded, ours = decoded(expect["events"]), decoded(_read(result["events"]))
    return "exact" if same_history(recorded, ours, concurrent=bool(case.get("concurrent"))) else "end"


def same_end(expect: Mapping[str, Json], result: Mapping[str, Json]) -> bool:
    """Whether the status agrees, and the output of a success or the error of a failure."""
    if expect["status"] != result["status"]:
        return False
    if expect["status"] == "SUCCEEDED":
        return matches(decoded(expect["output"]), decoded(result["output"]))
    return matches(expect["error"], result["error"])


def decoded(value: Json) -> Json:
    """The value without ignored members, with JSON inside of strings decoded."""
    if isinstance(value, str):
        return _decoded_text(value)
    if isinstance(value, list):
        return [decoded(element) for element in value]
    if not isinstance(value, dict):
        return value
    plain = {}
    for name, inner in value.items():
        if name in _IGNORED:
            continue
        plain[name] = decoded(inner)
    return plain


def _read(events: Sequence[Mapping[str, Json]]) -> list[Json]:
    """Our events with the JSON texts of their details decoded, as the recording has them."""
    return [
        {name: _details(value) if name.endswith("EventDetails") else value for name, value in event.items()} for event in events
    ]


def _details(details: Mapping[str, Json]) -> dict[str, Json]:
    read = {}
    for name, value in details.items():
        if name == "roleArn":
            continue
        if name == "assignedVariables" and isinstance(value, dict):
            read[name] = {variable: _json_or_text(text) for variable, text in value.items()}
        else:
            read[name] = _json_or_text(value) if name in _TEXTS else value
    return read


def _json_or_text(value: Json) -> Json:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _decoded_text(text: str) -> Json:
    if text[:1] in {"{", "["}:
        try:
            return decoded(json.loads(text))
        except (ValueError, RecursionError):
            return text
    return text


def matches(recorded: Json, ours: Json) -> bool:  # noqa: PLR0911 - one case per type
    """Whether a value agrees with a recorded one that may hold wildcards."""
    if isinstance(recorded, str):
        if _WILDCARD.fullmatch(recorded):
            return True
        return isinstance(ours, str) and (recorded == ours or bool(_pattern(recorded).fullmatch(ours)))
    if isinstance(recorded, dict):
        return isinstance(ours, dict) and _same_members(recorded, ours)
    if isinstance(recorded, list):
        if not isinstance(ours, list) or len(recorded) != len(ours):
            return False
        return all(matches(left, right) for left, right in zip(recorded, ours, strict=True))
    if is_number(recorded) or isinstance(recorded, bool) or recorded is None:
        return same(recorded, ours)
    return False


def _same_members(recorded: Mapping[str, Json], ours: Mapping[str, Json]) -> bool:
    if len(recorded) != len(ours):
        return False
    left = dict(ours)
    wild = []
    for name, value in recorded.items():
        if name in left:
            other = left.pop(name)
            if name not in _CAUSES and not matches(value, other):
                return False
        else:
            wild.append(name)
    for name in wild:
        match = next((key for key in left if matches(name, key) and matches(recorded[name], left[key])), None)
        if match is None:
            return False
        del left[match]
    return True


@lru_cache(maxsize=1024)
def _pattern(recorded: str) -> re.Pattern[str]:
    parts = _WILDCARD.split(recorded)
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)


def same_history(recorded: Sequence[Json], ours: Sequence[Json], *, concurrent: bool) -> bool:
    """Whether all events agree in order. If branches may interleave: the same events after the same parents."""
    if len(recorded) != len(ours):
        return False
    if all(_same_event(left, right) for left, right in zip(recorded, ours, strict=True)):
        return True
    return concurrent and _same_in_any_order(recorded, ours)


def _same_event(recorded: Mapping[str, Json], ours: Mapping[str, Json]) -> bool:
    return matches(_without(recorded, "timestamp"), _without(ours, "timestamp"))


def _without(event: Mapping[str, Json], *names: str) -> dict[str, Json]:
    return {name: value for name, value in event.items() if name not in names}


def _same_in_any_order(recorded: Sequence[Json], ours: Sequence[Json]) -> bool:
    """Pair each recorded event with one of ours that has the same content and a paired parent."""
    left = list(ours)
    by_id = [{_key(event["id"]): event for event in events} for events in (recorded, ours)]
    for event in recorded:
        match = next((place for place, other in enumerate(left) if _same_place(event, other, by_id)), None)
        if match is None:
            return False
        del left[match]
    return True


def _key(number: Json) -> str:
    return json.dumps(number)


def _same_place(event: Mapping[str, Json], other: Mapping[str, Json], by_id: Sequence[Mapping[str, Json]]) -> bool:
    names = ("timestamp", "id", "previousEventId")
    if not matches(_without(event, *names), _without(other, *names)):
        return False
    if isinstance(event["id"], list) or _LAST_OF_STATE.fullmatch(event["type"]):
        return True
    mine, theirs = (events.get(_key(it["previousEventId"])) for events, it in zip(by_id, (event, other), strict=True))
    if mine is None or theirs is None or isinstance(mine["id"], list):
        return mine is theirs or mine is None or isinstance(mine["id"], list)
    return matches(_without(mine, *names), _without(theirs, *names))
