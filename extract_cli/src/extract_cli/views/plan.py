"""How a plan is shown: as text for people, as JSON that stays the same as long as config, job types and tracking do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click

from extract_cli.views.output import Column, plain, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_cli.views.preview import Lock, Preview, TablePreview
    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.line import PlannedTable

_IN_DETAIL: Final = 5  # tables whose values are shown without being asked for
_LONGEST: Final = 300  # characters of a value in text; JSON has it whole


def show(found: Preview, *, details: bool | None, output: str, prefix: str = "") -> None:
    """The whole plan on stdout. `prefix` is the folder of the configs, for places that a terminal can open."""
    if output == "json":
        print_json(_json(found))
        return
    columns = [Column("Table"), Column("Job type"), Column("Reads"), Column("Held by")]
    title = f"{found.event.source}: {_count(len(found.tables), 'table')}"
    print_table(columns, [_row(table) for table in found.tables], title=title)
    if details if details is not None else len(found.tables) <= _IN_DETAIL:
        for table in found.tables:
            _print_values(table)
    elif details is None:
        click.echo("values, and where each comes from: add --details, or --output json", err=True)
    _print_run(found)
    _print_faults(found, prefix)


def _row(table: TablePreview) -> tuple[str, Json, str, str | None]:
    reads = "can't be planned" if table.planned.plan_error else window(table.planned)
    return table.planned.table, table.planned.item.get("job_type"), reads, _held(table.lock)


def window(planned: PlannedTable) -> str:
    """Which rows the job reads, in words."""
    mark: Any = planned.item["watermark"]
    if mark["mode"] == "full":
        return "everything"
    if mark["mode"] == "backfill":
        begin = f"above {mark['low']} " if mark["low"] is not None else ""
        return f"{mark['column']} {begin}up to {mark['high']}, once more"
    lag = _core(planned).get("lag")
    above = f"{mark['column']} > {mark['low']}" if mark["low"] is not None else f"{mark['column']}, from the beginning"
    return above + (f" less {lag}" if lag not in (None, "0") and mark["low"] is not None else "")


def _core(planned: PlannedTable) -> Mapping[str, Json]:
    core = (planned.spec or {}).get("core")
    return core if isinstance(core, dict) else {}


def _held(lock: Lock | None) -> str | None:
    if lock is None:
        return None
    return f"{lock.run_id} since {lock.since}" if lock.is_alive else f"{lock.run_id}, which died: it will be taken over"


def _print_values(table: TablePreview) -> None:
    if not table.values:
        return
    click.echo(f" {plain(table.planned.table)}")
    wide = max(len(value.name) for value in table.values)
    for value in table.values:
        click.echo(f"   {plain(value.name):<{wide}}  {_text(value.value)}  ({value.place})")
    click.echo()


def _text(value: Json) -> str:
    return "(none)" if value is None else plain(value, most=_LONGEST)


def _print_run(found: Preview) -> None:
    costs, machine = found.costs, found.machine
    at_once = min(costs.tables, int(str(machine["max_concurrency"])))
    click.echo(f"Map           {machine['map']}, {at_once} at once")
    if machine["map"] == "INLINE":
        click.echo(f"payload       {costs.payload_bytes:,} of {costs.payload_room:,} bytes")
        click.echo(f"history       {costs.history_events:,} of {costs.history_room:,} events")
    more = costs.transitions_at_most - costs.transitions
    attempts = f"; with all attempts {costs.transitions_at_most:,}" if more else ""
    click.echo(f"transitions   {costs.transitions:,} (${costs.usd:.6f} at $25 a million){attempts}")
    for skipped in found.skipped:
        click.echo(f"left out      {skipped.table}: {skipped.reason}")
    held = [table for table in found.tables if table.lock is not None and table.lock.is_alive]
    if held:
        does = {"fail": "refuse this run", "skip": "leave them out", "wait": "wait for them"}[found.on_conflict]
        click.echo(f"held          {_count(len(held), 'table')}: run.on_conflict is {found.on_conflict}, so it would {does}")


def _print_faults(found: Preview, prefix: str) -> None:
    """What can't be planned, and why: a fault above the tables once, with the number of those that have it."""
    from extract_cli.config_files import placed, placed_line
    from extract_cli.installed import tell_notes

    counts = Counter(line for table in found.tables for line in (table.planned.plan_error or "").splitlines())
    for line, count in counts.items():
        click.echo(placed_line(line, found.event.source, prefix) + (f" ({count:,} tables)" if count > 1 else ""))
    if found.refused:
        click.echo(found.refused)
    tell_notes([str(placed(note, found.event.source, prefix)) for note in found.notes])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _json(found: Preview) -> dict[str, Any]:
    costs = found.costs
    return {
        "source": found.event.source,
        "map": found.machine["map"],
        "max_concurrency": found.machine["max_concurrency"],
        "retry_loop": found.machine["retry_loop"],
        "payload_bytes": costs.payload_bytes,
        "payload_room": costs.payload_room,
        "history_events": costs.history_events,
        "history_room": costs.history_room,
        "transitions": costs.transitions,
        "transitions_at_most": costs.transitions_at_most,
        "usd": round(costs.usd, 6),
        "on_conflict": found.on_conflict,
        "refused": found.refused,
        "notes": [str(note) for note in found.notes],
        "skipped": [{"table": each.table, "reason": each.reason} for each in found.skipped],
        "tables": [_table_json(table) for table in found.tables],
    }


