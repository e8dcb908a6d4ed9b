"""Which table a person means: its source is looked up if the command names none."""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from extract_cli.complete import complete_source, complete_table
from extract_cli.options import local_option, pipeline_option, runs_of
from extract_cli.views.output import output_option
from extract_core.errors import RunNotFound, UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore

source_option = click.option(
    "--source",
    metavar="SOURCE",
    shell_complete=complete_source,
    help="The table's source. [default: the one that has such a table]",
)


def of_a_table(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the argument TABLE and the options that find it. The command gets `table`, its `source`, the `runs` and `output`."""

    @wraps(command)
    def with_table(*, table: str, source: str | None, local: bool, pipeline: Path | None, **others: Any) -> int:
        runs = runs_of(pipeline, local=local)
        return command(runs=runs, source=find_source(runs.tracking, table, source), table=table, **others)

    parameters: list[Any] = [
        click.argument("table", shell_complete=complete_table),
        source_option,
        local_option,
        pipeline_option,
        output_option,
    ]
    for parameter in reversed(parameters):  # click's decorators
        with_table = parameter(with_table)
    return with_table


_RUNS = 200  # whose sources and tables are looked at


def find_source(tracking: TrackingStore, table: str, source: str | None, *, may_be_new: bool = False) -> str:
    """The source of this table: `source`, or the only source with a table of this name in the tracking store.

    With `may_be_new`, `source` is not checked. Raises UsageError, with the nearest names.
    """
    if source is not None and (may_be_new or _is_known(tracking, source, table)):
        return source
    sources = [source] if source is not None else sorted({record.source for record in tracking.runs(_RUNS)})
    matches = [name for name in sources if _is_known(tracking, name, table)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"table {table!r} is in the sources {' and '.join(matches)}: say which with --source")
    with suppress(RunNotFound):
        run = tracking.run(table).run_id
        raise UsageError(
            f"{run!r} is a run, and this command takes a table; for the tables of the run, see: extract status {run}"
        )
    hint = did_you_mean(table, _names(tracking, sources), most=3) or "; see: extract status"
    where = f"of source {source!r} " if source is not None else ""
    raise UsageError(f"no run has had the table {table!r} {where}yet{hint}")


def _is_known(tracking: TrackingStore, source: str, table: str) -> bool:
    return table in tracking.states(source, [table])


def _names(tracking: TrackingStore, sources: list[str]) -> list[str]:
    """The tables of the widest run of each source: a rerun, or a run of one table, may be the newest."""
    widest: dict[str, RunRecord] = {}
    for record in tracking.runs(_RUNS):
        known = widest.get(record.source)
        if record.planned and (known is None or record.planned > (known.planned or 0)):
            widest[record.source] = record
    runs = [widest[source].run_id for source in sources if source in widest]
    return sorted({row.table for run in runs for row in tracking.attempts(run)})
