"""Where bars and ticks are drawn."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_fixtures.results import many

from extract_cli.report import words
from extract_cli.report.gantt import Bar, gantt, packed, ticks


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), max_size=20))
def test_no_two_bars_of_a_line_overlap_and_no_line_is_wasted(spans):
    bars = sorted(
        Bar(f"t{number}", 1, begin, begin + length, "good", on_path=False) for number, (begin, length) in enumerate(spans)
    )
    bars.sort(key=lambda bar: bar.begin)
    lines = packed(bars)
    for line in set(lines):
        own = [bar for bar, its in zip(bars, lines, strict=True) if its == line]
        assert all(first.end <= second.begin for first, second in pairwise(own))
    at_once = max((sum(bar.begin <= moment < bar.end for bar in bars) for moment in range(81)), default=0)
    assert len(set(lines)) == at_once


@pytest.mark.parametrize(
    ("last", "expected"), [(0.4, [0]), (7, [0, 1, 2, 3, 4, 5, 6, 7]), (3_600, [0, 600, 1_200, 1_800, 2_400, 3_000, 3_600])]
)
def test_ticks_are_round(last, expected):
    assert ticks(last) == expected


@given(st.floats(0, 1e8))
def test_there_are_few_ticks_however_long_a_run_takes(last):
    assert 1 <= len(ticks(last)) <= 9


def test_few_tables_have_a_line_each_and_many_are_packed():
    assert [name.short for name in gantt(many(2)).names] == ["schema_0.table_00000", "schema_1.table_00001"]
    large = gantt(many(5_000))
    assert (large.names, large.left) == ((), 0)
    assert large.height < 1_100


def test_bars_that_touch_are_drawn_as_one_and_cover_the_same_pixels(monkeypatch):
    """No pixel more than half of one at an end, and the highest number of jobs stays."""

    def covered(chart):
        lines = {}
        for shapes in chart.paths.values():
            for x, y, wide in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)", shapes):
                lines.setdefault(y, set()).update(range(round(float(x)), round(float(x) + float(wide))))
        return lines

    joined = gantt(many(5_000))
    monkeypatch.setattr("extract_cli.report.gantt._JOIN", 1e-9)
    apart = gantt(many(5_000))
    assert sum(map(len, joined.paths.values())) < sum(map(len, apart.paths.values()))
    assert covered(joined).keys() == covered(apart).keys()
    for line, pixels in covered(apart).items():
        assert len(pixels ^ covered(joined)[line]) <= 0.02 * len(pixels), line
    heights = [min(float(y) for y in re.findall(r"V([\d.]+)", chart.area)) for chart in (joined, apart)]
    assert heights[0] == heights[1]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (words.duration(0.04), "0.0 s"), (words.duration(59.9), "59.9 s"), (words.duration(245), "4:05"),
        (words.duration(3_723), "1:02:03"),
        (words.size(0), "0 B"), (words.size(1_234_567), "1.2 MB"), (words.size(5.1e15), "5,100.0 TB"),
        (words.number(1_234), "1,234"), (words.number(0.0049361), "0.00494"), (words.number(None), ""),
        (words.dollars(0), "$0.00"), (words.dollars(0.00012), "$0.00012"), (words.dollars(1_234.5), "$1,234.50"),
        (words.clock("2026-03-01T06:00:00.123+00:00"), "2026-03-01 06:00:00 UTC"), (words.clock(None), ""),
    ],
)  # fmt: skip
def test_numbers_for_people(shown, expected):
    assert shown == expected
