"""Concurrency and the longest path, from the times of attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from extract_core import JobState
from extract_core.runs.view.timeline import timeline
from extract_core.tracking.records import AttemptRow

START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


def row(table, begin, end, attempt=1):
    times = [None if second is None else (START + timedelta(seconds=second)).isoformat() for second in (begin, end)]
    return AttemptRow(
        run_id="r", source="s", table=table, attempt=attempt, job_type="glue", state=JobState.SUCCEEDED,
        recorded_at=START.isoformat(), started_at=times[0], ended_at=times[1],
    )  # fmt: skip


def line(*rows):
    return timeline(rows, START.isoformat())


def path(*rows):
    return [(step.table, step.attempt) for step in line(*rows).longest_path]


def test_the_path_leads_over_the_places_that_the_last_table_waited_for():
    assert path(row("a", 0, 10), row("b", 0, 4), row("c", 4, 9), row("d", 9, 30), row("e", 10, 12)) == [
        ("b", 1), ("c", 1), ("d", 1),
    ]  # fmt: skip


def test_a_further_attempt_waits_for_the_one_before_it():
    assert path(row("a", 0, 10), row("b", 0, 39), row("a", 40, 60, attempt=2)) == [("a", 1), ("a", 2)]


def test_clocks_of_services_may_differ_a_little():
    assert path(row("a", 1, 10), row("b", 9, 30)) == [("a", 1), ("b", 1)]


def test_tables_that_all_began_at_once_waited_for_nothing():
    assert path(row("a", 0, 10), row("b", 0, 39)) == [("b", 1)]


def test_concurrency_and_what_has_no_times():
    counted = line(row("a", 0, 10), row("b", 5, 10), row("c", 10, 20), row("d", None, None))
    assert counted.concurrency == [(0.0, 1), (5.0, 2), (10.0, 1), (20.0, 0)]
    assert (counted.peak, counted.attempts_without_times) == (2, 1)


def test_a_run_without_jobs():
    assert line() == timeline([], START.isoformat())
    assert line().longest_path == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=12))
def test_the_steps_of_a_path_begin_one_after_the_other_and_its_last_one_ends_last(spans):
    rows = [row(f"t{number}", begin, begin + length) for number, (begin, length) in enumerate(spans)]
    made = line(*rows)
    begins = [step.started_at for step in made.longest_path]
    assert begins == sorted(set(begins))
    if rows:
        assert made.longest_path[-1].ended_at == max(row.ended_at for row in rows)
        assert made.peak == max((running for _, running in made.concurrency), default=0)
