"""Which table a person means: its source is looked for where none is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_core.errors import UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from extract_core.pipeline.parts import Parts
    from extract_core.tracking.records import RunRecord

source_option = click.option("--source", metavar="SOURCE", help="The table's source. [default: the one that has such a table]")
_RUNS = 200  # in which sources and names are looked for


def find_source(parts: Parts, table: str, source: str | None, *, may_be_new: bool = False) -> str:
    """The source of this table: `source`, or the only one whose table of this name tracking knows.

    With `may_be_new` a named source is taken as it is. Raises UsageError, with the nearest names.
    """
    if source is not None and (may_be_new or _known(parts, source, table)):
        return source
    sources = [source] if source is not None else sorted({record.source for record in parts.tracking.runs(_RUNS)})
    found = [each for each in sources if _known(parts, each, table)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"table {table!r} is in the sources {' and '.join(found)}: say which with --source")
    hint = did_you_mean(table, _names(parts, sources), most=3) or "; see: extract status"
    where = f"of source {source!r} " if source is not None else ""
    raise UsageError(f"no run has had the table {table!r} {where}yet{hint}")


def _known(parts: Parts, source: str, table: str) -> bool:
    return table in parts.tracking.states(source, [table])


def _names(parts: Parts, sources: list[str]) -> list[str]:
    """Tables of the run of each source that had most of them: a rerun, or a run of one table, is the newest only."""
    widest: dict[str, RunRecord] = {}
    for record in parts.tracking.runs(_RUNS):
        known = widest.get(record.source)
        if record.planned and (known is None or record.planned > (known.planned or 0)):
            widest[record.source] = record
    runs = [widest[source].run_id for source in sources if source in widest]
    return sorted({row.table for run in runs for row in parts.tracking.attempts(run)})