def _table_json(table: TablePreview) -> dict[str, Any]:
    planned, item = table.planned, table.planned.item
    lock = table.lock
    return {
        "table": planned.table,
        "job_type": item.get("job_type"),
        "plan_error": planned.plan_error,
        "watermark": item["watermark"],
        "lock": None if lock is None else {"run_id": lock.run_id, "since": lock.since, "is_alive": lock.is_alive},
        "max_attempts": item["max_attempts"],
        "timeout_seconds": item["timeout_seconds"] if planned.plan_error is None else None,
        "settings": planned.settings,
        "arguments": item["arguments"],
        "values": [
            {"name": value.name, "value": value.value, "from": value.origin, "line": value.line} for value in table.values
        ],
    }


def show_diff(parts: Parts, run: str, found: Preview, *, output: str) -> None:
    """What has changed since a run, table by table."""
    from extract_cli.find_run import find_run
    from extract_core.errors import ObjectNotFound, UsageError
    from extract_core.plan.explain import differences
    from extract_core.plan.plan_file import read_plan

    record = find_run(parts.tracking, run)
    if record.source != found.event.source:
        raise UsageError(f"run {record.run_id!r} is of source {record.source!r}, not {found.event.source!r}")
    if record.plan_uri is None:
        raise UsageError(f"run {record.run_id!r} was never planned ({record.refused or 'its config manager did not finish'})")
    try:
        before = {table.table: table for table in read_plan(parts.objects, record.plan_uri)}
    except ObjectNotFound as error:
        raise UsageError(f"the plan of run {record.run_id!r} is gone: {record.plan_uri}") from error
    now = {table.planned.table: table.planned for table in found.tables}
    changed = {
        name: changes for name in now if name in before and (changes := differences(before[name], now[name]))
    }  # fmt: skip
    added, removed = [name for name in now if name not in before], [name for name in before if name not in now]
    if output == "json":
        as_json = {
            name: [{"name": key, "before": then, "now": today} for key, then, today in changes]
            for name, changes in changed.items()
        }
        print_json({"run_id": record.run_id, "added": added, "removed": removed, "changed": as_json})
        return
    for name in removed:
        click.echo(f"- {name}")
    for name in added:
        click.echo(f"+ {name}")
    _print_changes(changed)
    same = len(now) - len(added) - len(changed)
    click.echo(
        f"since run {record.run_id}: {len(added)} added, {len(removed)} not in this plan, {len(changed)} changed, {same} the same"
    )


def _print_changes(changed: Mapping[str, Sequence[tuple[str, Json, Json]]]) -> None:
    for name, changes in changed.items():
        for key, then, today in changes:
            click.echo(f"~ {name}: {key}: {_text(then)} -> {_text(today)}")
