"""A plan as text, and as JSON that changes only if the config, the job types or the tracking store change."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from extract_cli.views.output import Column, echo, plain, print_json_rows, print_table
from extract_cli.views.pace import duration
from extract_cli.views.preview import TablePreview
from extract_core.plan.window import window_words
from extract_core.registry.routing import POOL
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_cli.views.preview import Lock, Preview
    from extract_core.contract import Json
    from extract_core.plan.line import PlannedTable
    from extract_core.runs.order import Length

_IN_DETAIL: Final = 5  # a plan of so many tables shows their values, unless the command says otherwise
_NAMED: Final = 8  # tables of a shared job in text
_LONGEST: Final = 300  # characters of a value in text; JSON has all of it


def show(preview: Preview, *, details: bool | None, output: str, prefix: str = "") -> None:
    """The whole plan on stdout. `prefix` is the folder of the configs, so that a terminal can open the places."""
    if output == "json":
        tables = (_table_json(table) for table in preview.tables(explained=True))
        print_json_rows(_head_json(preview), "tables", tables, lambda: _tail_json(preview))
        return
    is_detailed = details if details is not None else preview.count <= _IN_DETAIL
    rows: list[tuple[Json, ...]] = []
    detailed, errors = list[TablePreview](), Counter[str]()
    for table in preview.tables(explained=is_detailed):
        rows.append(_row(table))
        errors.update((table.planned.plan_error or "").splitlines())
        if is_detailed:
            detailed.append(table)
    columns = [Column("Table"), Column("Job type"), Column("Pool"), Column("Reads"), Column("Held by")]
    if not preview.pool_of:
        columns, rows = [*columns[:2], *columns[3:]], [(*row[:2], *row[3:]) for row in rows]
    print_table(columns, rows, title=f"{preview.event.source}: {counted(preview.count, 'table')}")
    for table in detailed:
        _print_values(table)
    if not is_detailed and details is None:
        echo("for values and their origins add --details, or --output json", err=True)
    _print_run(preview)
    _print_faults(preview, errors, prefix)


def _row(table: TablePreview) -> tuple[Json, ...]:
    planned = table.planned
    reads = "can't be planned" if planned.plan_error else window(planned)
    return planned.table, planned.item.get("job_type"), planned.item.get(POOL), reads, _held(table.lock)


def window(planned: PlannedTable) -> str:
    """The rows that the job reads, in words."""
    mark: Any = planned.item["watermark"]
    if mark["mode"] == "full":
        return "everything"
    if mark["mode"] == "backfill":
        begin = f"above {mark['low']} " if mark["low"] is not None else ""
        return f"{mark['column']} {begin}up to {mark['high']}, again"
    if mark["low"] is None:
        return f"{mark['column']}, from the beginning"
    run: Any = planned.table_run or {}
    lag = run.get("watermark", {}).get("lag")
    return f"{mark['column']} from {mark['low']}" + (f" less {lag}" if lag not in (None, "0") else "")


def _held(lock: Lock | None) -> str | None:
    if lock is None:
        return None
    return f"{lock.run_id} since {lock.since}" if lock.is_alive else f"{lock.run_id}, which died: it will be taken over"


def _print_values(table: TablePreview) -> None:
    if not table.values:
        return
    echo(f" {plain(table.planned.table)}")
    for sentence in window_words(table.planned):
        echo(f"   {plain(sentence)}")
    wide = max(len(value.name) for value in table.values)
    for value in table.values:
        echo(f"   {plain(value.name):<{wide}}  {shown(value.value)}  ({value.place})")
    echo()


def shown(value: Json) -> str:
    """A value of a plan on one line."""
    return "(none)" if value is None else plain(value, most=_LONGEST)


def _print_run(preview: Preview) -> None:
    costs, machine = preview.costs, preview.machine
    echo(f"Map           {machine['map']}, {min(costs.tables, preview.at_once)} at once")
    if machine["map"] == "INLINE":
        echo(f"payload       {costs.payload_bytes:,} of {costs.payload_room:,} bytes")
        echo(f"history       {costs.history_events:,} of {costs.history_room:,} events")
    more = costs.transitions_at_most - costs.transitions
    attempts = f"; with all attempts {costs.transitions_at_most:,}" if more else ""
    echo(f"transitions   {costs.transitions:,} (${costs.usd:.6f} at $25 per million){attempts}")
    if preview.length is not None:
        echo(f"length        {_length(preview.length, preview)}")
    _print_sharing(preview)
    for skipped in preview.skipped:
        echo(f"left out      {skipped.table}: {skipped.reason}")
    if preview.held:
        does = {"fail": "refuse this run", "skip": "leave them out", "wait": "wait for them"}[preview.on_conflict]
        echo(f"held          {counted(preview.held, 'table')}: run.on_conflict is {preview.on_conflict}, so it would {does}")


def _print_sharing(preview: Preview) -> None:
    """Which tables share a job, and what that saves."""
    savings = preview.grouping.savings() if preview.grouping is not None else []
    if preview.want_to_share:
        why = "share = false" if preview.has_retries else "retries = false"
        echo(f"share a job   none: {counted(preview.want_to_share, 'table')} with share: true, but [machine] has {why}")
    for saving in savings:
        starts = counted(saving.tables - saving.jobs, "start")
        what = f"{counted(saving.tables, 'table')} of {saving.job_type} in {counted(saving.jobs, 'job')}"
        units = ", ".join(f"{amount:,.3g} {unit}" for unit, amount in saving.units.items() if amount)
        usd = preview.usd_of(saving)
        money = f", ${usd:,.2f} by the prices of {preview.prices.as_of}" if usd is not None and preview.prices else ""
        echo(f"share a job   {what}: saves {starts}, {duration(saving.seconds)}" + (f", about {units}{money}" if units else ""))
    for group in preview.groups[:_IN_DETAIL] if savings else ():
        names = ", ".join(plain(table) for table in group.tables[:_NAMED])
        more = f", and {len(group.tables) - _NAMED} more" if len(group.tables) > _NAMED else ""
        echo(f"                {names}{more}")
    if len(preview.groups) > _IN_DETAIL:
        echo(f"                and {len(preview.groups) - _IN_DETAIL} more jobs: --output json has all of them")


def _length(length: Length, preview: Preview) -> str:
    """How long the run may take, and the table or the pool that decides it, if one does."""
    some = f"the last {'run' if length.known == 1 else 'runs'} of {counted(length.known, 'table')}"
    known = "the last run of each table" if length.known == length.tables else some
    text = f"about {duration(length.seconds)}, by {known}"
    if (pool := length.ruled_by_pool) is not None:
        count = sum(name == pool for name in preview.pool_of.values())
        alone = f"its {counted(count, 'table')}, {preview.pools[pool]:,} at once, take {duration(length.pools[pool])}"
        return f"{text}; the pool {pool} decides: {alone}"
    return text if length.ruled_by is None else f"{text}; {length.ruled_by} alone takes {duration(length.longest)}"


def _print_faults(preview: Preview, errors: Mapping[str, int], prefix: str) -> None:
    """What can't be planned, and why. A fault above the tables is printed once, with the number of tables that have it."""
    from extract_cli.config_files import placed, placed_line
    from extract_cli.installed import print_notes

    for line, count in errors.items():
        echo(placed_line(line, preview.event.source, prefix) + (f" ({count:,} tables)" if count > 1 else ""))
    if preview.refused:
        echo(preview.refused)
    if preview.warning:
        echo(f"warning: {preview.warning}", err=True)
    print_notes([str(placed(note, preview.event.source, prefix)) for note in preview.notes])


