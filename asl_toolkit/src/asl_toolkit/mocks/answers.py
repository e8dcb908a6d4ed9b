"""One answer of a mock, read from its document."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from asl_toolkit.errors import AslError, SyntaxFault, TaskFailed
from asl_toolkit.json_value import Json, as_double, is_number, same
from asl_toolkit.jsonpath import JsonPath, PathNotFound, parse_path
from asl_toolkit.services.contract import Later

_MEMBERS = {"result", "error", "cause", "submitted", "delay", "when", "hangs", "heartbeat_every"}
_MOST_BEATS = 100_000


class MockError(AslError):
    """The document of mocks or an injection is invalid. The text says where, and what is valid there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A result or a failure, at once or after `delay` seconds (inf: never) of the execution's clock."""

    value: Json | TaskFailed
    submitted: Json
    delay: float
    heartbeat_every: float | None
    when: tuple[tuple[JsonPath, Json], ...]

    def serves(self, parameters: Json) -> bool:
        """Whether a call with these parameters gets this answer."""
        return all(_has(path, parameters, wanted) for path, wanted in self.when)

    def now(self) -> Json:
        """The result; raises the failure."""
        if isinstance(self.value, TaskFailed):
            raise TaskFailed(self.value.error, self.value.cause)
        return self.value

    def later(self) -> Later:
        """The answer as a Later: submitted now, complete after the delay."""
        return Later(self.delay, self.value, self.submitted, self.heartbeat_every)


def _has(path: JsonPath, parameters: Json, wanted: Json) -> bool:
    try:
        return same(path.find(parameters), wanted)
    except PathNotFound:
        return False


def read_answer(where: str, value: Json) -> Answer:
    """The answer at a place of the document. Raises MockError if it is invalid."""
    if not isinstance(value, Mapping):
        raise MockError(f"{where} is an object with result or error, not {value!r}")
    unknown = set(value) - _MEMBERS
    if unknown:
        raise MockError(f"{where}: {min(unknown)!r} is none of {', '.join(sorted(_MEMBERS))}")
    if sum(name in value for name in ("result", "error", "hangs")) != 1:
        raise MockError(f"{where} has either result or error or hangs")
    _check_members(where, value)
    _check_times(where, value)
    hangs = "hangs" in value
    failed = TaskFailed(value["error"], value.get("cause", "")) if "error" in value else None
    delay = inf if hangs else float(value.get("delay", 0))
    return Answer(
        value=failed if failed is not None else value.get("result"),
        submitted=value.get("submitted", {}),
        delay=delay,
        heartbeat_every=value.get("heartbeat_every"),
        when=_conditions(where, value.get("when", {})),
    )


def _check_members(where: str, value: Mapping[str, Json]) -> None:
    for name in ("error", "cause"):
        if name in value and not isinstance(value[name], str):
            raise MockError(f"{where}.{name} is a text, not {value[name]!r}")
    if "cause" in value and "error" not in value:
        raise MockError(f"{where}.cause belongs to an error, and there is none")
    if "hangs" in value and value["hangs"] is not True:
        raise MockError(f"{where}.hangs is true or not there, not {value['hangs']!r}")


def _check_times(where: str, value: Mapping[str, Json]) -> None:
    delay: Json = value.get("delay", 0)
    if not is_number(delay) or not 0 <= as_double(delay) < inf:
        raise MockError(f"{where}.delay is a number of seconds from 0, not {delay!r}")
    if "hangs" in value and "delay" in value:
        raise MockError(f"{where}: what hangs has no delay")
    if "heartbeat_every" not in value:
        return
    beat: Json = value["heartbeat_every"]
    if not is_number(beat) or not 0 < as_double(beat) < inf:
        raise MockError(f"{where}.heartbeat_every is a number of seconds above 0, not {beat!r}")
    if "hangs" in value:
        raise MockError(f"{where}: heartbeats end with a delay; give one instead of hangs")
    if delay / beat > _MOST_BEATS:
        raise MockError(f"{where}: a delay of {delay} seconds has over {_MOST_BEATS} heartbeats, {beat} seconds apart")


def _conditions(where: str, when: Json) -> tuple[tuple[JsonPath, Json], ...]:
    if not isinstance(when, Mapping):
        raise MockError(f"{where}.when is an object of paths and values, not {when!r}")
    try:
        return tuple((parse_path(path), wanted) for path, wanted in when.items())
    except SyntaxFault as fault:
        raise MockError(f"{where}.when: {fault}") from fault
