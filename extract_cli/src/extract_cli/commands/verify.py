"""`extract verify`: compare the committed files of a run with their certificates, at any later time."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from extract_cli.complete import complete_run, complete_table
from extract_cli.find_run import find_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import Column, echo, output_option, plain, print_json, print_table
from extract_core.contract import JobState
from extract_core.errors import UsageError
from extract_core.wording import did_you_mean, how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from extract_core.tracking.records import AttemptRow

_JOB = "extract_job"


@click.command(epilog=examples("extract verify latest", "extract verify sales-first public.orders"))
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.argument("tables", metavar="[TABLE …]", nargs=-1, shell_complete=complete_table)
@local_option
@pipeline_option
@output_option
def verify(run: str, tables: tuple[str, ...], local: bool, pipeline: Path | None, output: str) -> int:
    """Compare the committed files of RUN with their certificates. RUN may be `latest`. Exit code 1 if something differs.

    Each file is read again. Its name, size, rows and figures must be those of the certificate in the result object, and the
    result object must be the one that was committed. Figures of columns are compared if the job ran with `verify: full`.
    """
    runs = runs_of(pipeline, local=local)
    record = find_run(runs.tracking, run, planned=True)
    rows = _committed(list(runs.tracking.attempts(record.run_id)), tables, record.run_id)
    answers = _verified(rows)
    differ = [answer for answer in answers if answer["differences"]]
    if output == "json":
        print_json({"run_id": record.run_id, "tables": answers})
        return 1 if differ else 0
    columns = [Column("Table"), Column("Attempt", right=True), Column("Proof"), Column("Files", right=True)]
    columns += [Column("Rows", right=True), Column("Verdict")]
    cells = [
        (answer["table"], answer["attempt"], answer["verify"] or "none", answer["files"], answer["rows"],
         "differs" if answer["differences"] else "equal")
        for answer in answers
    ]  # fmt: skip
    print_table(columns, cells, title=record.run_id)
    for answer in differ:
        for difference in answer["differences"]:
            echo(f" {plain(answer['table'])}: {plain(difference)}")
    return 1 if differ else 0


def _committed(rows: Sequence[AttemptRow], tables: Sequence[str], run_id: str) -> list[AttemptRow]:
    """The attempts that were committed, of these tables or of all. UsageError if a table has none."""
    committed = {row.table: row for row in rows if row.state is JobState.SUCCEEDED}
    for table in tables:
        if table not in committed:
            problem = "was not committed by" if any(row.table == table for row in rows) else "is not in"
            hint = did_you_mean(table, set(committed), most=3) if problem == "is not in" else ""
            raise UsageError(f"the table {table!r} {problem} the run {run_id!r}{hint or f'; see: extract status {run_id}'}")
    return [committed[table] for table in (dict.fromkeys(tables) or sorted(committed))]


def _verified(rows: Sequence[AttemptRow]) -> list[dict[str, Any]]:
    """What `python -m extract_job verify` says of each attempt. Only the job can read Parquet; this package never imports it."""
    requests = [_request(row) for row in rows if row.result_uri and row.extract_s3_uri]
    read: dict[str, dict[str, Any]] = {}
    if requests:
        if find_spec(_JOB) is None:
            raise UsageError(f"extract verify needs the reference job to read Parquet; {how_to_install('extract-sfn-job')}")
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", _JOB, "verify"],
            input="".join(json.dumps(request) + "\n" for request in requests),
            stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode not in (0, 1) or len(answers) != len(requests):
            raise UsageError(f"the reference job could not verify the files: it ended with exit code {done.returncode}")
        read = {answer["table"]: answer for answer in answers}
    missing = {"verify": None, "files": 0, "rows": 0, "differences": ["no result object is recorded for this attempt"]}
    return [read.get(row.table) or {"table": row.table, "attempt": row.attempt, **missing} for row in rows]


def _request(row: AttemptRow) -> dict[str, object]:
    return {
        "folder": row.extract_s3_uri,
        "result_uri": row.result_uri,
        "run_id": row.run_id,
        "attempt": row.attempt,
        "table": row.table,
        "rows": row.rows,
        "bytes": row.bytes,
        "files": None if row.files is None else [dict(file) for file in row.files],
        "low_watermark": row.watermark_low,
        "high_watermark": row.watermark_high,
    }
