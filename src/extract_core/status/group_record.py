"""Records how the members of a group ended, each as if it had its own job, and decides what its iteration does next.

The first member is recorded last: it holds the slot of a pool for all, and the history knows the job by it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from extract_core.dataclass import dataclass
from extract_core.errors import ExtractError, ObjectError, ObjectUnavailable, TrackingError, TrackingUnavailable
from extract_core.plan.build_line import Unplannable
from extract_core.plan.group import Member, group_item, member_item, members_of, turn_seconds_of
from extract_core.plan.item_key import item_key
from extract_core.plan.plan_file import read_plan_line, write_spilled
from extract_core.plan.replan import opened
from extract_core.plan.shared_job import shared_job
from extract_core.registry.routing import THEN
from extract_core.status.next_attempt import NextAttempt, NoNextAttempt, attempt_after
from extract_core.status.planned import planned_item
from extract_core.status.shared_ends import member_ends
from extract_core.wording import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey
    from extract_core.status.planned import Planned
    from extract_core.status.shared_ends import MemberEnd

Entry: TypeAlias = "dict[str, Json]"
"""What an iteration runs later: ``{"members", "wait_seconds"}``, and `turn_seconds` if they share a job."""

log: Final = logging.getLogger("extract_core")

_AT_ONCE: Final = 1  # seconds before tables that were not begun go round again


@dataclass(frozen=True, slots=True)
class After:
    """What follows a recorded attempt: the answer of a status, or the next attempt. `alone`: it needs its own job."""

    state: str
    again: NextAttempt | None = None
    alone: bool = True


def record_group(
    parts: Parts, item: Mapping[str, Json], record_member: Callable[[Parts, ItemKey, Planned, MemberEnd], After]
) -> dict[str, Json]:
    """Record the members of this item. Returns ``{"status": state}``, or the item that the iteration goes on with.

    `record_member` records one end. A member that it cannot record stays open, and the end of the run says so. Raises
    UsageError, TrackingUnavailable and ObjectUnavailable.
    """
    members = members_of(item)
    attempts: list[tuple[ItemKey, Planned]] = []
    for member in members:
        of_member = member_item(item, member)
        key = item_key(of_member)
        attempts.append((key, planned_item(parts, key, of_member)))
    ends = member_ends(parts, item, attempts)
    ended: dict[str, Json] = {}
    afters: dict[int, After] = {}
    for place in (*range(1, len(members)), 0):
        key, planned = attempts[place]
        try:
            after = afters[place] = record_member(parts, key, planned, ends[place])
        except (TrackingUnavailable, ObjectUnavailable):
            raise
        except Exception as error:
            log.error(  # noqa: TRY400 - the words of a store say all: no lines of code in a terminal
                "the end of %s could not be recorded: %s",
                key.table,
                described(error),
                exc_info=not isinstance(error, TrackingError),
                extra={"extract": {"run_id": key.run_id}},
            )
            after = After("NOT_RECORDED")
        if after.again is None:
            ended[key.table] = after.state
    return _answer(parts, item, [*_following(members, afters, turn_seconds_of(item)), *_then(item)], ended)


def go_on(parts: Parts, item: Mapping[str, Json], answer: dict[str, Json]) -> dict[str, Json]:
    """The answer for an item of one table with others to follow: they wait for further attempts at it, then it is their turn."""
    if "retry_wait_seconds" in answer:
        return {**answer, THEN: item[THEN]}
    return _answer(parts, item, _then(item), {str(item["table"]): answer["status"]})


def _then(item: Mapping[str, Json]) -> list[Entry]:
    entries: Any = item.get(THEN)
    return [dict(entry) for entry in entries] if isinstance(entries, list) else []


def _following(members: Sequence[Member], afters: Mapping[int, After], turn_seconds: int | None) -> list[Entry]:
    """What follows the job of a group: the tables that go together first, then each of the others."""
    together: list[Json] = []
    alone: list[Entry] = []
    wait = 0
    for place, member in enumerate(members):
        after = afters.get(place)
        if after is None or after.again is None:
            continue
        again = after.again.item
        settings: Any = again.get("settings")
        uncounted: Any = again.get("uncounted", 0)
        attempt: Any = again["attempt"]
        following = replace(member, attempt=attempt, uncounted=uncounted, settings=settings).as_json()
        seconds: Any = _AT_ONCE if uncounted > member.uncounted else again["retry_wait_seconds"]
        if after.alone or settings is not None:
            alone.append({"members": [following], "wait_seconds": seconds})
        else:
            together.append(following)
            wait = max(wait, seconds)
    group: Entry = {"members": together, "wait_seconds": wait, "turn_seconds": turn_seconds}
    return [group, *alone] if together else alone


def _answer(parts: Parts, item: Mapping[str, Json], entries: list[Entry], ended: Mapping[str, Json]) -> dict[str, Json]:
    """The item of the first entry that can be made, with the others behind it; else a status."""
    while entries:
        entry = entries.pop(0)
        try:
            following = _item_of(parts, item, entry)
        except (ObjectUnavailable, TrackingUnavailable):
            raise
        except (NoNextAttempt, Unplannable, ExtractError) as error:
            members: Any = entry["members"]
            if len(members) > 1:
                entries[:0] = [{"members": [member], "wait_seconds": entry["wait_seconds"]} for member in members]
            else:  # its end is recorded, and that it waits; the end of the run closes it
                fields = {"run_id": item.get("run_id"), "table": members[0]["table"]}
                log.error("no further attempt can be made: %s", error, extra={"extract": fields})  # noqa: TRY400 - it says all
            continue
        then: dict[str, Json] = {THEN: list(entries)} if entries else {}
        return {**following, **then, "ended": ended}
    states = set(ended.values())
    return {"status": states.pop() if len(states) == 1 else "FAILED", "ended": ended}


def _item_of(parts: Parts, item: Mapping[str, Json], entry: Mapping[str, Json]) -> dict[str, Json]:
    refs: Any = entry["members"]
    members = [Member.of(ref) for ref in refs]
    nexts = [_next(parts, item, member) for member in members]
    first = nexts[0]
    if len(members) == 1:
        first.keep(parts.objects)
        return {**first.item, "retry_wait_seconds": entry["wait_seconds"]}
    turn_seconds: Any = entry.get("turn_seconds")
    settings, in_use = opened(first.planned, _machine_of(first.planned), parts.registry)
    job = shared_job([following.planned for following in nexts], turn_seconds, settings, in_use)
    try:
        write_spilled(parts.objects, [job.spilled])
    except ObjectUnavailable:
        raise
    except ObjectError as error:
        raise NoNextAttempt(f"the arguments of the shared job can't be stored: {error}") from error
    return {**group_item(first.item, members, job), "retry_wait_seconds": entry["wait_seconds"]}


def _next(parts: Parts, item: Mapping[str, Json], member: Member) -> NextAttempt:
    """The attempt of this member, which was decided before."""
    place = {"plan_uri": item["plan_uri"], "plan_line": list(member.place)}
    line = read_plan_line(parts.objects, place)
    settings = member.settings if member.settings is not None else line.settings
    return attempt_after(parts, place, line, last=member.attempt - 1, settings=dict(settings or {}), uncounted=member.uncounted)


def _machine_of(planned: Any) -> Mapping[str, Json]:
    table_run: Any = planned.table_run
    return {"job_types": {planned.item["job_type"]: table_run["deployment"]}}
