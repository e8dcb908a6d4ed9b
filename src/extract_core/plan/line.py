"""One line of a plan: the result of planning one table."""

from __future__ import annotations

import json
from dataclasses import field
from typing import TYPE_CHECKING, Final

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from extract_core.contract import Json, TableRun, Watermark


_RETRY_WAIT: Final = 60
"""Seconds between attempts where the config gives no `retry_wait_seconds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """A table as its config has it, all tiers merged, without the run. Further attempts and reruns start from it.

    `core` holds the core's keys, `arguments` those of the script, unchanged, `database` the db_ keys.
    """

    source: str
    source_type: str
    table: str
    job_type: str
    core: Mapping[str, Json]
    arguments: Mapping[str, str]
    database: Mapping[str, str]

    def as_json(self) -> dict[str, Json]:
        """The members as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Built:
    """What a planned table was built from, as objects. It becomes JSON only when the line is written."""

    table_spec: TableSpec
    run: TableRun[BaseModel]
    deployment_json: Mapping[str, Json]

    @property
    def spec(self) -> dict[str, Json]:
        """The table as its config has it."""
        return self.table_spec.as_json()

    @property
    def table_run(self) -> dict[str, Json]:
        """The TableRun that the arguments were built from."""
        run = self.run
        return {
            **{name: getattr(run, name) for name in run.__slots__},
            "watermark": {**watermark_json(run.watermark), "lag": run.watermark.lag, "last_result": run.watermark.last_result},
            "deployment": self.deployment_json,
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """The same, as JSON from the line of a plan."""

    spec: dict[str, Json] | None
    table_run: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class Spilled:
    """Arguments that are too long for their service: an object to be written before the job starts, which the job reads."""

    uri: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTable:
    """One table of a plan. If it can't be planned, `item` has a `plan_error`, and the other members are None.

    `item` is what the machine gets (without `plan_uri` and `plan_line`), `settings` the validated settings of its job type,
    `table_run` the TableRun that its arguments were built from, `spec` the `TableSpec`: all as JSON. `notes` are sentences for
    people, which the attempt's row will have. `spilled` is set if its
    arguments are too long. It is not part of the line: these objects are written before the plan.
    """

    item: dict[str, Json]
    settings: dict[str, Json] | None = None
    notes: tuple[str, ...] = ()
    built_from: Built | Stored = field(default=Stored(None, None), compare=False, repr=False)
    spilled: Spilled | None = field(default=None, compare=False, repr=False)

    @property
    def table_run(self) -> dict[str, Json] | None:
        """The TableRun of its arguments."""
        return self.built_from.table_run

    @property
    def spec(self) -> dict[str, Json] | None:
        """The table as its config has it, all tiers merged."""
        return self.built_from.spec

    @property
    def table(self) -> str:
        """Its name."""
        return str(self.item["table"])

    @property
    def core(self) -> Mapping[str, Json]:
        """The core's keys of the table, all tiers merged."""
        core = (self.spec or {}).get("core")
        return core if isinstance(core, dict) else {}

    @property
    def retry_wait(self) -> int:
        """Seconds between the attempts at this table."""
        wait = self.core.get("retry_wait_seconds", _RETRY_WAIT)
        return wait if isinstance(wait, int) else _RETRY_WAIT

    @property
    def plan_error(self) -> str | None:
        """Why it can't be planned, or None."""
        error = self.item.get("plan_error")
        return str(error["message"]) if isinstance(error, dict) else None

    def with_item(self, item: dict[str, Json]) -> PlannedTable:
        """The same table with another item. `dataclasses.replace` takes four times as long, and a run has very many tables."""
        return PlannedTable(item=item, settings=self.settings, notes=self.notes, built_from=self.built_from, spilled=self.spilled)

    def line(self) -> bytes:
        """Its line of the plan, with the newline. The same table gives the same bytes."""
        return self.line_and_item()[0]

    def line_and_item(self) -> tuple[bytes, bytes]:
        """Its line of the plan, and the JSON of its item, which is a part of the line."""
        item = _encoded(self.item)
        rest: dict[str, Json] = {
            "settings": self.settings,
            "spec": self.spec,
            "table_run": self.table_run,
            **({"notes": list(self.notes)} if self.notes else {}),
        }
        return b'{"item":' + item + b"," + _encoded(rest)[1:] + b"\n", item


def _encoded(value: Json) -> bytes:
    """Compact JSON in UTF-8. The same value gives the same bytes."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def json_line(item: Mapping[str, Json]) -> bytes:
    """A line of JSON Lines: the JSON of an item."""
    return _encoded(item) + b"\n"


def with_members(item: bytes, members: Mapping[str, Json]) -> bytes:
    """A line of JSON Lines: the JSON of an item, with these members at its end. Neither is empty."""
    return item[:-1] + b"," + _encoded(members)[1:] + b"\n"


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def watermark_json(watermark: Watermark) -> dict[str, Json]:
    """As the item has it; `high` only for a backfill. The lag and the last result are in the job's arguments, not here again."""
    members: dict[str, Json] = {
        "column": watermark.column,
        "type": watermark.type,
        "low": watermark.low,
        "mode": watermark.mode,
    }
    return members if watermark.high is None else {**members, "high": watermark.high}
