"""The summary of a run: what its attempts add up to, whether that is a success, and the message for people. No stores here."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState
from extract_core.secret_texts import redacted
from extract_core.wording import counted, utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from extract_core.contract import Json
    from extract_core.tracking.records import AttemptRow, RunRecord

CAUSE_LENGTH: Final = 32_768
"""Characters of a Fail state's Cause (botocore: SensitiveCause)."""
_LISTED: Final = 20  # failed tables in the cause
MOST_KEPT: Final = 100  # failed tables in the summary; the attempts have them all
_SLOWEST: Final = 5
_SENTENCES: Final = 5  # about one table, or about what could not be closed
_LINE: Final = 300  # characters of a reason


def last_attempts(rows: Iterable[AttemptRow]) -> dict[str, AttemptRow]:
    """The last attempt of each table."""
    last: dict[str, AttemptRow] = {}
    for row in rows:
        if row.table not in last or last[row.table].attempt < row.attempt:
            last[row.table] = row
    return last


def summarised(
    record: RunRecord, attempts: Sequence[AttemptRow], *, ended_at: datetime, reason: str | None = None, stopped: bool = False
) -> dict[str, Json]:
    """The summary of a planned run from all attempts at its tables: the last ones count, and the bill is of all.

    `reason` is why the machine or a person ended the run early. Tables without an attempt count as failed: NOT_RECORDED.
    """
    planned = record.planned or 0
    rows = last_attempts(attempts).values()
    good = [row for row in rows if row.state is JobState.SUCCEEDED]
    bad = sorted((row for row in rows if row.state is not JobState.SUCCEEDED), key=lambda row: row.table)
    unrecorded = max(0, planned - len(rows))
    failed = len(bad) + unrecorded
    fail_when = record.policy.fail_when if record.policy else "any"
    failures = Counter(str(row.failure) for row in bad)
    if unrecorded:
        failures["NOT_RECORDED"] += unrecorded
    broken = planned == 0 or reason is not None or fails(failed, planned, fail_when)
    costs: Counter[str] = Counter()
    for row in attempts:
        costs.update(row.cost_basis or {})
    times = sorted(((seconds, row.table) for row in rows if (seconds := row.seconds) is not None), reverse=True)
    return {
        **_head(record, ended_at),
        "state": "STOPPED" if stopped else "FAILED" if broken else "SUCCEEDED",
        "fail_when": fail_when,
        "planned": planned,
        "succeeded": len(good),
        "failed": failed,
        "failures": dict(sorted(failures.items())),
        "failed_tables": [
            {
                "table": row.table,
                "state": row.state.value,
                "failure": row.failure and row.failure.value,
                "message": _line(row.message),
            }
            for row in bad[:MOST_KEPT]
        ],
        "rows": sum(row.rows or 0 for row in good),
        "bytes": sum(row.bytes or 0 for row in good),
        "rows_without_watermark": sum(row.rows_without_watermark or 0 for row in good),
        "rows_in_the_future": sum(row.rows_in_the_future or 0 for row in good),
        "rows_delivered_before": sum(row.rows_delivered_before or 0 for row in good),
        "schema_changes": _by_table((row.table, row.schema_changes) for row in good),
        "notes": _by_table((row.table, [*(row.notes or ()), *([row.message] if row.message else ())]) for row in good),
        "proved": dict(sorted(Counter(str(row.proof.get("verify")) for row in good if row.proof).items())),
        "cost_basis": dict(sorted(costs.items())),
        "slowest": [{"table": table, "seconds": seconds} for seconds, table in times[:_SLOWEST]],
        "skipped_tables": len(record.skipped),
        "skipped": [{"table": skipped.table, "reason": _line(skipped.reason)} for skipped in record.skipped[:MOST_KEPT]],
        "reason": redacted(reason) if reason else (_nothing_extracted(record) if planned == 0 else None),
    }


def listed(problems: Sequence[str]) -> list[str]:
    """The first few problems, each on a short line, and how many more there are."""
    more = [f"and {len(problems) - _SENTENCES} more"] if len(problems) > _SENTENCES else []
    return [str(_line(problem)) for problem in problems[:_SENTENCES]] + more


def _by_table(sentences: Iterable[tuple[str, Sequence[str] | None]]) -> list[Json]:
    """The sentences of the tables that have some: of the first `MOST_KEPT` tables, and the first few of each."""
    listed = sorted((table, list(texts)) for table, texts in sentences if texts)
    return [{"table": table, "sentences": [_line(text) for text in texts[:_SENTENCES]]} for table, texts in listed[:MOST_KEPT]]


def _nothing_extracted(record: RunRecord) -> str:
    """Why a run without a table failed: each reason once, with its count."""
    if not record.skipped:
        return "no table was extracted: the plan is empty"
    reasons = Counter(_line(skipped.reason.removeprefix(f"{skipped.table!r} is ")) for skipped in record.skipped)
    listed = "; ".join(f"{count} {reason}" for reason, count in reasons.most_common(3))
    more = f"; and {len(reasons) - 3} other reasons" if len(reasons) > 3 else ""
    return f"no table was extracted: {len(record.skipped)} skipped ({listed}{more})"


def unplanned(record: RunRecord, *, ended_at: datetime, reason: str, stopped: bool = False) -> dict[str, Json]:
    """The summary of a run that never got a plan."""
    return {**_head(record, ended_at), "state": "STOPPED" if stopped else "FAILED", "planned": None, "reason": redacted(reason)}


def fails(failed: int, planned: int, fail_when: str) -> bool:
    """Whether this many failed tables make the run fail: ``any``, ``all``, or at least ``N%`` of those planned."""
    if failed == 0:
        return False
    if fail_when == "any":
        return True
    if fail_when == "all":
        return failed >= planned
    return failed * 100 >= float(fail_when.rstrip("% ")) * planned


def cause(run_id: str, summary: Mapping[str, Any]) -> str:
    """What the Fail state says: which tables, why, and the command that runs just those again."""
    planned, reason = summary.get("planned"), summary.get("reason")
    if planned is None:
        return _cut(f"nothing was planned: {reason}", "")
    again = f" Run just these again: extract rerun {run_id}"
    if planned == 0:
        skipped = "; ".join(f"{table['table']}: {table['reason']}" for table in summary["skipped"][:_LISTED])
        return _cut("no table was extracted" + (f", all were skipped: {skipped}" if skipped else ": the plan is empty"), "")
    tables = [
        f"{table['table']} ({table['failure']}: {table['message'] or 'no reason is known'})" for table in summary["failed_tables"]
    ]
    listed = tables[:_LISTED]
    more = summary["failed"] - len(listed)
    names = ", ".join(listed) + (f" and {more:,} more" if more and listed else "")
    count = f"{summary['failed']:,} of {counted(planned, 'table')} failed" + (f": {names}" if names else "")
    return _cut(f"{reason}; {count}" if reason else count, f".{again}" if summary["failed"] else "")


def _head(record: RunRecord, ended_at: datetime) -> dict[str, Json]:
    started = utc(record.started_at)
    return {
        "run_id": record.run_id,
        "source": record.source,
        "rerun_of": record.rerun_of,
        "started_at": record.started_at,
        "ended_at": ended_at.isoformat(),
        "seconds": round((ended_at - started).total_seconds(), 3),
    }


def _line(text: str | None) -> str | None:
    """A reason on one short line."""
    if text is None:
        return None
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 2]} …"


def _cut(text: str, end: str) -> str:
    room = CAUSE_LENGTH - len(end)
    return (text if len(text) <= room else f"{text[: room - 2]} …") + end
