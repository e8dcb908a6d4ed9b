"""One extract: withdraw the old result, read the source, write the files, put the new result.

If it fails, the reason is put instead.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.chunks import place_of
from extract_job.databases.opening import open_source
from extract_job.databases.renamed import renamed
from extract_job.errors import JobError
from extract_job.failure import put_failure, stopped
from extract_job.last_result import NOTHING, read_last_result
from extract_job.memory import beside, encoded, new_name
from extract_job.metadata import MetadataColumn, Value, listed, metadata_columns, with_metadata
from extract_job.result import Overlap, Result, object_bytes
from extract_job.schema import changes_since, check, result_columns
from extract_job.stopping import Stopped, StopRequest
from extract_job.storage.opening import result_in

if TYPE_CHECKING:
    from extract_job.databases.source import Source


def extract(arguments: Arguments, stop: StopRequest, say: Callable[[str], None], *, shared: bool = False) -> Result:
    """Copy the table and put the result.

    Raises `JobError`, or `Stopped` on a signal; all temporary files are removed by then. In a
    `shared` job the result has its turn, and a signal is not a reason of this table: nothing is put.
    """
    place, began = result_in(arguments.result), _now()
    place.withdraw()
    try:
        result = _extracted(arguments, stop, say)
        if shared:
            result = replace(result, turn=(began, _now()))
        place.put(object_bytes(result.to_json()))
        if result.chunks is not None:
            result_in(place_of(arguments.result)).withdraw()
    except (Stopped, JobError) as error:
        if stop.signal is None and isinstance(error, JobError):
            put_failure(arguments, error, say)
        elif shared:
            raise Stopped from error
        else:
            put_failure(arguments, stopped(stop), say)
        raise
    return result


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _extracted(arguments: Arguments, stop: StopRequest, say: Callable[[str], None]) -> Result:
    began = datetime.now(UTC)
    last = read_last_result(arguments.last_result, arguments.table).of_rows(arguments.selection.where_text)
    with open_source(arguments, NOTHING if arguments.watermark is None else last, stop) as opened:
        source = renamed(opened, arguments.table, arguments.selection.rename)
        say(f"{arguments.table}: {_plan(arguments, source)}")
        arguments = replace(arguments, metadata=_metadata(arguments, source, began))
        if arguments.selection.hive_partitions:
            _check_partitions(arguments, source)
        columns = result_columns(source.columns, source.schema()) + listed(arguments.metadata)
        changes = changes_since(last.members, arguments.table, columns)
        check(arguments.table, changes, arguments.on_schema_change, incremental=arguments.watermark is not None)
        notes = _notes(arguments, source)
        if changes.all and arguments.on_schema_change != "allow":
            notes += (f"the schema has changed since the last committed attempt: {'; '.join(changes.all)}",)
        if changes.by_config:
            notes += (f"metadata_columns has changed since the last committed attempt: {'; '.join(changes.by_config)}",)
        for note in notes:
            say(f"note: {note}")
        return replace(_copied(arguments, source, notes, say), schema=columns, schema_changes=changes.all)


def _metadata(arguments: Arguments, source: "Source", began: datetime) -> tuple[MetadataColumn, ...]:
    server_time = source.info.server_time
    values: dict[str, Value] = {
        "run_id": arguments.run_id,
        "attempt": arguments.attempt,
        "extracted_at": began,
        "source": arguments.source_name,
        "table": arguments.table,
        "server_time": datetime.fromisoformat(server_time) if server_time else None,
    }
    return metadata_columns(arguments.table, arguments.selection.metadata_columns, source.columns, values)


def _check_partitions(arguments: Arguments, source: "Source") -> None:
    from extract_job.partitioning import check_partitions  # it imports Arrow

    check_partitions(arguments.table, arguments.selection.hive_partitions, with_metadata(source.schema(), arguments.metadata))


def _plan(arguments: Arguments, source: "Source") -> str:
    watermark = arguments.watermark
    if watermark is None:
        rows = "all rows"
    else:
        window, word = source.window, "from" if watermark.high is None else "above"
        start = "" if window.begin is None else f" {word} {window.begin!r}"
        to = "" if window.high is None else f" up to {window.high!r}"
        rows = f"rows by {watermark.column!r}{start}{to}"
    return f"reading {rows} of {arguments.database!r} into {str(arguments.folder)!r}"


def _notes(arguments: Arguments, source: "Source") -> tuple[str, ...]:
    """Return what the user should know before rows are read."""
    window, watermark = source.window, arguments.watermark
    rounded = ", ".join(repr(column.name) for column in source.columns if column.rounded)
    notes = [*window.notes]
    if rounded:
        notes.append(
            f"read as doubles, which keep 15 to 17 digits (decimal_overflow: double): {rounded}; a proof compares the doubles "
            "that the database makes of these columns"
        )
    if watermark is None:
        return tuple(notes)
    if window.without_mark:
        skipped = f"rows skipped because {watermark.column!r} is NULL: {window.without_mark}"
        notes.append(f"{skipped}; only a full extract, or a first one, reads them")
    if window.in_the_future:
        skipped = f"rows skipped because {watermark.column!r} is above the clock of the source: {window.in_the_future}"
        notes.append(f"{skipped}; they are read when their time has come, or now with future: read")
    return tuple(notes)


def _copied(arguments: Arguments, source: "Source", notes: tuple[str, ...], say: Callable[[str], None]) -> Result:
    # Imported here: most faults are found in less time than Arrow takes to load.
    from extract_job.engines.choosing import copied_by_engine

    copy = copied_by_engine(arguments, source)
    for note in copy.notes:
        say(f"note: {note}")
    return Result(
        run_id=arguments.run_id,
        attempt=arguments.attempt,
        source_name=arguments.source_name,
        table=arguments.table,
        files=copy.files,
        low_watermark=arguments.low_mark,
        high_watermark=source.window.high,
        rows_without_watermark=source.window.without_mark,
        rows_in_the_future=source.window.in_the_future,
        rows_delivered_before=source.rows_left_out(),
        where=arguments.selection.where_text,
        source=source.info,
        snapshot=source.snapshot,
        overlap=_remembered(arguments, source),
        proof=copy.certificate,
        chunks=copy.chunks,
        notes=notes + copy.notes,
    )


def _remembered(arguments: Arguments, source: "Source") -> Overlap | None:
    """Put what the next attempt must know beside the result, before the result names it."""
    memory, begin, watermark = source.memory(), source.window.next_begin, arguments.watermark
    if memory is None or begin is None or watermark is None:
        return None
    name = None
    if memory.records:
        name = new_name(arguments.result)
        result_in(beside(arguments.result, name)).put(encoded(memory.by, memory.records))
    return Overlap(
        begin=begin,
        lag=source.window.lag,
        column=watermark.column,
        by=memory.by,
        remembers=name,
        rows=memory.count,
        tables=memory.tables,
        columns=memory.columns,
    )
