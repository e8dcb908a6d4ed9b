"""The message about a failed run: what failed and why, what to type, and where the report is. No stores here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.secret_texts import redacted
from extract_core.wording import counted, encodable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CHARACTERS: Final = 2_900
"""The most characters of the whole text: a block of Slack has 3,000 (Slack, "Section block")."""
_REASON: Final = 600


def notice(summary: Mapping[str, Any], reports: Sequence[str] = (), options: Sequence[str] = ()) -> dict[str, str]:
    """The fields of a template (`extract_core.pipeline.notify.FIELDS`) for the summary of a run, without secrets.

    `reports` are the URIs of the run's reports, `options` what a command needs to find the run: ``--local``.
    """
    run_id, planned, failed = summary["run_id"], summary.get("planned"), summary.get("failed") or 0
    report = next((uri for uri in reports if uri.endswith(".html")), next(iter(reports), ""))
    reason = encodable(redacted(_line(summary.get("reason") or "", _REASON)))
    rerun = " ".join(("extract rerun", run_id, *options)) if failed else ""
    title = f"Run {run_id} of {summary['source']}: {summary['state']}"
    count = "nothing was planned" if planned is None else f"{failed:,} of {counted(planned, 'table')} failed"
    head = f"{title}. {count}{f': {reason}' if reason else '.'}"
    end = [
        f"Run the failed tables again: {rerun}" if rerun else "Correct the cause, then start the run again.",
        f"Report: {report}" if report else f"Report: {' '.join(('extract report', run_id, *options))}",
    ]
    return {
        "title": title,
        "text": "\n".join([head, *_tables(summary, MOST_CHARACTERS - len("\n".join([head, *end]))), *end]),
        "run_id": run_id,
        "source": summary["source"],
        "state": summary["state"],
        "planned": "" if planned is None else str(planned),
        "succeeded": str(summary.get("succeeded", 0)),
        "failed": str(failed),
        "reason": reason,
        "rerun": rerun,
        "report": report,
    }


def _tables(summary: Mapping[str, Any], room: int) -> list[str]:
    """A line per failed table, as many as there is room for, and how many more there are."""
    lines: list[str] = []
    failed = summary.get("failed") or 0
    room -= len("and 100,000 more\n")
    for table in summary.get("failed_tables", ()):
        reason = redacted(table["message"] or "no reason is known")
        line = encodable(f"- {_line(table['table'], _REASON)}: {table['failure']}: {_line(reason, _REASON)}")
        if room < len(line) + 1:
            break
        room -= len(line) + 1
        lines.append(line)
    return [*lines, f"and {failed - len(lines):,} more"] if lines and failed > len(lines) else lines


def _line(text: str, most: int) -> str:
    """The text on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 2]} …"
