"""A large run that has ended, from its summary: counts, the tables that failed, the slowest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_cli.views.output import Column, echo, print_json, print_table
from extract_cli.views.progress import LARGE
from extract_cli.views.run_json import run_json

if TYPE_CHECKING:
    from extract_core.tracking.records import RunRecord


def is_large(record: RunRecord) -> bool:
    """Whether this run has ended and is shown by its summary."""
    return record.summary is not None and (record.planned or 0) > LARGE


def show_summary(record: RunRecord, *, output: str) -> None:
    """The run on stdout. No attempt is read; how to see all tables is on stderr."""
    summary: Any = record.summary
    failed = summary["failed_tables"]
    if output == "json":
        print_json({**run_json(record, summary["state"]), "tables": failed, "tables_are": "the failed ones of the summary"})
    else:
        columns = [Column(name, right=True) for name in ("Tables", "Succeeded", "Failed", "Skipped", "Rows", "Seconds")]
        skipped = summary.get("skipped_tables", len(summary["skipped"]))
        counts = (summary["planned"], summary["succeeded"], summary["failed"], skipped, summary["rows"], summary["seconds"])
        print_table(columns, [counts], title=f"run {record.run_id}: {summary['state']}")
        if failed:
            print_table(
                [Column("Table"), Column("State"), Column("Failure"), Column("Reason")],
                [(row["table"], row["state"], row["failure"], row["message"]) for row in failed],
            )
        if left_out := summary.get("rows_without_watermark"):
            echo(f" rows left out because their watermark is NULL: {left_out:,}; for their tables see: extract status --all")
        if later := summary.get("rows_in_the_future"):
            echo(f" rows left for later because their watermark is above the source's clock: {later:,}")
        for about in (*summary.get("schema_changes", ()), *summary.get("notes", ())):
            echo(f" {about['table']}: {' '.join(map(str, about['sentences']))}")
        for row in summary["slowest"]:
            echo(f" slow: {row['table']}, {row['seconds']:,.0f} s")
    echo("every table: extract status --all", err=True)
