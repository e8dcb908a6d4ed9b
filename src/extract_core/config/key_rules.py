"""Rules over several keys of a table: the order of bounds, PE without a watermark, a lag that does not fit its watermark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.config import keys
from extract_core.config.bounds import wrong_bounds
from extract_core.config.tiers import attempts_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.config.spots import Path
    from extract_core.config.tiers import Tiers
    from extract_core.errors import Finding


_OF_TABLE: Final = "remove it, or write 0"
_FOR_TABLE: Final = "write lag: 0 for this table"


def wrong_together(tiers: Tiers, table: str, job_type: str | None, core: Mapping[str, object]) -> list[Finding]:
    """The findings about a table whose keys are valid one by one; `core` are the keys that the core reads, all tiers merged."""
    path: Path = ("extract", "tables", table)
    findings: list[Finding] = []
    attempts = core.get("max_attempts", 1)
    if isinstance(attempts, int) and attempts > 1 and not tiers.has_retry_loop:
        findings.append(
            tiers.finding(tiers.origin("max_attempts", table, job_type), attempts_message(attempts, tiers.machine_name))
        )
    pool = core.get("pool")
    wrong = tiers.unknown_pool(pool) if isinstance(pool, str) else None
    if wrong:
        findings.append(tiers.finding(tiers.origin("pool", table, job_type), wrong))
    if core.get("columns") and core.get("exclude_columns"):
        findings.append(tiers.finding((*path, "exclude_columns"), "says the same as columns; keep one of them", of_key=True))
    lower, upper = core.get("lower_bound"), core.get("upper_bound")
    wrong = wrong_bounds(lower, upper) if isinstance(lower, str) and isinstance(upper, str) else None
    if wrong:
        findings.append(tiers.finding(tiers.origin("lower_bound", table, job_type), wrong))
    if core.get("extract_type", "FE") == "FE":
        return findings
    missing = [key for key in ("watermark.column", "watermark.type") if key not in core]
    if missing:
        needs = f"an incremental extract (extract_type PE) needs {' and '.join(missing)}"
        findings.append(tiers.finding(path, f"{needs}; write watermark: {{column: …, type: …}} here, or extract_type: FE"))
    elif "lag" in core:
        wrong = _lag_fault(str(core["lag"]), str(core["watermark.type"]))
        if wrong:
            origin = tiers.origin("lag", table, job_type)
            if origin[: len(path)] != path:  # of several tables
                wrong = f"does not fit the table {table!r}: it {wrong.replace(_OF_TABLE, _FOR_TABLE)}"
            findings.append(tiers.finding(origin, wrong))
    return findings


def _lag_fault(lag: str, watermark_type: str) -> str | None:
    if watermark_type == "StringType":
        return f"is {lag!r}, but a watermark of StringType takes no lag; {_OF_TABLE}" if lag != "0" else None
    has_unit = not lag.isdigit()
    if watermark_type in keys.NUMERIC_WATERMARKS and has_unit:
        return f"is {lag!r}, but a watermark of {watermark_type} takes a number without a unit; write one for this table"
    if watermark_type not in keys.NUMERIC_WATERMARKS and not has_unit and lag != "0":
        return f"is {lag!r}, but a watermark of {watermark_type} takes a unit; write s, m, h, d or w after the number"
    return None
