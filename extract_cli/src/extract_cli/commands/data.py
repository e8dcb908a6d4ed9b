"""`extract data`: the files that hold a table's rows now, and how to read them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from extract_cli.complete import complete_run, complete_table
from extract_cli.find_run import find_run
from extract_cli.find_table import find_source, source_option
from extract_cli.options import examples, local_option, pipeline_for, pipeline_option, runs_of
from extract_cli.views.output import echo, output_option, print_json
from extract_core.errors import UsageError
from extract_core.objects.files import file_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.contract import LiveAttempt
    from extract_core.objects.store import ObjectStore

_READERS: Final[dict[str, Callable[[str], str]]] = {
    "paths": lambda files: "\n".join(json.loads(files)),
    "duckdb": lambda files: (
        f"SELECT * FROM read_parquet({_sql_list(json.loads(files))}, "  # noqa: S608 - names are quoted
        "union_by_name => true, hive_partitioning => false)"
    ),
    "polars": lambda files: (
        "import polars as pl\n\n"
        f"rows = pl.concat([pl.scan_parquet(file, glob=False) for file in {files}], how='diagonal_relaxed')"
    ),
    "pandas": lambda files: (
        f"import pandas as pd\n\nrows = pd.concat([pd.read_parquet(file) for file in {files}], ignore_index=True)"
    ),
    "spark": lambda files: f"rows = spark.read.option('mergeSchema', 'true').parquet(*{files})",
}
"""By name: what reads these files, which come as a JSON list."""


@click.command(epilog=examples("extract data public.orders", "extract data public.orders --run sales-first --for duckdb"))
@click.argument("table", shell_complete=complete_table)
@click.option(
    "--run",
    "run",
    metavar="RUN",
    shell_complete=complete_run,
    help="The files as this run left them; it may be `latest`. [default: the newest]",
)
@click.option(
    "--for", "reader", type=click.Choice([*_READERS, "athena"]), default="paths", show_default=True, help="Print a list, or code."
)
@source_option
@local_option
@pipeline_option
@output_option
def data(table: str, run: str | None, reader: str, source: str | None, local: bool, pipeline: Path | None, output: str) -> int:
    """Print the files that hold the rows of TABLE now.

    Not all files below the table's folder are data: each full extract replaces the files before it, and failed attempts may
    leave files. `--for duckdb` (polars, pandas, spark) prints code that reads the files. `--for athena` prints the statements
    that define a table over them in Athena; print and run them again after each run.
    """
    from extract_core.objects.routed import open_objects
    from extract_core.status.live_files import live_attempts

    read, _ = pipeline_for(pipeline, local=local)
    runs = runs_of(pipeline, local=local)
    source = find_source(runs.tracking, table, source)
    run_id = None if run is None else find_run(runs.tracking, run, planned=True).run_id
    objects = open_objects()
    attempts = live_attempts(objects, read.data_uri, source, table, until_run=run_id)
    if not attempts:
        which = "no run has" if run_id is None else f"run {run_id!r} has not"
        raise UsageError(f"{which} committed rows of {table!r}; see: extract history {table}")
    files = [_shown(file) for attempt in attempts for file in attempt.files]
    if output == "json":
        print_json({"source": source, "table": table, "files": files, "attempts": [asdict(attempt) for attempt in attempts]})
        return 0
    repeated = [attempt.run_id for attempt in attempts if attempt.mode == "backfill"]
    if repeated:
        echo(
            f"note: the backfill of run {', '.join(repeated)} read rows again that other files hold: take the newest row per key",
            err=True,
        )
    if reader == "athena":
        echo(_athena(runs, objects, table, attempts))
        return 0
    echo(_READERS[reader](json.dumps(files, ensure_ascii=False)))
    return 0


def _athena(runs: PipelineRuns, objects: ObjectStore, table: str, live: Sequence[LiveAttempt]) -> str:
    """The statements for Athena; notes go to stderr."""
    from extract_cli.athena import columns_of, definition, strangers

    newest = live[-1]
    rows = runs.tracking.attempts(newest.run_id)
    result_uri = next((row.result_uri for row in rows if (row.table, row.attempt) == (table, newest.attempt)), None)
    location = newest.folder.rstrip("/").rsplit("/", 2)[0] + "/"
    statements, notes = definition(table, location, columns_of(objects, result_uri), live)
    for attempt in live:
        for name in strangers(objects, attempt):
            notes.append(f"{attempt.folder}{name} is not data, and Athena would read it; remove it: extract clean SOURCE {table}")
    for note in notes:
        echo(f"note: {note}", err=True)
    return statements


def _shown(uri: str) -> str:
    """A path for a file on this machine; an object of S3 keeps its URI."""
    return str(file_path(uri)) if uri.startswith("file://") else uri


def _sql_list(files: Sequence[str]) -> str:
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"
