"""The charts of a table's history as shapes: rows per attempt, and the watermark over time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from extract_cli.report.words import number
from extract_core.contract import JobState
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.tracking.records import AttemptRow, MarkChange

WIDTH: Final = 900
HEIGHT: Final = 170
_LEFT, _TOP, _BOTTOM = 92, 18, 24  # room for labels
_MOST: Final = 60
"""Attempts in a chart, the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The shapes of one chart by the class of their colour, its labels, and what it shows in words."""

    paths: dict[str, str]
    top: str
    bottom: str
    first: str
    last: str
    words: str


def rows_chart(rows: Sequence[AttemptRow]) -> Chart | None:
    """A bar per attempt (`rows`: the newest first), as high as its number of rows. None if there are fewer than two."""
    shown = list(reversed(rows[:_MOST]))
    if len(shown) < 2:
        return None
    most = max((row.rows or 0 for row in shown), default=0) or 1
    step = (WIDTH - _LEFT) / len(shown)
    paths: dict[str, str] = {}
    for place, row in enumerate(shown):
        good = row.state is JobState.SUCCEEDED
        high = max(2.0, (row.rows or 0) / most * (HEIGHT - _TOP - _BOTTOM)) if good else 8.0
        kind = "good" if good else "bad"
        wide = min(40.0, step * 0.8)
        x, y = _LEFT + place * step + (step - wide) / 2, HEIGHT - _BOTTOM - high
        paths[kind] = paths.get(kind, "") + f"M{x:.1f} {y:.1f}h{wide:.1f}v{high:.1f}h-{wide:.1f}z"
    failed = sum(row.state is not JobState.SUCCEEDED for row in shown)
    return Chart(
        paths=paths,
        top=number(most),
        bottom="0",
        first=shown[0].recorded_at[:10],
        last=shown[-1].recorded_at[:10],
        words=f"Rows of the last {len(shown)} attempts: at most {number(most)}; {failed} of them failed.",
    )


def marks_chart(rows: Sequence[AttemptRow], changes: Sequence[MarkChange], kind: str | None) -> Chart | None:
    """The watermark over time, as steps. None if there are fewer than two marks, or if they cannot be drawn on a scale."""
    moves = [(row.recorded_at, row.watermark_high) for row in rows if row.state is JobState.SUCCEEDED and row.watermark_high]
    moves += [(change.changed_at, change.mark) for change in changes if change.mark]
    marks = sorted((utc(at).timestamp(), value, text) for at, text in moves if text and (value := _value(text, kind)) is not None)
    marks = marks[-_MOST:]
    if len(marks) < 2:
        return None
    begin, end = marks[0][0], marks[-1][0]
    low, high = min(value for _, value, _ in marks), max(value for _, value, _ in marks)
    points = [
        (
            _LEFT + (at - begin) / ((end - begin) or 1) * (WIDTH - _LEFT - 8),
            HEIGHT - _BOTTOM - float((value - low) / ((high - low) or 1)) * (HEIGHT - _TOP - _BOTTOM),
        )
        for at, value, _ in marks
    ]
    line = f"M{points[0][0]:.1f} {points[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    dots = "".join(f"M{x - 3:.1f} {y:.1f}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z" for x, y in points)
    texts = {value: text for _, value, text in marks}
    days = sorted(at[:10] for at, text in moves if text)
    return Chart(
        paths={"line": line, "dots": dots},
        top=_label(texts[high]),
        bottom=_label(texts[low]),
        first=days[-len(marks)],
        last=days[-1],
        words=f"The watermark rose from {texts[low]} to {texts[high]} in {len(marks)} steps.",
    )


def _label(text: str) -> str:
    return text[:10] if len(text) > 14 else text


def _value(text: str, kind: str | None) -> Decimal | None:
    """The mark as a number: seconds of a time, or the number itself."""
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    if kind is not None and kind not in ("timestamp", "date"):
        return None
    try:
        return Decimal(utc(text.replace(" ", "T", 1)).timestamp())
    except (ValueError, OverflowError):
        return None
