"""Tables that share a job: each ends as it would have ended alone, once, whatever becomes of the others."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_fixtures.pipeline import Pipeline
from shared_fixtures.sharing import FATES, Iterations, SharingPress, config_of, expected, machine_of

from extract_core import JobState
from extract_core.plan.places import uri_of
from extract_core.registry.installed import Registry
from extract_core.registry.routing import GROUP
from extract_core.runs.close import close_stopped
from extract_core.status.record import record
from extract_core.tracking.sqlite import SQLiteTracking

ATTEMPTS = 3


@pytest.fixture
def sharing(pipeline):
    """A function that returns a pipeline with tables of these names, and runs their jobs with these fates."""

    def make(fates, tables=None):
        pipeline.parts = replace(pipeline.parts, registry=Registry.of(SharingPress()))
        pipeline.write(config_of(list(tables or fates), attempts=ATTEMPTS))
        return Iterations(pipeline, lambda table, attempt: fates[table][min(attempt, len(fates[table])) - 1])

    return make


def items_of(pipeline, run_id="run-1", **machine):
    return pipeline.plan(run_id, machine=machine_of(**machine))["tables_to_extract"]


def rows_of(pipeline, run_id="run-1"):
    rows = defaultdict(list)
    for row in pipeline.tracking.attempts(run_id):
        rows[row.table].append(row)
    return rows


def check(pipeline, fates, run_id="run-1"):
    """Each table has the end that it would have had alone, one success at most, and no lease."""
    rows = rows_of(pipeline, run_id)
    assert set(rows) == set(fates)
    for table, attempts in rows.items():
        state, count = expected(fates[table], ATTEMPTS)
        counted = [row for row in attempts if (row.shared or {}).get("counts") is not False]
        assert (attempts[-1].state, len(counted)) == (state, count), (table, attempts)
        assert Counter(row.state for row in attempts)[JobState.SUCCEEDED] == (state is JobState.SUCCEEDED)
        table_state = pipeline.state(table)
        assert (table_state.owner, table_state.last_state) == (None, state)
        entries = list((pipeline.folder / "data/sales" / table / "_committed").glob("*"))
        assert len(entries) == (state is JobState.SUCCEEDED)


@settings(deadline=None, max_examples=25)
@given(
    fates=st.dictionaries(
        st.sampled_from([f"t{number}" for number in range(8)]),
        st.lists(st.sampled_from(FATES), min_size=1, max_size=ATTEMPTS),
        min_size=2,
        max_size=8,
    ),
    size=st.integers(2, 5),
    chance=st.randoms(use_true_random=False),
)
def test_each_table_ends_as_it_would_have_ended_alone(fates, size, chance):
    """Iterations interleave; status events come twice, and late ones come at any time."""
    any_order(fates, size, chance)


@pytest.mark.soak
@settings(deadline=None, max_examples=1_000)
@given(
    fates=st.dictionaries(
        st.sampled_from([f"t{number}" for number in range(50)]),
        st.lists(st.sampled_from((*FATES, "ok", "ok")), min_size=1, max_size=ATTEMPTS),
        min_size=2,
        max_size=50,
    ),
    size=st.integers(2, 50),
    chance=st.randoms(use_true_random=False),
)
def test_each_table_ends_as_it_would_have_ended_alone_for_long(fates, size, chance):
    any_order(fates, size, chance)


def any_order(fates: dict[str, list[str]], size: int, chance: random.Random) -> None:
    with TemporaryDirectory() as folder, SQLiteTracking(Path(folder) / "tracking.db") as tracking:
        pipeline = Pipeline(Path(folder), tracking)
        pipeline.parts = replace(pipeline.parts, registry=Registry.of(SharingPress()))
        pipeline.write(config_of(list(fates), attempts=ATTEMPTS))
        runs = Iterations(pipeline, lambda table, attempt: fates[table][min(attempt, len(fates[table])) - 1])
        open_iterations = [runs.steps(item) for item in items_of(pipeline, tables=size)]
        while open_iterations:
            iteration = chance.choice(open_iterations)
            handled = next(iteration, None)
            if handled is None:
                open_iterations.remove(iteration)
            elif chance.random() < 0.3:
                record(pipeline.parts, json.loads(json.dumps(handled)))  # the same event is delivered twice
            if runs.handled and chance.random() < 0.3:
                record(pipeline.parts, json.loads(json.dumps(chance.choice(runs.handled))))  # an older one comes late
        summary = pipeline.summarise()
        check(pipeline, fates)
        for table, attempts in rows_of(pipeline).items():  # one worker more after each attempt that had too little memory
            sizes = [(row.settings or {}).get("workers", 1) for row in attempts]
            grown = [1 + sum(row.failure == "OUT_OF_MEMORY" for row in attempts[:place]) for place in range(len(attempts))]
            assert sizes == grown, (table, attempts)
        succeeded = [table for table, of_table in fates.items() if expected(of_table, ATTEMPTS)[0] is JobState.SUCCEEDED]
        assert summary["succeeded"] is (len(succeeded) == len(fates))


def test_small_tables_share_one_job_and_a_failure_is_that_of_its_table(sharing, pipeline):
    fates = {"a": ["ok"], "b": ["fail"], "c": ["ok"]}
    runs = sharing(fates)
    [item] = items_of(pipeline)
    assert [member["table"] for member in item[GROUP]["members"]] == ["a", "b", "c"]
    runs.run(item)
    assert runs.jobs == [["a", "b", "c"]]
    check(pipeline, fates)
    rows = rows_of(pipeline)
    assert rows["b"][0].message == "fail"
    assert [rows[table][0].shared["log"] for table in fates] == [["a", 1]] * 3
    assert (rows["a"][0].started_at, rows["a"][0].seconds) == ("2026-03-01T06:01:00+00:00", 2.0)
    costs = [rows[table][0].cost_basis["dpu_seconds"] for table in fates]
    assert sum(costs) == pytest.approx(60.0)


def test_a_job_that_dies_keeps_what_is_done_blames_one_table_and_sends_the_others_round(sharing, pipeline):
    fates = {"a": ["ok"], "b": ["die", "ok"], "c": ["ok"], "d": ["ok"]}
    runs = sharing(fates)
    [item] = items_of(pipeline)
    runs.run(item)
    assert runs.jobs == [["a", "b", "c", "d"], ["c", "d"], ["b"]]
    check(pipeline, fates)
    first, second = rows_of(pipeline)["c"]
    assert first.shared["counts"] is False
    assert (first.failure, second.attempt, second.state) == ("START", 2, JobState.SUCCEEDED)
    assert first.message == (
        "not started: the job that this table shares with 3 other tables ended before its turn (the host went away)"
    )
    assert rows_of(pipeline)["b"][0].message == "the host went away"
    assert first.cost_basis == {"dpu_seconds": 0.0}


def test_a_table_that_needs_more_memory_gets_it_in_a_job_of_its_own_and_the_others_keep_their_size(sharing, pipeline):
    fates = {"a": ["ok"], "b": ["oom", "oom", "ok"], "c": ["ok"], "d": ["ok"]}
    runs = sharing(fates)
    [item] = items_of(pipeline)
    handled = list(runs.steps(item))
    assert runs.jobs == [["a", "b", "c", "d"], ["c", "d"], ["b"], ["b"]]
    assert [done["arguments"]["workers"] for done in handled] == [1, 1, 2, 3]
    check(pipeline, fates)
    assert [row.failure for row in rows_of(pipeline)["b"]] == ["OUT_OF_MEMORY", "OUT_OF_MEMORY", None]


def test_a_job_over_its_time_limit_fails_no_table(sharing, pipeline):
    fates = {"a": ["ok"], "b": ["over"], "c": ["ok"], "d": ["ok"]}
    runs = sharing(fates)
    pipeline.write(config_of(list(fates), attempts=1))
    [item] = items_of(pipeline)
    runs.run(item)
    assert runs.jobs == [["a", "b", "c", "d"], ["c", "d"], ["b"]]
    first, second = rows_of(pipeline)["b"]
    assert (first.state, first.failure, first.shared["counts"], second.state) == ("FAILED", "INTERRUPTED", False, "SUCCEEDED")
    assert first.message == (
        "the job that this table shares with 3 other tables was over its time limit in its turn: it runs alone next "
        "(over its limit)"
    )
    assert rows_of(pipeline)["c"][0].failure == "START"


@pytest.mark.parametrize("error", ["CAPACITY", "THROTTLED", "START", "PERMISSION", "CONFIG", "STOPPED"])
def test_a_job_that_never_began_is_the_failure_of_each_table(sharing, pipeline, error):
    sharing({"a": ["ok"], "b": ["ok"]})
    [item] = items_of(pipeline)
    answer = record(pipeline.parts, {**item, "job_error": {"Error": error, "Cause": "no room"}})
    rows = rows_of(pipeline)
    assert [rows[table][0].failure for table in "ab"] == [error, error if error != "STOPPED" else "STOPPED"]
    assert [(row.shared or {}).get("counts") for row in (rows["a"][0], rows["b"][0])] == [None, None]
    if error == "CAPACITY":  # worth another attempt, which they share again
        assert [member["attempt"] for member in answer[GROUP]["members"]] == [2, 2]
    else:
        assert answer == {"status": "STOPPED" if error == "STOPPED" else "FAILED", "ended": dict.fromkeys("ab", answer["status"])}


def test_a_table_of_a_stopped_job_that_was_not_begun_is_stopped_too(sharing, pipeline):
    runs = sharing({"a": ["ok"], "b": ["ok"], "c": ["ok"]})
    [item] = items_of(pipeline)
    runs.job(item)
    arguments = json.loads(pipeline.path(item["arguments"]["--extract_arguments"]).read_text(encoding="utf-8"))
    for table in arguments["tables"][1:]:
        pipeline.path(table["result_uri"]).unlink()
    answer = record(pipeline.parts, {**item, "job_error": {"Error": "STOPPED", "Cause": "by Ann"}})
    assert answer["ended"] == {"a": "SUCCEEDED", "b": "STOPPED", "c": "STOPPED"}


def test_a_group_waits_for_one_slot_and_its_first_table_gives_it_back(sharing, pipeline):
    runs = sharing({"a": ["die", "ok"], "b": ["ok"], "c": ["ok"]})
    text = config_of(["a", "b", "c"]).replace("  share: true\n", "  share: true\n  pool: db\n")
    pipeline.write(text)
    [item] = items_of(pipeline, pools={"db": 1}, job_type_pools={})
    from extract_core.runs.slots import SlotTaker

    taker = SlotTaker(pipeline.parts)
    while item is not None:
        wish = {"item": item, "execution": "exec:run-1", "entered_at": "2026-03-01T06:00:00Z", "pools": {"db": 1}}
        assert taker.take(wish)["number"] == 1
        [held] = pipeline.tracking.slots("db")
        assert held.table == item["table"]
        answer = record(pipeline.parts, runs.job(item))
        assert not pipeline.tracking.slots("db")
        item = answer if "retry_wait_seconds" in answer else None
    assert runs.jobs == [["a", "b", "c"], ["b", "c"], ["a"]]


def test_a_distributed_machine_reads_one_line_per_group_and_the_plan_has_each_table(sharing, pipeline):
    sharing({f"t{number}": ["ok"] for number in range(5)})
    answer = pipeline.plan(machine=machine_of(2, kind="DISTRIBUTED"))
    lines = pipeline.path(uri_of(**answer["items"])).read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    assert sorted(len(item.get(GROUP, {}).get("members", [item])) for item in items) == [1, 2, 2]
    assert pipeline.tracking.run("run-1").planned == 5
    assert len((pipeline.folder / "runs/run-1/plan.jsonl").read_text(encoding="utf-8").splitlines()) == 5


def test_the_config_manager_gives_the_same_groups_again(sharing, pipeline):
    sharing({"a": ["ok"], "b": ["ok"], "c": ["ok"]})
    assert items_of(pipeline) == items_of(pipeline)


def test_a_table_that_failed_has_its_own_job_in_the_next_run_and_shares_again_after_a_success(sharing, pipeline):
    fates = {"a": ["ok"], "b": ["fail"], "c": ["ok"]}
    runs = sharing(fates)
    for run_id, items in (("run-1", [["a", "b", "c"]]), ("run-2", [["a", "c"], ["b"]]), ("run-3", [["a", "b", "c"]])):
        runs.jobs.clear()
        for item in items_of(pipeline, run_id):
            runs.run(item)
        pipeline.summarise(run_id)
        assert sorted(map(sorted, runs.jobs)) == items
        fates["b"] = ["ok"]


def test_a_rerun_runs_the_failed_table_alone(sharing, pipeline):
    fates = {"a": ["ok"], "b": ["fail"], "c": ["ok"]}
    runs = sharing(fates)
    [item] = items_of(pipeline)
    runs.run(item)
    pipeline.summarise()
    [again] = pipeline.plan("run-2", tables=None, rerun_of="run-1", machine=machine_of())["tables_to_extract"]
    assert (again["table"], GROUP in again) == ("b", False)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace("  share: true\n", ""), "new tables"),
        (lambda text: text.replace("share: true", "share: false"), "the config says so"),
        (lambda text: text.replace("a: {}", "a: {workers: 2}").replace("b: {}", "b: {workers: 3}"), "other settings"),
        (lambda text: text.replace("  share: true\n", "  share: true\n  result: optional\n"), "a job that may be silent"),
        (lambda text: text.replace("{}", "{partition_column: id}"), "a read that is split"),
        (lambda text: text.replace("{}", "{arguments: {--job_engine: spark}}"), "a session of Spark"),
    ],
)
def test_tables_that_share_no_job(sharing, pipeline, change, why):
    sharing({"a": ["ok"], "b": ["ok"], "c": ["ok"]})
    pipeline.write(change(config_of(["a", "b", "c"])))
    assert [GROUP in item for item in items_of(pipeline)] == [False] * 3, why


def test_a_job_type_that_does_not_say_shares_is_never_grouped(pipeline):
    pipeline.write(config_of(["a", "b"]))
    assert [GROUP in item for item in items_of(pipeline)] == [False] * 2


def test_a_machine_without_the_retry_loop_has_no_groups(sharing, pipeline):
    sharing({"a": ["ok"], "b": ["ok"]})
    pipeline.write(config_of(["a", "b"], attempts=1))
    assert [GROUP in item for item in items_of(pipeline, retry_loop=False)] == [False] * 2


def test_a_run_that_dies_keeps_the_tables_of_a_shared_job_that_have_reported(sharing, pipeline):
    runs = sharing({"a": ["ok"], "b": ["ok"], "c": ["die"]})
    [item] = items_of(pipeline)
    runs.job(item)
    entered = {"id": 2, "previousEventId": 1, "type": "TaskStateEntered"}
    history = [{**entered, "stateEnteredEventDetails": {"name": "Press", "input": json.dumps(item)}}]
    pipeline.parts = replace(pipeline.parts, history=lambda _: iter(history), stop_here=lambda _: False)
    close_stopped(pipeline.parts, "run-1", "stopped by Ann")
    rows = {table: attempts[-1] for table, attempts in rows_of(pipeline).items()}
    assert {table: row.state for table, row in rows.items()} == {"a": "SUCCEEDED", "b": "SUCCEEDED", "c": "STOPPED"}
    assert rows["c"].message.startswith("stopped by Ann; the job that it shares with other tables had not reported it; ")
    assert rows["a"].shared == {"tables": 3, "log": ["a", 1]}
    assert pipeline.state("a").base is not None
    [again] = pipeline.plan("run-2", tables=None, rerun_of="run-1", machine=machine_of())["tables_to_extract"]
    assert again["table"] == "c"
