"""Whether the data that each increment continues is where this pipeline writes: its base.

The base is the manifest entry of the last committed attempt, and the table's state keeps its place. One list per table finds it,
and whatever was committed after it. The list begins at the base, so it does not grow with the history of the table. Only tables
with a mark are listed, several at once.
"""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState
from extract_core.dataclass import dataclass
from extract_core.errors import ObjectError, ObjectUnavailable
from extract_core.plan.places import folder, manifest_place, segment
from extract_core.plan.run_context import Committed
from extract_core.status.manifest import AT_ONCE, entry_place, number_of, publish
from extract_core.status.result_object import check_files_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.pipeline.parts import Parts
    from extract_core.tracking.records import AttemptRow, TableState

log: Final = logging.getLogger("extract_core")

_ATTEMPTS: Final = 50  # of a table, in which the last committed one is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases:
    """The bases that are not valid, by table: why. And the highest fencing number of the manifests that were listed.

    `missing`: the data is elsewhere, gone, or newer than the tracking store. `unknown`: it could not be looked for.
    """

    missing: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    highest: Mapping[str, int] = field(default_factory=dict)


def highest(parts: Parts, source: str, tables: Sequence[str]) -> dict[str, int]:
    """The highest fencing number in the manifest of each of these tables that has one; for tables that tracking does not know.

    A tracking store that was lost, or replaced, would count from 1 again, below what readers go by. A table whose manifest can't
    be listed is left out, with a line in the log: `publish` looks again.
    """
    above = f"{folder(parts.data_uri)}{segment(source)}/"
    with suppress(ObjectError):
        if len(tables) > 1 and next(iter(parts.objects.list(above)), None) is None:
            return {}  # the source's first run: one request, not one per table, of which each opens a connection

    def of_table(table: str) -> int | None:
        try:
            entries = parts.objects.list(manifest_place(parts.data_uri, source, table))
            return max(_numbers(uri.rpartition("/")[2] for uri in entries).values(), default=None)
        except ObjectUnavailable:
            raise
        except ObjectError as error:
            log.warning("%s: its manifest can't be listed: %s", table, error)
            return None

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="manifests") as pool:
        numbers = zip(tables, pool.map(of_table, tables), strict=True)
        return {table: number for table, number in numbers if number is not None}


ALL_STAND: Final = Bases()


def committed(states: Mapping[str, TableState], bases: Bases = ALL_STAND) -> dict[str, Committed]:
    """What these tables continue, where a mark or a result was committed."""
    return {
        table: Committed(
            mark=state.watermark,
            column=state.column,
            type=state.type,
            last_result=state.last_result,
            set_by_hand=state.set_by_hand,
            missing=bases.missing.get(table),
            unknown=bases.unknown.get(table),
        )
        for table, state in states.items()
        if state.watermark is not None or state.last_result is not None
    }


def check_bases(parts: Parts, states: Iterable[TableState], *, repair: bool = True) -> Bases:
    """Look for the base of each of these tables that has a committed mark. A mark that a person set needs no base.

    `repair`: write a manifest entry that is missing although its attempt was committed and its files are there: its status
    handler died in between. Raises ObjectUnavailable.
    """
    wanted = [state for state in states if state.watermark is not None and not state.set_by_hand]
    if not wanted:
        return Bases()
    with ThreadPoolExecutor(min(AT_ONCE, len(wanted)), thread_name_prefix="bases") as pool:
        looks = list(pool.map(lambda state: _look(parts, state, repair=repair), wanted))
    by_table = [(state.table, look) for state, look in zip(wanted, looks, strict=True)]
    return Bases(
        missing={table: look.missing for table, look in by_table if look.missing is not None},
        unknown={table: look.unknown for table, look in by_table if look.unknown is not None},
        highest={table: look.highest for table, look in by_table if look.highest},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """The result of the look at one table."""

    missing: str | None = None
    unknown: str | None = None
    highest: int = 0


def _look(parts: Parts, state: TableState, *, repair: bool) -> _Look:
    try:
        return _look_at(parts, state, repair=repair)
    except ObjectUnavailable:
        raise
    except (ObjectError, ValueError) as error:
        return _Look(unknown=str(error))


def _look_at(parts: Parts, state: TableState, *, repair: bool) -> _Look:
    manifest = manifest_place(parts.data_uri, state.source, state.table)
    if state.base is None:  # version 0.1.0 committed it
        numbers = _numbers(sized.name for sized in parts.objects.sizes(manifest))
        highest = max(numbers.values(), default=0)
        return _Look(missing=None if numbers else f"there is no manifest entry at {manifest}", highest=highest)
    place, _, name = state.base.rpartition("/")
    if f"{place}/" != manifest:
        elsewhere = place.removesuffix("/_committed")
        return _Look(
            missing=f"it is at {elsewhere}/, and this pipeline writes to {parts.data_uri}, so data_uri has changed, or two "
            "pipelines use one tracking store"
        )
    names = [sized.name for sized in parts.objects.sizes(manifest, after=name.removesuffix(".json"))]
    numbers = _numbers(names)
    highest = max(numbers.values(), default=0)
    if name not in numbers and not _repaired(parts, state, write=repair):
        return _Look(missing=f"its manifest entry {state.base}, or its files, are gone", highest=highest)
    for newer in sorted(numbers.keys() - {name}):
        entry: Any = json.loads(parts.objects.read(manifest + newer))
        if not isinstance(entry, dict) or entry.get("mode") != "backfill":
            run = entry.get("run_id") if isinstance(entry, dict) else None
            return _Look(
                missing=f"run {run!r} committed {manifest}{newer} after the last commit that the tracking store knows, so the "
                "tracking store is an older copy",
                highest=highest,
            )
    return _Look(highest=highest)


def _numbers(names: Iterable[str]) -> dict[str, int]:
    """The fencing numbers of the names that are those of entries."""
    numbers = ((name, number_of(name)) for name in names)
    return {name: number for name, number in numbers if number is not None}


def _repaired(parts: Parts, state: TableState, *, write: bool) -> bool:
    """Whether the missing entry of the base could be written again from its attempt, whose files are all there."""
    row = _row(parts, state)
    if row is None:
        return False
    try:
        check_files_of(parts.objects, row)
    except ValueError as error:
        log.warning("%s: the manifest entry %s can't be written again: it %s", state.table, state.base, error)
        return False
    if write:
        publish(parts, row)
        fields = {"run_id": row.run_id, "table": row.table, "manifest": state.base}
        log.warning("%s: a missing manifest entry is written: %s", state.table, state.base, extra={"extract": fields})
    return True


def _row(parts: Parts, state: TableState) -> AttemptRow | None:
    """The attempt of the base: among the latest ones, or in the last run, which the index may not have yet."""
    rows = parts.tracking.history(state.source, state.table, _ATTEMPTS)
    base = next((row for row in rows if _is_base(row, state)), None)
    if base is None and state.last_run is not None:
        base = next((row for row in parts.tracking.attempts(state.last_run) if _is_base(row, state)), None)
    return base


def _is_base(row: AttemptRow, state: TableState) -> bool:
    good = row.state is JobState.SUCCEEDED and row.table == state.table and row.fencing is not None
    return good and entry_place(row) == state.base
