from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from extract_core import JobState
from extract_core.errors import (
    ConfigError,
    ObjectError,
    RunClosed,
    RunNameTaken,
    TablesHeld,
    TablesLocked,
    TrackingUnavailable,
    UsageError,
)
from extract_core.plan.plan_file import read_plan_line
from extract_core.runs.begin import manage
from extract_core.runs.reconcile import reconcile
from extract_core.tracking.records import Policy, Skipped

TABLES = ["public.accounts", "public.orders", "public.returns"]


def names(answer):
    return [item["table"] for item in answer["tables_to_extract"]]


def test_a_run_is_planned_taken_and_recorded(pipeline):
    answer = pipeline.plan()
    assert (answer["run_id"], answer["source"], answer["max_concurrency"], answer["map_error"]) == (
        "run-1",
        "sales",
        10,
        None,
    )
    assert names(answer) == TABLES
    for item in answer["tables_to_extract"]:
        assert item["lease"] == {"fencing": 1}
        assert item["watermark"]["version"] == 0
        line = read_plan_line(pipeline.parts.objects, item)
        assert {**line.item, "plan_uri": item["plan_uri"], "plan_line": item["plan_line"]} == item
    record = pipeline.tracking.run("run-1")
    assert (record.planned, record.policy, record.skipped, record.refused) == (3, Policy(), (), None)
    assert record.event == {"source": "sales", "tables": "*"}
    assert record.versions == {"(embedded)": "0"}
    assert pipeline.held() == set(TABLES)


def test_the_lease_ends_at_the_latest_when_all_jobs_have_used_all_their_time(pipeline):
    pipeline.plan()
    bound = datetime.fromisoformat(pipeline.state("public.accounts").owner.bound)
    # 3 tables of 600 s and 900 s around each, at once: their mean, the longest, and an hour
    assert (bound - datetime.fromisoformat("2026-03-01T06:00:00Z")).total_seconds() == 1_500 + 1_500 + 3_600


def test_the_same_execution_again_gets_the_same_items(pipeline):
    first = pipeline.plan()
    pipeline.write("extract: {tables: {}}")
    assert pipeline.plan() == first


def test_a_run_that_has_ended_is_not_begun_again(pipeline):
    pipeline.run()
    with pytest.raises(RunNameTaken) as raised:
        pipeline.plan()
    assert str(raised.value) == "run 'run-1' has ended before (SUCCEEDED): start a run under another name"
    assert pipeline.held() == set()


def test_a_config_manager_that_died_before_its_plan_stood_starts_over(pipeline, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("extract_core.runs.machine_input.write_plan", lambda *_: (_ for _ in ()).throw(TrackingUnavailable("x")))
        with pytest.raises(TrackingUnavailable):
            pipeline.plan()
    assert pipeline.held() == set(TABLES)
    assert pipeline.tracking.run("run-1").refused is None
    answer = pipeline.plan()
    assert [item["lease"]["fencing"] for item in answer["tables_to_extract"]] == [1, 1, 1]


def test_a_run_id_of_another_execution_is_refused_and_its_record_stays(pipeline):
    pipeline.plan()
    before = pipeline.tracking.run("run-1")
    payload = {"event": {"source": "sales", "tables": "*"}, "machine": {"max_concurrency": 1},
               "execution": {**pipeline.execution("run-1"), "id": "exec:other"}}  # fmt: skip
    with pytest.raises(RunNameTaken, match=r"^the run id 'run-1' was used by execution 'exec:run-1'"):
        manage(pipeline.parts, payload)
    assert pipeline.tracking.run("run-1") == before


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (
            {"event": {}, "machine": {}},
            (
                "the payload's 'execution' has no id, name, started_at: this function is called by the generated state machine, "
                "with id, name and started_at of its execution; build and deploy the machine again"
            ),
        ),
        (
            {"event": {}, "execution": {"id": "e", "name": "run 1", "started_at": "2026-03-01T06:00:00Z"}},
            "run id 'run 1' is not a valid execution name: 1 to 80 letters, digits, '_', '-' and '.'",
        ),
        (
            {"event": {}, "execution": {"id": "e", "name": "run-1", "started_at": "2026-03-01T06:00:00Z"}},
            "the payload has no 'machine': this function is called by the generated state machine; build it again",
        ),
    ],
)
def test_a_payload_that_no_machine_sends(pipeline, payload, message):
    with pytest.raises(UsageError) as raised:
        manage(pipeline.parts, payload)
    assert str(raised.value) == message
    assert pipeline.tracking.runs() == []


def test_a_wrong_event_leaves_no_record(pipeline):
    with pytest.raises(UsageError, match="'extract_table' is not a key of an event"):
        pipeline.plan(extract_table="public.accounts")
    assert pipeline.tracking.runs() == []


