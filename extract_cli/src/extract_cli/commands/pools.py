"""`extract pools`: the pools of extract.toml, who holds their slots, and how many tables wait."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import Column, hint, output_option, print_json, print_table
from extract_core.errors import UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.tracking.records import RunRecord, Slot

_LOOK_BACK = 200


@click.command(epilog=examples("extract pools", "extract pools sales-db --output json"))
@click.argument("names", metavar="[POOL]...", nargs=-1)
@local_option
@pipeline_option
@output_option
def pools(names: Sequence[str], local: bool, pipeline: Path | None, output: str) -> int:
    """Show the pools of extract.toml: their size, who holds their slots, and how many tables of running runs wait.

    A table waits if it has no slot now and is not done: it waits for a slot, for its turn in its run, or for another attempt.
    """
    runs = runs_of(pipeline, local=local)
    sizes = runs.pipeline.pools if runs.pipeline is not None else {}
    for name in names:
        if name not in sizes:
            hint_text = did_you_mean(name, sizes) or f"; it has: {', '.join(sizes) or 'none'}"
            raise UsageError(f"extract.toml has no pool {name!r} in [pools]{hint_text}")
    shown = {pool: size for pool, size in sizes.items() if not names or pool in names}
    used = pools_in_use(runs, shown)
    if output == "json":
        print_json(used)
        return 0
    if not sizes:
        hint("there is no pool: write one in [pools] of extract.toml, such as sales-db = 8")
        return 0
    columns = [Column("Pool"), *(Column(title, right=True) for title in ("Size", "Held", "Waiting"))]
    print_table(columns, [[pool["pool"], pool["size"], pool["held"], pool["waiting"]] for pool in used])
    slots = [(pool["pool"], slot) for pool in used for slot in pool["holders"]]
    if slots:
        rows = [[pool, slot["table"], slot["run_id"], slot["run_state"], slot["since"]] for pool, slot in slots]
        print_table([Column(title) for title in ("Pool", "Held by table", "Run", "State", "Since")], rows)
    if dead := sorted({slot["run_id"] for _, slot in slots if slot["run_state"] != "RUNNING"}):
        hint(
            f"runs that have ended still hold slots; free them with: extract reconcile {' '.join(runs.options)}".rstrip(),
            "yellow",
        )
        hint(f"  their runs: {', '.join(dead)}")
    return 0


def pools_in_use(runs: PipelineRuns, sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """These pools as `--output json` shows them: their size, who holds their slots, and how many tables of each run wait."""
    held = {pool: runs.tracking.slots(pool) for pool in sizes}
    waiting = _waiting(runs, [slot for slots in held.values() for slot in slots]) if sizes else {}
    states = {run_id: _state(runs, run_id) for run_id in sorted({slot.run_id for slots in held.values() for slot in slots})}
    return [_json(pool, size, held[pool], waiting.get(pool, Counter()), states) for pool, size in sizes.items()]


def _state(runs: PipelineRuns, run_id: str) -> str:
    return runs.state(runs.tracking.run(run_id))


def _waiting(runs: PipelineRuns, held: Sequence[Slot]) -> dict[str, Counter[str]]:
    """By pool, how many tables of each running run wait."""
    waiting: dict[str, Counter[str]] = {}
    holders = {(slot.run_id, slot.table) for slot in held}
    for record in runs.tracking.runs(_LOOK_BACK):
        if record.summary is None and record.plan_uri is not None and runs.state(record) == "RUNNING":
            for pool, table in _open(runs, record):
                if (record.run_id, table) not in holders:
                    waiting.setdefault(pool, Counter())[record.run_id] += 1
    return waiting


def _open(runs: PipelineRuns, record: RunRecord) -> list[tuple[str, str]]:
    """Pool and table of the tables of a run that have a pool and no end."""
    from extract_core.objects.routed import open_objects
    from extract_core.plan.plan_file import stored_items
    from extract_core.runs.summary import last_attempts
    from extract_core.runs.waiting import waiting_tables

    last = last_attempts(runs.tracking.attempts(record.run_id))
    ended = last.keys() - waiting_tables(runs.tracking, record, last)
    items = stored_items(open_objects(), str(record.plan_uri))
    return [(str(item["pool"]), str(item["table"])) for item in items if "pool" in item and item["table"] not in ended]


def _json(pool: str, size: int, held: Sequence[Slot], waiting: Counter[str], states: dict[str, str]) -> dict[str, Any]:
    return {
        "pool": pool,
        "size": size,
        "held": len(held),
        "waiting": waiting.total(),
        "holders": [
            {
                "number": slot.number,
                "run_id": slot.run_id,
                "run_state": states[slot.run_id],
                "source": slot.source,
                "table": slot.table,
                "since": slot.taken_at,
            }
            for slot in held
        ],
        "waiting_by_run": dict(sorted(waiting.items())),
    }
