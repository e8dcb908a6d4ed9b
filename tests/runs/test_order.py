"""The longest tables come first, and the length of a run is known before it starts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_core.runs.order import Job, Length, length_of, makespan


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("at_once", [3, 10, 40])
def test_longest_first_ends_within_1_34_times_of_the_lower_bound(seed, at_once):
    """With durations as histories have them: many short tables, few long ones (log-normal)."""
    chance = random.Random(seed)  # noqa: S311 - durations are not secret
    jobs = sorted((chance.lognormvariate(4, 1.5) for _ in range(300)), reverse=True)
    bound = max(sum(jobs) / at_once, jobs[0])
    assert makespan(list(map(Job, jobs)), at_once) <= 1.34 * bound


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=40), st.integers(1, 12))
def test_no_list_of_jobs_ends_later_than_grahams_bound(jobs, at_once):
    """The lower bound counts what shares a place: of the C + 1 longest jobs, two run on the same one."""
    ordered = sorted(jobs, reverse=True)
    shared = ordered[at_once - 1] + ordered[at_once] if len(ordered) > at_once else 0.0
    bound = max(sum(ordered) / at_once, ordered[0], shared)
    assert bound * (1 - 1e-9) <= makespan(list(map(Job, ordered)), at_once) <= (2 - 1 / at_once) * bound * (1 + 1e-9)


def test_a_table_that_alone_takes_longer_than_its_share_rules_the_run():
    seconds = {"big": 900.0, "a": 60.0, "b": 30.0}
    assert length_of(["a", "b", "big", "new"], seconds, at_once=4) == Length(
        seconds=900.0, tables=4, known=3, longest=900.0, ruled_by="big"
    )
    assert length_of(["a", "b", "big"], seconds, at_once=1) == Length(
        seconds=990.0, tables=3, known=3, longest=900.0, ruled_by=None
    )
    assert length_of(["new"], seconds, at_once=1) is None


HOURS = {f"t{number}": 3600.0 for number in range(12)}


def pooled(count, pool="db"):
    return dict.fromkeys(list(HOURS)[:count], pool)


@pytest.mark.parametrize(
    ("at_once", "pools", "sizes", "hours", "by_pool"),
    [
        (4, {}, {}, 3, None),
        (4, pooled(4), {"db": 2}, 4, None),  # 3 by the work, but two tables wait on their places for an hour
        (4, pooled(8), {"db": 2}, 5, "db"),
        (12, pooled(8), {"db": 2}, 4, "db"),
        (12, pooled(12), {"db": 1}, 12, "db"),
        (12, {**pooled(9), "t10": "b", "t11": "b"}, {"db": 3, "b": 1}, 3, "db"),
        (12, {**pooled(8), **dict.fromkeys(("t8", "t9", "t10", "t11"), "b")}, {"db": 8, "b": 1}, 4, "b"),
    ],
)
def test_a_pool_whose_work_takes_longest_rules_the_run(at_once, pools, sizes, hours, by_pool):
    length = length_of(list(HOURS), HOURS, at_once=at_once, pools=pools, sizes=sizes)
    assert (length.seconds / 3600, length.ruled_by, length.ruled_by_pool) == (hours, None, by_pool)
    assert length.pools == {pool: 3600 * list(pools.values()).count(pool) / sizes[pool] for pool in sizes}


def test_a_table_that_waits_for_its_pool_holds_its_place():
    """The two places are taken by tables of the pool, so the table without a pool begins when one of them has ended."""
    jobs = [Job(100, "db"), Job(100, "db"), Job(50)]
    assert makespan(jobs, 2, {"db": 1}) == 200
    assert makespan([*jobs[:2], Job(150)], 2, {"db": 1}) == 250
    assert makespan([*jobs[:2], Job(150)], 3, {"db": 1}) == 200


@given(
    st.lists(st.tuples(st.floats(0.1, 1e6), st.sampled_from([None, "a", "b"])), min_size=1, max_size=30),
    st.integers(1, 8),
    st.integers(1, 4),
)
def test_no_run_with_pools_ends_before_its_lower_bounds_or_after_all_its_jobs_in_turn(jobs, at_once, size):
    ordered = sorted((Job(*job) for job in jobs), reverse=True, key=lambda job: job.seconds)
    work = [sum(job.seconds for job in ordered if job.pool == pool) / size for pool in "ab"]
    total = sum(job.seconds for job in ordered)
    bound = max(total / at_once, ordered[0].seconds, *work)
    assert bound * (1 - 1e-9) <= makespan(ordered, at_once, {"a": size, "b": size}) <= total * (1 + 1e-9)


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