@pytest.mark.parametrize(
    ("event", "config", "error", "message"),
    [
        ({"source": "sale"}, None, UsageError, "there is no source 'sale': no sale.yml in "),
        (
            {"tables": ["public.acounts"]},
            None,
            UsageError,
            "sales.yml: there is no table 'public.acounts'; did you mean 'public.accounts'",
        ),
        (
            {},
            "extract: {tabels: {}}",
            ConfigError,
            "sales.yml:1:10: extract: has no tables; write tables: {schema.table: {}, …}\nsales.yml:1:11: ",
        ),
        ({}, "extract: [", ConfigError, "sales.yml:2:1: not valid YAML: "),
    ],
)
def test_a_run_that_cannot_be_planned_says_why_and_holds_nothing(pipeline, event, config, error, message):
    if config is not None:
        pipeline.write(config)
    with pytest.raises(error) as raised:
        pipeline.plan(**event)
    assert str(raised.value).startswith(message)
    record = pipeline.tracking.run("run-1")
    assert record.refused == str(raised.value)
    assert (record.summary["state"], record.summary["planned"], record.summary["reason"]) == ("FAILED", None, str(raised.value))
    assert pipeline.held() == set()


def test_what_breaks_after_the_tables_were_taken_gives_them_back(pipeline):
    pipeline.put(pipeline.parts.runs_uri.rstrip("/"), "a file where the folder of runs should be")
    with pytest.raises(ObjectError):
        pipeline.plan()
    assert pipeline.held() == set()
    assert pipeline.tracking.run("run-1").refused.startswith("can't write ")


def test_a_refused_execution_that_is_redriven_can_be_planned(pipeline):
    pipeline.write("extract: {tabels: {}}")
    with pytest.raises(ConfigError):
        pipeline.plan()
    pipeline.write("extract: {job_type: press, tables: {a: {}}}")
    assert names(pipeline.plan()) == ["a"]
    record = pipeline.tracking.run("run-1")
    assert (record.refused, record.summary, record.planned) == (None, None, 1)


def test_an_execution_that_has_ended_is_not_planned_late(pipeline):
    pipeline.write("extract: {tabels: {}}")
    with pytest.raises(ConfigError):
        pipeline.plan()
    pipeline.write("extract: {job_type: press, tables: {a: {}}}")
    before = pipeline.tracking.run("run-1")
    ended = replace(pipeline.parts, is_running=lambda _: False)
    with pytest.raises(RunNameTaken, match=r"^run 'run-1' has ended before \(FAILED\): start a run under another name$"):
        manage(ended, {"event": {"source": "sales", "tables": "*"}, "execution": pipeline.execution("run-1"), "machine": {}})
    assert pipeline.tracking.run("run-1") == before


@pytest.mark.parametrize("moment", ["take", "plan_run"])
def test_a_run_that_is_closed_while_it_is_planned_stays_closed(pipeline, monkeypatch, moment):
    real = getattr(pipeline.tracking, moment)

    def slow(*arguments, **members):
        monkeypatch.undo()
        assert reconcile(pipeline.parts, "run-1", "TIMED_OUT", "")["state"] == "FAILED"
        return real(*arguments, **members)

    monkeypatch.setattr(pipeline.tracking, moment, slow)
    with pytest.raises(RunClosed) as raised:
        pipeline.plan()
    assert str(raised.value) == (
        "run 'run-1' was closed while it was planned (the execution timed out), and nothing was started: start a "
        "run under another name"
    )
    record = pipeline.tracking.run("run-1")
    assert (record.planned, record.summary["reason"], pipeline.held()) == (None, "the execution timed out", set())


def test_too_many_tables_for_an_inline_map_are_refused_and_given_back(pipeline):
    tables = "\n".join(f"    public.t{number}: {{}}" for number in range(400))
    pipeline.write(f"extract:\n  job_type: press\n  tables:\n    public.accounts: {{}}\n{tables}\n")
    with pytest.raises(UsageError, match=r"^the 401 tables of this run need [\d,]+ bytes of items"):
        pipeline.plan()
    assert pipeline.held() == set()


def test_a_table_of_another_run_refuses_the_whole_run(pipeline):
    pipeline.plan()
    with pytest.raises(TablesHeld) as raised:
        pipeline.plan("run-2", ["public.accounts", "public.returns"])
    assert str(raised.value) == (
        "other runs hold tables of 'sales' (on_conflict: fail), nothing was started: "
        "'public.accounts' is held by run 'run-1' since 2026-03-01T06:00:00.000Z; "
        "'public.returns' is held by run 'run-1' since 2026-03-01T06:00:00.000Z. "
        "Wait for the end of run-1, or write run.on_conflict: skip or wait"
    )
    assert type(raised.value).__name__ != "TablesLocked"  # the machine's Retry goes by the class's name
    assert pipeline.state("public.accounts").owner.run_id == "run-1"


def conflict(pipeline, policy):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(f"{text}\nrun: {{on_conflict: {policy}}}\n")


