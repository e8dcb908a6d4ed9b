"""The tracking store on AWS: the contract of `tracking.store`, kept in one DynamoDB table.

A run without a retry makes two write requests per table, of three items: `take` puts the STATE on a condition, `finish` puts
STATE and attempt in one transaction. A slot of a pool is one request more, of two items: `take_slot` puts STATE and slot, and
`finish` deletes the slot in its transaction. Nothing is scanned.
"""

from __future__ import annotations

import heapq
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import RunNameTaken, RunNotFound, TrackingUnavailable
from extract_core.tracking.dynamodb import items, keys
from extract_core.tracking.dynamodb.calls import Calls, Refused
from extract_core.tracking.dynamodb.items import attribute
from extract_core.tracking.dynamodb.leases import NEW, TRIES, UNCHANGED, Leases, nothing, slot_key_of
from extract_core.tracking.dynamodb.slots import Slots
from extract_core.tracking.flat import readable
from extract_core.tracking.settle import settle, with_mark
from extract_core.tracking.unknown_run import unknown_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from mypy_boto3_dynamodb import DynamoDBClient

    from extract_core.contract import Json
    from extract_core.tracking.dynamodb.items import Item
    from extract_core.tracking.records import (
        AttemptRow,
        Claim,
        Commit,
        Finished,
        Guard,
        MarkChange,
        Owner,
        Policy,
        RunRecord,
        Skipped,
        Slot,
        TableState,
    )

KEPT_DAYS: Final = 400
"""How long runs and their attempts are kept: as long as plans. States of tables, with the watermarks, are kept for ever."""


