"""Which lines of a shared job's log are of one table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extract_cli.views.shared_log import has_job, log_of, where_in
from extract_core.contract import JobState
from extract_core.tracking.records import AttemptRow

LOG = """\
Unable to find image locally
extract_job: table 1 of 3: a
extract_job: a: 10 rows
extract_job: table 2 of 3: b\\nb
Traceback (most recent call last):
ValueError: b
extract_job: table 3 of 3: c
extract_job: c: 12 rows
extract_job: shared job: 2 of 3 tables succeeded
"""
HEAD, TAIL = "Unable to find image locally\n", "extract_job: shared job: 2 of 3 tables succeeded\n"


def row(**members: object) -> AttemptRow:
    known: dict[str, object] = {"shared": {"tables": 3, "part": 0.1, "log": ["a", 1]}, **members}
    return AttemptRow(
        run_id="r", source="s", table="a", attempt=1, job_type="glue", state=JobState.FAILED, recorded_at="", **known
    )


@pytest.mark.parametrize("recorded", [row(), None])
@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("a", "extract_job: table 1 of 3: a\nextract_job: a: 10 rows\n"),
        ("b\nb", "extract_job: table 2 of 3: b\\nb\nTraceback (most recent call last):\nValueError: b\n"),
        ("c", "extract_job: table 3 of 3: c\nextract_job: c: 12 rows\n"),
    ],
)
def test_a_table_gets_the_lines_of_its_turn_and_of_the_job(table, lines, recorded):
    part = log_of(table, LOG, recorded, show_all="`--whole` shows them")
    assert part.text == HEAD + lines + TAIL
    assert part.note == "3 tables shared this job; the lines of the other tables are left out; `--whole` shows them"


def test_a_turn_that_did_not_begin():
    cut = LOG[: LOG.index("extract_job: table 3")]
    part = log_of("c", cut, row(), show_all="`--whole` shows them")
    assert part.text == HEAD
    assert part.note == "3 tables shared this job, and the turn of 'c' has not begun here; `--whole` shows them"


def test_a_log_without_turns_is_left_whole():
    alone = log_of("a", LOG, row(shared=None), show_all="")
    assert (alone.text, alone.note) == (LOG, None)  # not shared: such lines are the script's
    assert log_of("a", "reading\n", None, show_all="").note is None
    unmarked = log_of("a", "reading\n", row(), show_all="")
    assert unmarked.text == "reading\n"
    assert unmarked.note == "3 tables shared this job, and its log does not mark which lines are of 'a'"


def test_a_log_elsewhere_says_where_the_turn_begins():
    assert where_in("a", row()) == "3 tables shared this job: the lines of 'a' begin at `table … of …: a`"
    assert where_in("a", row(shared=None)) is None


@pytest.mark.parametrize("member", ["job_run_id", "log_url", "started_at"])
def test_an_attempt_without_a_trace_of_a_job_had_none(member):
    assert has_job(row(**{member: "x"}))
    assert not has_job(row())
    assert has_job(replace(row(), state=JobState.STOPPED))  # the process that knew it died
