"""What planning gives for one table, and the plan as an object: one JSON line a table."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extract_core.config.places import plan_place
from extract_core.errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from extract_core.contract import Json, TableRun, Watermark
    from extract_core.objects import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """A table as its config has it, all tiers merged, without the run: what another attempt or a rerun starts from.

    `core` holds the table's keys that the core reads, `arguments` what the script gets as it stands, `database` the db_ keys.
    """

    source_name: str
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
    """What a planned table was built from, as objects: most plans are never asked for it but by their lines."""

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
            "watermark": watermark_json(run.watermark),
            "deployment": self.deployment_json,
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """The same, as a line of a plan holds it."""

    spec: dict[str, Json] | None
    table_run: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class Spilled:
    """Arguments that are too long for their service: the object that the job reads them from, to be put before it starts."""

    uri: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTable:
    """One table of a plan. Where it can't be planned, `item` holds `plan_error` and the others are None.

    `item` is what the machine gets (without `plan_uri` and `plan_line`), `settings` the validated settings of its job type,
    `table_run` the TableRun that its arguments were built from, `spec` the `TableSpec`: all as JSON. `spilled` is there where
    its arguments did not fit, and is no part of its line: a plan that stands was written after its objects.
    """

    item: dict[str, Json]
    settings: dict[str, Json] | None = None
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
        return str(self.item["extract_table"])

    @property
    def plan_error(self) -> str | None:
        """Why it can't be planned, or None."""
        error = self.item.get("plan_error")
        return str(error["message"]) if isinstance(error, dict) else None

    def line(self) -> bytes:
        """Its line of the plan, with the newline. The same table gives the same bytes."""
        parts = {"item": self.item, "settings": self.settings, "spec": self.spec, "table_run": self.table_run}
        return _ENCODER.encode(parts).encode("utf-8", "surrogatepass") + b"\n"


_WRITERS: Final = 10
"""Objects that are written at once: as many connections as a client of boto3 keeps (botocore: Config, max_pool_connections)."""

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def watermark_json(watermark: Watermark) -> dict[str, Json]:
    """As it stands in the item; `high` is there for a backfill only."""
    found: dict[str, Json] = {
        "column": watermark.column,
        "type": watermark.type,
        "low": watermark.low,
        "mode": watermark.mode,
    }
    return found if watermark.high is None else {**found, "high": watermark.high}


def write_plan(objects: ObjectStore, runs_uri: str, run_id: str, planned: Iterable[PlannedTable]) -> list[dict[str, Json]]:
    """Write the plan of a run; give the items with the place of their lines: `plan_uri`, `plan_line` [byte offset, length].

    The tables may come one by one, as `stream_tables` gives them: of each only the item is kept, and what it has spilled. That is
    written before the plan: the same run has the same places and, while it holds its tables, the same arguments.
    """
    plan_uri = plan_place(runs_uri, run_id)
    items = []
    spilled = []

    def lines() -> Iterator[bytes]:
        offset = 0
        for table in planned:
            line = table.line()
            items.append({**table.item, "plan_uri": plan_uri, "plan_line": [offset, len(line)]})
            if table.spilled is not None and table.plan_error is None:
                spilled.append(table.spilled)
            offset += len(line)
            yield line
        write_spilled(objects, spilled)

    objects.write_parts(plan_uri, lines())
    return items


def write_spilled(objects: ObjectStore, spilled: Sequence[Spilled]) -> None:
    """Put the arguments that did not fit, several objects at once. ObjectError where one can't be written."""
    if spilled:
        with ThreadPoolExecutor(min(_WRITERS, len(spilled)), thread_name_prefix="spill") as pool:
            list(pool.map(lambda each: objects.write(each.uri, each.data), spilled))


def read_plan(objects: ObjectStore, plan_uri: str) -> Iterator[PlannedTable]:
    """All tables of a plan, in its order. Raises ObjectNotFound, or ObjectError where it is no plan."""
    for number, line in enumerate(objects.read(plan_uri).splitlines(), start=1):
        yield _read_line(line, f"line {number} of {plan_uri!r}")


def read_plan_line(objects: ObjectStore, plan_uri: str, offset: int, length: int) -> PlannedTable:
    """One table of a plan, by the `plan_line` of its item."""
    return _read_line(objects.read_range(plan_uri, offset, length), f"{plan_uri!r} from byte {offset} to {offset + length}")


def _read_line(line: bytes, place: str) -> PlannedTable:
    try:
        parts = json.loads(line)
        if isinstance(parts["item"], dict) and isinstance(parts["item"]["extract_table"], str):
            stored = Stored(parts["spec"], parts["table_run"])
            return PlannedTable(item=parts["item"], settings=parts["settings"], built_from=stored)
    except (ValueError, KeyError, TypeError) as error:
        raise ObjectError(f"{place} is no table of a plan ({type(error).__name__}: {error}); plan the tables again") from error
    raise ObjectError(f"{place} is no table of a plan; plan the tables again")