def _head_json(preview: Preview) -> dict[str, Any]:
    return {
        "source": preview.event.source,
        "map": preview.machine["map"],
        "max_concurrency": preview.at_once,
        "retry_loop": preview.machine["retry_loop"],
        "on_conflict": preview.on_conflict,
        "skipped": [{"table": skipped.table, "reason": skipped.reason} for skipped in preview.skipped],
    }


def _tail_json(preview: Preview) -> dict[str, Any]:
    """What is known when the last table is planned."""
    costs = preview.costs
    return {
        "payload_bytes": costs.payload_bytes,
        "payload_room": costs.payload_room,
        "history_events": costs.history_events,
        "history_room": costs.history_room,
        "transitions": costs.transitions,
        "transitions_at_most": costs.transitions_at_most,
        "usd": round(costs.usd, 6),
        "groups": [list(group.tables) for group in preview.groups],
        "savings": [
            {**asdict(saving), "usd": preview.usd_of(saving)}
            for saving in (preview.grouping.savings() if preview.grouping is not None else ())
        ],
        "length": None if preview.length is None else asdict(preview.length),
        "refused": preview.refused,
        "warning": preview.warning,
        "notes": [str(note) for note in preview.notes],
    }


def _table_json(table: TablePreview) -> dict[str, Any]:
    planned, item = table.planned, table.planned.item
    lock = table.lock
    return {
        "table": planned.table,
        "job_type": item.get("job_type"),
        "pool": item.get(POOL),
        "plan_error": planned.plan_error,
        "watermark": item["watermark"],
        "window": list(window_words(planned)),
        "lock": None if lock is None else {"run_id": lock.run_id, "since": lock.since, "is_alive": lock.is_alive},
        "max_attempts": item["max_attempts"],
        "timeout_seconds": item["timeout_seconds"] if planned.plan_error is None else None,
        "settings": planned.settings,
        "arguments": item["arguments"],
        "values": [
            {"name": value.name, "value": value.value, "from": value.origin, "line": value.line} for value in table.values
        ],
    }
