"""Say in plain words which rows an incremental job reads, what is guaranteed, and what can be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.plan.build_line import OWN_SCRIPT
from extract_core.tracking.watermark import kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.plan.line import PlannedTable

_DEFAULT_LAG: Final = {
    "timestamp": "10 minutes (1 hour 10 minutes if the column has no time zone)",
    "date": "1 day",
    "int": "1000",
    "decimal": "1000",
    "string": "0",
}
"""The lag of the reference job where the config has none, by the kind of the watermark (extract_job/README.md)."""


def foreign_script(core: Mapping[str, Json]) -> str | None:
    """The script of this table if it is not extract's job; None if it is."""
    script = core.get("script_name", OWN_SCRIPT)
    return None if script == OWN_SCRIPT else str(script)


def foreign_reads(script: str) -> str:
    """What a script that is not extract's job can lose."""
    return (
        f"{script} is not extract's job, so extract does not know which rows it reads: if it reads only rows above "
        "--low_watermark, a row that commits after a row with a higher watermark is lost; if it reads from --lag before it, the "
        "rows of the overlap are delivered again"
    )


def window_words(planned: PlannedTable) -> Sequence[str]:
    """Sentences about the window of an incremental read; none for a full extract, a backfill, or a table with a plan error."""
    window: Any = planned.item["watermark"]
    if planned.plan_error is not None or window["mode"] != "incremental":
        return []
    core, column = planned.core, window["column"]
    script = foreign_script(core)
    waits = kind(window["type"]) in ("date", "timestamp") and core.get("future") != "read"
    future = [f"Rows whose {column} is above the source's clock wait until it gets there."] if waits else []
    if window["low"] is None:
        return [*planned.notes, f"Reads the whole table. Its highest {column} becomes the mark.", *future]
    if script is not None:
        return [foreign_reads(script) + "."]
    run: Any = planned.table_run or {}
    lag = run.get("watermark", {}).get("lag") or _DEFAULT_LAG[kind(window["type"])]
    if lag.rstrip("smhdw").strip("0") == "":
        return [
            f"Reads the rows from {column} = {window['low']} on, without a lag.",
            f"A row that commits late with a {column} below the mark is lost.",
            *future,
        ]
    return [
        f"Reads the rows from {column} = {window['low']} less {lag} on, and leaves out those that were delivered before.",
        f"A row that commits within {lag} of its {column} is delivered once per version. A row that commits later is lost.",
        *future,
    ]
