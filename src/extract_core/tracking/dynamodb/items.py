"""Records to DynamoDB items and back: plain attributes, JSON as text, long JSON compressed, and never over the limit of an item.

An item may have 400 KB, names included (DynamoDB guide, "Service, account, and table quotas"). What is too long is cut with a
mark (text) or left out (what another place holds whole: the files are in the result object, the settings in the plan).
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from extract_core.tracking.dynamodb.keys import (
    EXPIRES,
    RUNS,
    Key,
    attempt_key,
    attempt_moment,
    change_key,
    run_key,
    slot_key,
    state_key,
    table_pk,
)
from extract_core.tracking.flat import attempt_of, attempt_values, guarded, run_of, run_values, state_of, state_values
from extract_core.tracking.old_names import renamed
from extract_core.tracking.records import AttemptRow, MarkChange, RunRecord, Skipped, Slot, TableState
from extract_core.wording import encodable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


Values: TypeAlias = "dict[str, str | int | bool | bytes]"
"""An item as Python values; None is an attribute that is not there."""
Item: TypeAlias = "dict[str, Any]"  # Any: {"S": …}, {"N": …}, as the client has it

ITEM_BYTES: Final = 400 * 1024
_ROOM: Final = ITEM_BYTES - 16 * 1024
_PLAIN: Final = 4096  # characters of JSON that are stored as text, for people who look at the table
TEXT: Final = 20_000  # characters of a text that had to be cut
_SKIPPED: Final = 64 * 1024  # bytes of the skipped tables of a run


def marshalled(values: Mapping[str, object]) -> Item:
    """The attributes of an item. None is left out."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def attribute(value: object) -> dict[str, Any]:
    """One value with its type."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    return {"S": encodable(str(value))}


def unmarshalled(item: Item) -> Values:
    """The values of an item's attributes, under the names of today: items of 0.1.0 stay as they are until they are put again."""
    values: Values = {}
    for name, typed in renamed(item).items():
        kind, value = next(iter(typed.items()))
        values[name] = int(value) if kind == "N" else value
    return values


def key_of(item: Item) -> Key:
    """The primary key of an item."""
    return Key(item["pk"]["S"], item["sk"]["S"])


def run_item(record: RunRecord, *, expires: int) -> Item:
    """The item of a run."""
    return fitted(
        {
            **run_key(record.run_id)._asdict(),
            "index_pk": RUNS,
            "index_sk": f"{record.started_at}#{record.run_id}",
            EXPIRES: expires,
            **run_values(record, packed),
            "skipped": packed_skipped(record.skipped),
            "refused": record.refused and cut(record.refused, TEXT),
        }
    )


def _run_record(item: Item) -> RunRecord:
    """The run of an item."""
    return run_of(unmarshalled(item), unpacked)


def packed_skipped(skipped: Sequence[Skipped]) -> str | bytes:
    """The skipped tables of a run; where they are too many, the first ones and how many more there were."""
    listed = list(skipped)
    while True:
        packed_tables = packed([asdict(table) for table in listed]) or b""
        if len(packed_tables) <= _SKIPPED:
            return packed_tables
        listed = listed[: len(listed) // 2]
        listed.append(Skipped(table="…", reason=f"{len(skipped) - len(listed)} more tables were skipped"))


def state_item(state: TableState, *, revision: int) -> Item:
    """The item of a table's state. `revision` counts its writes: each write requires that no other came in between."""
    key = state_key(state.source, state.table)._asdict()
    return marshalled({**key, "revision": revision, **state_values(state), "set_by_hand": state.set_by_hand or None})


def _table_state(item: Item) -> tuple[TableState, int]:
    """The state in an item, and its revision."""
    values: Any = unmarshalled(item)
    return state_of(values), values["revision"]


def slot_item(slot: Slot) -> Item:
    """The item of a slot that is held. It never expires: it is deleted when the slot is given back."""
    return marshalled({**slot_key(slot.pool, slot.number)._asdict(), **asdict(slot)})


def held_slot(item: Item) -> Slot:
    """The slot in an item."""
    values: Any = unmarshalled(item)
    return Slot(**{name: values[name] for name in Slot.__slots__})


def attempt_item(row: AttemptRow, *, shards: int, expires: int) -> Item:
    """The item of an attempt of a run that has this many shards."""
    return fitted(
        {
            **attempt_key(row.run_id, row.table, row.attempt, shards)._asdict(),
            "index_pk": table_pk(row.source, row.table),
            "index_sk": attempt_moment(row.recorded_at, row.run_id, row.attempt),
            EXPIRES: expires,
            **attempt_values(row, packed),
        }
    )


def _attempt_row(item: Item) -> AttemptRow:
    """The attempt in an item."""
    members = unmarshalled(item)
    return attempt_of({name: members[name] for name in AttemptRow.__slots__ if name in members}, unpacked)


def change_item(change: MarkChange) -> Item:
    """The item of a change. It never expires."""
    return marshalled({**change_key(change.source, change.table, change.version)._asdict(), **asdict(change)})


def _mark_change(item: Item) -> MarkChange:
    """The change in an item."""
    members: Any = unmarshalled(item)
    return MarkChange(**{name: members.get(name) for name in MarkChange.__slots__})


def packed(value: object) -> str | bytes | None:
    """JSON text; long text compressed."""
    if value is None:
        return None
    text = encodable(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return text if len(text) <= _PLAIN else zlib.compress(text.encode())


def unpacked(value: str | bytes | None) -> Any:
    """What was packed."""
    if isinstance(value, bytes):
        value = zlib.decompress(value).decode()
    return None if value is None else json.loads(value)


def cut(text: str, characters: int) -> str:
    """The text, or its beginning with a mark that says how much is missing."""
    return text if len(text) <= characters else f"{text[:characters]} … ({len(text) - characters} characters cut)"


_CUT: Final = ("message", "refused", "log_url", "job_run_id")
_EMPTY: Final = {"event": "{}", "versions": "{}", "skipped": "[]"}
_LEFT_OUT: Final = ("files", "settings", "cost_basis", "summary", "proof", "schema_changes", "notes")


def fitted(values: Mapping[str, Any]) -> Item:
    """The item. If it is too large, its longest parts are cut, emptied or left out, the longest first."""
    item = marshalled(values)
    if size(item) <= _ROOM:
        return item
    parts = {name: size({name: item[name]}) for name in (*_CUT, *_EMPTY, *_LEFT_OUT) if name in item}
    for name in sorted(parts, key=parts.__getitem__, reverse=True):
        if name in _CUT:
            item[name] = attribute(cut(values[name], TEXT))
        elif name in _EMPTY:
            item[name] = attribute(_EMPTY[name])
        else:
            del item[name]
        if size(item) <= _ROOM:
            break
    return item


def size(item: Item) -> int:
    """Bytes that DynamoDB counts (guide, "DynamoDB item sizes and formats"): names and values in UTF-8, numbers rounded up."""
    total = 0
    for name, typed in item.items():
        kind, value = next(iter(typed.items()))
        length = 1 if kind == "BOOL" else len(value) if isinstance(value, bytes) else len(value.encode())
        total += len(name.encode()) + length
    return total


run_record = guarded("the record of a run", _run_record)
table_state = guarded("the state of a table", _table_state)
attempt_row = guarded("an attempt", _attempt_row)
mark_change = guarded("a change of a watermark", _mark_change)
