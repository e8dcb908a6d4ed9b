"""A large run that has ended, from its summary alone: counts, the tables that failed, the slowest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from extract_cli.views.output import Column, print_json, print_table
from extract_cli.views.report import LARGE, run_json

if TYPE_CHECKING:
    from extract_core.runs.engine import Engine
    from extract_core.tracking.records import RunRecord


def is_large(record: RunRecord) -> bool:
    """Whether this run has ended and is shown by its summary."""
    return record.summary is not None and (record.planned or 0) > LARGE


def show_summary(engine: Engine, record: RunRecord, *, output: str) -> None:
    """The run on stdout; that there is more, on stderr. No attempt is read."""
    summary: Any = record.summary
    failed = summary["failed_tables"]
    if output == "json":
        print_json({**run_json(engine, record), "tables": failed, "tables_are": "the failed ones of the summary"})
    else:
        columns = [Column("Tables", right=True)] + [
            Column(name, right=True) for name in ("Succeeded", "Failed", "Skipped", "Rows", "Seconds")
        ]
        skipped = summary.get("skipped_tables", len(summary["skipped"]))
        counts = (summary["planned"], summary["succeeded"], summary["failed"], skipped, summary["rows"], summary["seconds"])
        print_table(columns, [counts], title=f"run {record.run_id}: {summary['state']}")
        if failed:
            print_table(
                [Column("Table"), Column("State"), Column("Failure"), Column("Reason")],
                [(each["table"], each["state"], each["failure"], each["message"]) for each in failed],
            )
        if left_out := summary.get("rows_without_watermark"):
            click.echo(
                f" rows left out because their watermark is NULL: {left_out:,}; of which tables, says: extract status --all"
            )
        for each in summary["slowest"]:
            click.echo(f" slow: {each['table']}, {each['seconds']:,.0f} s")
    click.echo("every table: extract status --all", err=True)
