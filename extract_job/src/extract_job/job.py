"""One extract from beginning to end: withdraw the old result, read, write, put the new result last."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from extract_job.arguments.parsing import Arguments
from extract_job.result import Result
from extract_job.stopping import StopRequest
from extract_job.storage.opening import folder_in, result_in

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from extract_job.databases.source import Source

FIRST_BATCH = 16
"""Rows of the first batch, before anything is known of how wide they are: a row may be megabytes."""
LEAST_ROWS = 1024
BATCH_ROWS = 16_384
BATCH_BYTES = 16 * 2**20
"""A batch's bounds: rows unless `fetchsize` sets more or fewer (a file has no round trips to save: not below `LEAST_ROWS`), and
bytes by the width of the batch before."""


def extract(arguments: Arguments, stop: StopRequest, say: Callable[[str], None]) -> Result:
    """Copy the table and put the result; raises `JobError`, and `Stopped` on a signal, with all temporary files removed."""
    place = result_in(arguments.result)
    place.withdraw()
    with _opened(arguments, stop) as source:
        say(f"{arguments.table}: {_plan(arguments, source)}")
        if source.rows_without_watermark and arguments.marks:
            say(
                f"note: rows left out because {arguments.marks.column!r} is NULL: {source.rows_without_watermark}; "
                "only a full extract, or a first one, reads them"
            )
        result = _copied(arguments, source)
    place.put(result.to_json() + "\n")
    return result


def _opened(arguments: Arguments, stop: StopRequest) -> "AbstractContextManager[Source]":
    # One engine's module is imported, not all of them.
    if arguments.engine == "postgres":
        from extract_job.databases.postgresql.source import open_postgresql

        return open_postgresql(arguments)
    from extract_job.databases.sqlite.source import open_sqlite

    return open_sqlite(arguments, stop)


def _plan(arguments: Arguments, source: "Source") -> str:
    marks = arguments.marks
    if marks is None:
        what = "all rows"
    else:
        above = "" if marks.begin is None else f" above {marks.begin!r}"
        to = "" if source.high_watermark is None else f" up to {source.high_watermark!r}"
        what = f"rows by {marks.column!r}{above}{to}"
    return f"reading {what} of {arguments.database!r} into {str(arguments.folder)!r}"


def _copied(arguments: Arguments, source: "Source") -> Result:
    # Here, because Arrow takes longer to load than most faults take to find.
    from extract_job.parquet import ParquetTarget

    most = max(arguments.fetchsize or BATCH_ROWS, LEAST_ROWS)
    with ParquetTarget(folder_in(arguments.folder), source.schema(), arguments.rows_per_file) as target:
        size = FIRST_BATCH
        while (table := source.read(size)) is not None:
            target.write(table)
            width = max(1, table.nbytes // table.num_rows)
            size = max(1, min(most, table.num_rows * 4, BATCH_BYTES // width))
        files = target.finish()
    return Result(
        run_id=arguments.run_id,
        attempt=arguments.attempt,
        files=tuple(files),
        low_watermark=arguments.low_watermark,
        high_watermark=source.high_watermark,
        rows_without_watermark=source.rows_without_watermark,
    )