class DynamoDBTracking:
    """A `TrackingStore` in a table of `keys.table_definition`, by this client. `now` gives seconds since 1970."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls = Calls(client, table, sleep=sleep)
        self._leases = Leases(self._calls)
        self._slots = Slots(self._calls)
        self._now = now
        self._shards: dict[str, int] = {}  # of runs that are planned: that does not change

    def start_run(self, record: RunRecord) -> RunRecord:
        """See `TrackingStore.start_run`."""
        try:
            self._calls.put(items.run_item(record, expires=self._expires()), NEW)
        except Refused as refused:
            existing = items.run_record(refused.current) if refused.current else self.run(record.run_id)
        else:
            return record
        if existing.execution_id != record.execution_id:
            raise RunNameTaken(
                f"the run id {record.run_id!r} was used by execution {existing.execution_id!r} (source {existing.source!r}, "
                f"started {existing.started_at}): start the run under another name"
            )
        return existing

    def plan_run(self, run_id: str, *, plan_uri: str, planned: int, policy: Policy, skipped: Sequence[Skipped]) -> RunRecord:
        """See `TrackingStore.plan_run`."""
        values = {
            "plan_uri": plan_uri,
            "planned": planned,
            "policy": items.packed(asdict(policy)),
            "skipped": items.packed_skipped(skipped),
        }
        return self._change(run_id, values, unless=("planned", "summary"), without=("refused",))

    def reopen_run(self, run_id: str) -> RunRecord:
        """See `TrackingStore.reopen_run`."""
        return self._change(run_id, {}, unless=("planned",), without=("refused", "summary"))

    def refuse_run(self, run_id: str, reason: str) -> RunRecord:
        """See `TrackingStore.refuse_run`."""
        return self._change(run_id, {"refused": items.cut(reason, items.TEXT)}, unless=("planned",))

    def put_summary(self, run_id: str, summary: Mapping[str, Json]) -> Mapping[str, Json]:
        """See `TrackingStore.put_summary`."""
        return self._change(run_id, {"summary": items.packed(summary)}, unless=("summary",)).summary or {}

    def run(self, run_id: str) -> RunRecord:
        """See `TrackingStore.run`."""
        item = self._calls.get(keys.run_key(run_id))
        if item is None:
            raise self._unknown(run_id)
        return items.run_record(item)

    def runs(self, limit: int = 20) -> Sequence[RunRecord]:
        """See `TrackingStore.runs`."""
        return list(readable(items.run_record, self._newest(keys.RUNS, limit)))

    def states(self, source: str, tables: Sequence[str]) -> Mapping[str, TableState]:
        """See `TrackingStore.states`."""
        return {table: state for table, (state, _) in self._leases.states(source, tables).items()}

    def take(  # noqa: PLR0913 - the contract's
        self,
        source: str,
        tables: Sequence[str],
        owner: Owner,
        *,
        is_running: Callable[[str], bool],
        now: datetime,
        all_or_nothing: bool,
        above: Mapping[str, int] | None = None,
    ) -> Claim:
        """See `TrackingStore.take`."""
        return self._leases.take(
            source, tables, owner, is_running=is_running, now=now, all_or_nothing=all_or_nothing, above=above
        )

    def release(self, source: str, tables: Sequence[str], execution_id: str) -> None:
        """See `TrackingStore.release`."""
        self._leases.release(source, tables, execution_id)

    def take_slot(  # noqa: PLR0913 - the contract's
        self, source: str, table: str, *, pool: str, size: int, guard: Guard, execution_id: str, taken_at: str
    ) -> Slot:
        """See `TrackingStore.take_slot`."""
        return self._slots.take(source, table, pool=pool, size=size, guard=guard, execution_id=execution_id, taken_at=taken_at)

    def slots(self, pool: str) -> Sequence[Slot]:
        """See `TrackingStore.slots`."""
        return self._slots.held(pool)

    def free_slot(self, slot: Slot) -> bool:
        """See `TrackingStore.free_slot`."""
        return self._slots.free(slot)

    def finish(self, row: AttemptRow, *, guard: Guard, commit: Commit | None = None, last: bool = True) -> Finished:
        """See `TrackingStore.finish`."""
        shards = self._shards_of(row.run_id)
        state_key, row_key = keys.state_key(row.source, row.table), keys.attempt_key(row.run_id, row.table, row.attempt, shards)
        for _ in range(TRIES):
            current = self._calls.get_all([state_key, row_key])
            stored = items.attempt_row(current[row_key]) if row_key in current else None
            state, revision = items.table_state(current[state_key]) if state_key in current else (None, 0)
            done = settle(row, guard=guard, commit=commit, stored=stored, state=state, last=last)
            if done.row is None:
                return done.finished
            item = items.attempt_item(done.row, shards=shards, expires=self._expires())
            try:
                if done.state is None:
                    self._calls.put(item, NEW)
                else:
                    after = items.state_item(done.state, revision=revision + 1)
                    put_state = (after, UNCHANGED, {":revision": attribute(revision)})
                    self._calls.put_together((item, NEW, {}), put_state, delete=slot_key_of(state))
            except Refused:  # the same status came twice at once, or the lease was taken over in between
                continue
            return done.finished
        raise TrackingUnavailable(f"table {row.table!r} of {row.source!r} changes too fast for its end to be recorded: try again")

    def attempts(self, run_id: str) -> Iterator[AttemptRow]:
        """See `TrackingStore.attempts`."""
        shards = self._shards_of(run_id)
        if shards == 1:
            pages = self._calls.pages([keys.attempts_pk(run_id, 0)])
        else:
            pages = self._calls.pages([keys.attempts_pk(run_id, shard) for shard in range(shards)])
        yield from readable(items.attempt_row, heapq.merge(*pages, key=lambda item: item["sk"]["S"]))

    def history(self, source: str, table: str, limit: int = 20) -> Sequence[AttemptRow]:
        """See `TrackingStore.history`."""
        return list(readable(items.attempt_row, self._newest(keys.table_pk(source, table), limit)))

    def set_mark(self, change: MarkChange) -> TableState:
        """See `TrackingStore.set_mark`."""
        source, table = change.source, change.table
        state_key, change_key = keys.state_key(source, table), keys.change_key(source, table, change.version)
        for _ in range(TRIES):
            current = self._calls.get_all([state_key, change_key])
            state, revision = items.table_state(current[state_key]) if state_key in current else (nothing(source, table), 0)
            if change_key in current and items.mark_change(current[change_key]) == change:
                return state
            after = with_mark(state, change)
            item = items.state_item(after, revision=revision + 1)
            unchanged = (UNCHANGED, {":revision": attribute(revision)}) if revision else (NEW, {})
            with suppress(Refused):
                self._calls.put_together((items.change_item(change), NEW, {}), (item, *unchanged))
                return after
        raise TrackingUnavailable(f"table {table!r} of {source!r} changes too fast for its watermark to be set: try again")

    def mark_changes(self, source: str, table: str, limit: int = 20) -> Sequence[MarkChange]:
        """See `TrackingStore.mark_changes`."""
        changes = self._calls.query_last(keys.table_pk(source, table), keys.CHANGES, limit)
        return list(readable(items.mark_change, changes))

    def close(self) -> None:
        """See `TrackingStore.close`."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        self.close()

    def _expires(self) -> int:
        return int(self._now()) + KEPT_DAYS * 86_400

    def _unknown(self, run_id: str) -> RunNotFound:
        return unknown_run(run_id, [keys.run_of(key) for key in self._calls.newest(keys.RUNS, 200)])

    def _change(self, run_id: str, values: Mapping[str, Any], *, unless: Sequence[str], without: Sequence[str] = ()) -> RunRecord:
        """Set these attributes of a run's record, unless it has one of those. Returns the record."""
        sets = f"SET {', '.join(f'#{name} = :{name}' for name in values)}" if values else ""
        removes = f" REMOVE {', '.join(f'#{name}' for name in without)}" if without else ""
        try:
            item = self._calls.update(
                keys.run_key(run_id),
                f"{sets}{removes}",
                " AND ".join(["attribute_exists(pk)", *(f"attribute_not_exists(#{name})" for name in unless)]),
                names={*values, *without, *unless},
                values={f":{name}": attribute(value) for name, value in values.items()},
            )
        except Refused as refused:
            return items.run_record(refused.current) if refused.current else self.run(run_id)
        return items.run_record(item)

    def _newest(self, index_pk: str, limit: int) -> list[Item]:
        run_keys = self._calls.newest(index_pk, limit)
        by_key = self._calls.get_all(run_keys)
        return [by_key[key] for key in run_keys if key in by_key]

    def _shards_of(self, run_id: str) -> int:
        """Read from the run's record once per process: the number does not change after its plan."""
        if run_id not in self._shards:
            item = self._calls.get(keys.run_key(run_id))
            planned = items.run_record(item).planned if item else None
            if planned is None:
                return keys.shards(None)
            if len(self._shards) >= 1000:
                self._shards.clear()
            self._shards[run_id] = keys.shards(planned)
        return self._shards[run_id]
