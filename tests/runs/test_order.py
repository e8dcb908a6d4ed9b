"""The longest tables come first, and the length of a run is known before it starts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_core.runs.order import Length, length_of, makespan


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("at_once", [3, 10, 40])
def test_longest_first_ends_within_1_34_times_of_the_lower_bound(seed, at_once):
    """With durations as histories have them: many short tables, few long ones (log-normal)."""
    chance = random.Random(seed)  # noqa: S311 - durations are no secret
    jobs = sorted((chance.lognormvariate(4, 1.5) for _ in range(300)), reverse=True)
    bound = max(sum(jobs) / at_once, jobs[0])
    assert makespan(jobs, at_once) <= 1.34 * bound


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=40), st.integers(1, 12))
def test_no_list_of_jobs_ends_later_than_grahams_bound(jobs, at_once):
    """The lower bound counts what shares a place: of the C + 1 longest jobs, two run on the same one."""
    ordered = sorted(jobs, reverse=True)
    shared = ordered[at_once - 1] + ordered[at_once] if len(ordered) > at_once else 0.0
    bound = max(sum(ordered) / at_once, ordered[0], shared)
    assert bound * (1 - 1e-9) <= makespan(ordered, at_once) <= (2 - 1 / at_once) * bound * (1 + 1e-9)


def test_a_table_that_alone_takes_longer_than_its_share_rules_the_run():
    seconds = {"big": 900.0, "a": 60.0, "b": 30.0}
    assert length_of(["a", "b", "big", "new"], seconds, at_once=4) == Length(
        seconds=900.0, tables=4, known=3, longest=900.0, ruled_by="big"
    )
    assert length_of(["a", "b", "big"], seconds, at_once=1) == Length(
        seconds=990.0, tables=3, known=3, longest=900.0, ruled_by=None
    )
    assert length_of(["new"], seconds, at_once=1) is None


TABLES = ["public.accounts", "public.orders", "public.returns"]


def run(pipeline, run_id, seconds, failing=()):
    """A run whose jobs take so long, by table."""
    items = pipeline.plan(run_id)["tables_to_extract"]
    for item in items:
        if item["table"] in failing:
            pipeline.fail(item)
            continue
        pipeline.report(item, high=f"2026-03-01 05:00:0{run_id[-1]}" if item["watermark"]["mode"] == "incremental" else None)
        pipeline.record(item, {"State": "DONE", "Seconds": seconds[item["table"]]})
    pipeline.summarise(run_id)
    return [item["table"] for item in items]


def test_tables_come_in_the_order_of_their_last_durations(pipeline):
    assert run(pipeline, "run-1", dict(zip(TABLES, (10, 30, 20), strict=True))) == TABLES
    assert run(pipeline, "run-2", dict(zip(TABLES, (90, 30, 20), strict=True))) == [
        "public.orders",
        "public.returns",
        "public.accounts",
    ]
    assert run(pipeline, "run-3", dict(zip(TABLES, (90, 30, 20), strict=True))) == [
        "public.accounts",
        "public.orders",
        "public.returns",
    ]


def test_a_table_whose_last_attempt_failed_and_a_new_one_come_after_the_others(pipeline):
    run(pipeline, "run-1", dict(zip(TABLES, (10, 30, 20), strict=True)), failing=["public.orders"])
    text = (pipeline.folder / "config" / "sales.yml").read_text() + "    public.a_new_one: {}\n"
    pipeline.write(text)
    order = [item["table"] for item in pipeline.plan("run-2")["tables_to_extract"]]
    assert order == ["public.returns", "public.accounts", "public.orders", "public.a_new_one"]


def test_queries_do_not_grow_with_the_tables(pipeline, monkeypatch):
    run(pipeline, "run-1", dict(zip(TABLES, (10, 30, 20), strict=True)))
    queries = []
    attempts = pipeline.tracking.attempts
    monkeypatch.setattr(pipeline.tracking, "attempts", lambda run_id: queries.append(run_id) or attempts(run_id))
    pipeline.plan("run-2")
    assert queries == ["run-1"]
