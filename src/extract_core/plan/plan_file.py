"""Write and read the plan of a run: one object with one JSON line per table; another with the items of a DISTRIBUTED Map."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from extract_core.config.older_keys import OLDER
from extract_core.dataclass import dataclass
from extract_core.errors import ObjectError, ObjectNotFound, UsageError
from extract_core.plan.group import Member, group_item
from extract_core.plan.item_key import item_key
from extract_core.plan.line import PlannedTable, Spilled, Stored, json_line, with_members
from extract_core.plan.places import items_place, plan_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.objects.store import ObjectStore
    from extract_core.plan.group import SharedJob


@dataclass(frozen=True)
class LinePlace:
    """The place of a table's line: the object of the plan, the byte at which the line begins, and its length."""

    plan_uri: str
    offset: int
    length: int

    @classmethod
    def of(cls, item: Mapping[str, Json]) -> LinePlace:
        """The place that an item has. Raises ObjectError if it has none."""
        uri, place = item.get("plan_uri"), item.get("plan_line")
        if not isinstance(uri, str) or not isinstance(place, list) or [type(number) for number in place] != [int, int]:
            raise ObjectError("the item does not say where the table's line of the plan is")
        return cls(uri, *place)

    def as_json(self) -> dict[str, Json]:
        """As it is written in an item."""
        return {"plan_uri": self.plan_uri, "plan_line": [self.offset, self.length]}


_OLD_NAMES: Final[dict[str, str]] = {"source_name": "source", "extract_table": "table", **OLDER}
_WRITERS: Final = 10
"""Objects that are written at once: as many as a boto3 client keeps connections (botocore: Config, max_pool_connections)."""


class _Items:
    """The items of a plan, one table after the other. Those that share a job give one item, with the last of them."""

    def __init__(self, jobs: Sequence[SharedJob]) -> None:
        self._job_of = {table: job for job in jobs for table in job.group.tables}
        self._members: dict[str, tuple[dict[str, Json], Member]] = {}

    def is_alone(self, table: PlannedTable) -> bool:
        """Whether the table has its own job."""
        return not self._job_of or table.table not in self._job_of

    def add(self, table: PlannedTable, place: LinePlace) -> list[dict[str, Json]]:
        """The item that is complete now, if there is one."""
        item = {**table.item, **place.as_json()}
        if self.is_alone(table):
            return [item]
        job = self._job_of[table.table]
        attempt, lease = item["attempt"], item.get("lease")
        fencing = lease.get("fencing") if isinstance(lease, dict) else None
        assert isinstance(attempt, int)  # noqa: S101 - as it was planned
        member = Member(
            table=table.table,
            attempt=attempt,
            fencing=fencing if isinstance(fencing, int) else 0,
            place=(place.offset, place.length),
        )
        self._members[table.table] = (item, member)
        if any(name not in self._members for name in job.group.tables):
            return []
        members = [self._members.pop(name) for name in job.group.tables]
        return [group_item(members[0][0], [member for _, member in members], job)]


def placed_items(plan_uri: str, planned: Iterable[PlannedTable], jobs: Sequence[SharedJob] = ()) -> list[dict[str, Json]]:
    """The items that `write_plan` would return: each with the place of its line. Nothing is written."""
    items = []
    offset = 0
    collected = _Items(jobs)
    for table in planned:
        length = len(table.line())
        items += collected.add(table, LinePlace(plan_uri, offset, length))
        offset += length
    return items


def write_plan(
    objects: ObjectStore, runs_uri: str, run_id: str, planned: Iterable[PlannedTable], jobs: Sequence[SharedJob] = ()
) -> list[dict[str, Json]]:
    """Write the plan of a run; return the items with the places of their lines: `plan_uri`, `plan_line` [byte offset, length].

    The tables may come one by one, as from `stream_tables`: only their items stay in memory, and arguments that are too long.
    Those are written before the plan: a run has the same places each time and, while it holds its tables, the same arguments.
    """
    plan_uri = plan_place(runs_uri, run_id)
    items: list[dict[str, Json]] = []
    collected = _Items(jobs)
    spilled = [job.spilled for job in jobs]
    _write_lines(objects, plan_uri, planned, lambda table, _, place: items.extend(collected.add(table, place)), spilled)
    if jobs:  # a plan has the items of its tables, and not those of groups: `items_again` reads these
        objects.write_parts(items_place(runs_uri, run_id), [json_line(item) for item in items])
    return items


def items_again(objects: ObjectStore, plan_uri: str, items_uri: str) -> list[dict[str, Json]]:
    """The items that `write_plan` returned for this plan. Raises ObjectNotFound, or ObjectError if it is not a plan."""
    try:
        return [json.loads(line) for line in objects.read(items_uri).splitlines()]
    except ObjectNotFound:
        return stored_items(objects, plan_uri)