def test_skip_leaves_held_tables_out_and_says_so(pipeline):
    conflict(pipeline, "skip")
    pipeline.plan("run-1", ["public.accounts"])
    assert names(pipeline.plan("run-2")) == ["public.orders", "public.returns"]
    assert pipeline.tracking.run("run-2").skipped == (
        Skipped(table="public.accounts", reason="'public.accounts' is held by run 'run-1' since 2026-03-01T06:00:00.000Z"),
    )


def test_wait_takes_nothing_and_goes_on_when_the_other_run_has_ended(pipeline):
    conflict(pipeline, "wait")
    first = pipeline.plan("run-1", ["public.accounts"])
    with pytest.raises(TablesLocked) as raised:
        pipeline.plan("run-2")
    assert str(raised.value) == (
        "waiting for other runs (on_conflict: wait), nothing was taken: "
        "'public.accounts' is held by run 'run-1' since 2026-03-01T06:00:00.000Z"
    )
    assert pipeline.held() == {"public.accounts"}
    record = pipeline.tracking.run("run-2")
    assert (record.refused, record.summary) == (str(raised.value), None)
    pipeline.done(first["tables_to_extract"][0])
    assert names(pipeline.plan("run-2")) == TABLES
    assert pipeline.tracking.run("run-2").refused is None


def test_the_tables_of_a_dead_run_are_taken_over(pipeline):
    pipeline.plan()
    pipeline.running.clear()
    assert {item["lease"]["fencing"] for item in pipeline.plan("run-2")["tables_to_extract"]} == {2}


def test_a_later_run_goes_on_from_the_committed_watermark(pipeline):
    pipeline.run()
    orders = pipeline.plan("run-2")["tables_to_extract"][1]
    assert orders["watermark"] == {
        "column": "updated_at",
        "type": "TimestampType",
        "low": "2026-03-01 05:00:00",
        "mode": "incremental",
        "version": 1,
    }
    assert orders["arguments"]["--low_watermark"] == "2026-03-01 05:00:00"


def test_a_commit_between_reading_the_marks_and_taking_is_seen(pipeline):
    """The other run ends after this one has planned from the old mark: it plans again from the one it took."""
    orders = pipeline.plan()["tables_to_extract"][1]

    class Late:
        def __init__(self, store):
            self.store = store

        def __getattr__(self, name):
            return getattr(self.store, name)

        def take(self, *args, **more):
            pipeline.done(orders, high="2026-03-01 05:30:00")
            return self.store.take(*args, **more)

    late = replace(pipeline.parts, tracking=Late(pipeline.tracking))
    machine = {"max_concurrency": 1, "job_types": {"press": {}}}
    event = {"source": "sales", "tables": ["public.orders"]}
    answer = manage(late, {"event": event, "execution": pipeline.execution("run-2"), "machine": machine})
    item = answer["tables_to_extract"][0]
    assert (item["watermark"]["low"], item["watermark"]["version"]) == ("2026-03-01 05:30:00", 1)
    assert item["arguments"]["--low_watermark"] == "2026-03-01 05:30:00"


@pytest.mark.parametrize(
    ("column", "kind", "reason"),
    [
        ("id", "TimestampType", "it is of column 'updated_at' (TimestampType), and the config now says 'id' (TimestampType)"),
        ("updated_at", "LongType", "'2026-03-01 05:00:00' is not a watermark of type 'LongType' (int)"),
        (
            "updated_at",
            "StringType",
            "it is of column 'updated_at' (TimestampType), and the config now says 'updated_at' (StringType)",
        ),
    ],
)
def test_a_mark_of_another_column_or_type_is_no_place_to_go_on_from(pipeline, column, kind, reason):
    pipeline.run()
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("updated_at", column).replace("TimestampType", kind))
    orders = pipeline.plan("run-2")["tables_to_extract"][1]
    assert orders["plan_error"] == {
        "failure": "CONFIG",
        "message": (
            f"the committed watermark '2026-03-01 05:00:00' cannot be continued from: {reason}; "
            "run the table once with --reingest"
        ),
    }
    pipeline.running.clear()
    again = pipeline.plan("run-3", reingest=True)["tables_to_extract"][1]
    assert ("plan_error" in again, again["watermark"]["low"]) == (False, None)


def test_a_table_that_cannot_be_planned_is_recorded_and_the_others_run(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("workers: 3", "job_type: pres"))
    answer = pipeline.plan()
    assert ["plan_error" in item for item in answer["tables_to_extract"]] == [False, False, True]
    assert pipeline.run()["succeeded"] is False
    row = pipeline.row("public.returns")
    assert (row.state, row.failure) == (JobState.FAILED, "CONFIG")
    assert row.message.startswith('sales.yml:10:32: extract.tables."public.returns".job_type: ')
    assert pipeline.held() == set()


def test_the_answer_is_json(pipeline):
    answer = pipeline.plan()
    assert json.loads(json.dumps(answer)) == answer