def write_plan_with_items(
    objects: ObjectStore, runs_uri: str, run_id: str, planned: Iterable[PlannedTable], jobs: Sequence[SharedJob] = ()
) -> None:
    """Write the plan of a run, then the object that a DISTRIBUTED Map reads: one item per line, with the place of its line.

    The plan is not in memory as a whole, the lines of the items are.
    """
    items: list[bytes] = []
    collected = _Items(jobs)

    def wrote(table: PlannedTable, item: bytes, place: LinePlace) -> None:
        if collected.is_alone(table):
            items.append(with_members(item, place.as_json()))
        else:
            items.extend(json_line(group) for group in collected.add(table, place))

    _write_lines(objects, plan_place(runs_uri, run_id), planned, wrote, [job.spilled for job in jobs])
    objects.write_parts(items_place(runs_uri, run_id), items)


def _write_lines(
    objects: ObjectStore,
    plan_uri: str,
    planned: Iterable[PlannedTable],
    wrote: Callable[[PlannedTable, bytes, LinePlace], None],
    spilled: list[Spilled],
) -> None:
    """Write the plan line by line. Long arguments are written before: those in `spilled`, and of tables.

    `wrote` gets each table with the JSON of its item and the place of its line.
    """

    def lines() -> Iterator[bytes]:
        offset = 0
        for table in planned:
            line, item = table.line_and_item()
            wrote(table, item, LinePlace(plan_uri, offset, len(line)))
            if table.spilled is not None and table.plan_error is None:
                spilled.append(table.spilled)
            offset += len(line)
            yield line
        write_spilled(objects, spilled)

    objects.write_parts(plan_uri, lines())


def write_spilled(objects: ObjectStore, spilled: Sequence[Spilled]) -> None:
    """Write the arguments that are too long, several objects at once. ObjectError if one can't be written."""
    if spilled:
        with ThreadPoolExecutor(min(_WRITERS, len(spilled)), thread_name_prefix="spill") as pool:
            list(pool.map(lambda arguments: objects.write(arguments.uri, arguments.data), spilled))


def read_plan(objects: ObjectStore, plan_uri: str) -> Iterator[PlannedTable]:
    """All tables of a plan, in its order. Raises ObjectNotFound, or ObjectError if it is not a plan."""
    for number, line in enumerate(objects.read(plan_uri).splitlines(), start=1):
        yield _read_line(line, f"line {number} of {plan_uri!r}")


def read_plan_line(objects: ObjectStore, item: Mapping[str, Json]) -> PlannedTable:
    """The line of an item in its plan. Raises ObjectError if the item does not say where it is, or it can't be read."""
    place = LinePlace.of(item)
    line = objects.read_range(place.plan_uri, place.offset, place.length)
    return _read_line(line, f"{place.plan_uri!r} from byte {place.offset} to {place.offset + place.length}")


def _read_line(line: bytes, place: str) -> PlannedTable:
    try:
        parts = json.loads(line)
        item = _renamed(parts["item"])
        if item is not None and isinstance(item["table"], str):
            spec = _renamed(parts["spec"])
            if spec is not None:
                spec["core"] = _renamed(spec["core"])
            stored = Stored(spec, _renamed(parts["table_run"]))
            notes = tuple(map(str, parts.get("notes", ())))
            return PlannedTable(item=item, settings=parts["settings"], notes=notes, built_from=stored)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ObjectError(f"{place} is not a table of a plan ({type(error).__name__}: {error}); plan the tables again") from error
    raise ObjectError(f"{place} is not a table of a plan; plan the tables again")


def _renamed(members: Any) -> dict[str, Json] | None:
    """The members with the names of today: version 0.1.0 wrote plans that a rerun may still read."""
    return {_OLD_NAMES.get(str(name), str(name)): value for name, value in members.items()} if isinstance(members, dict) else None


def stored_items(objects: ObjectStore, plan_uri: str) -> list[dict[str, Json]]:
    """The items that `write_plan` returned for this plan. Raises ObjectNotFound, or ObjectError if it is not a plan."""
    items, problems = readable_items(objects, plan_uri)
    if problems:
        raise ObjectError(problems[0])
    return items


def readable_items(objects: ObjectStore, plan_uri: str) -> tuple[list[dict[str, Json]], list[str]]:
    """The items of the lines that can be read, and what is wrong with the others. Raises ObjectError if there is no plan."""
    items: list[dict[str, Json]] = []
    problems: list[str] = []
    for item in _items(objects, plan_uri):
        if isinstance(item, ObjectError):
            problems.append(str(item))
        else:
            items.append(item)
    return items, problems


def _items(objects: ObjectStore, plan_uri: str) -> Iterator[dict[str, Json] | ObjectError]:
    """The item of each line, or what is wrong with the line."""
    offset = 0
    for number, line in enumerate(objects.read(plan_uri).splitlines(keepends=True), start=1):
        try:
            table = _read_line(line, f"line {number} of {plan_uri!r}")
            item_key(table.item)
        except (ObjectError, UsageError) as error:
            yield error if isinstance(error, ObjectError) else ObjectError(f"line {number} of {plan_uri!r}: {error}")
        else:
            yield {**table.item, **LinePlace(plan_uri, offset, len(line)).as_json()}
        offset += len(line)
