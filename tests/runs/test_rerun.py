from __future__ import annotations

import pytest

from extract_core.errors import ConfigError, NothingLeft, RunNotFound, TablesHeld, UsageError
from extract_core.tracking.records import Skipped

MARK = "2026-03-01 05:00:00"
ALL = ["public.accounts", "public.orders", "public.returns"]


def again(pipeline, run_id="run-2", of="run-1", tables=None, **event):
    return pipeline.plan(run_id, tables, rerun_of=of, **event)["tables_to_extract"]


def names(items):
    return [item["table"] for item in items]


def test_only_what_did_not_succeed_runs_again(pipeline):
    pipeline.run(failing=["public.accounts", "public.returns"])
    items = again(pipeline)
    assert names(items) == ["public.accounts", "public.returns"]
    record = pipeline.tracking.run("run-2")
    assert (record.rerun_of, record.skipped, record.planned) == ("run-1", (), 2)
    assert {item["run_id"] for item in items} == {"run-2"}
    assert all("/run_id=run-2/attempt=1/" in item["extract_s3_uri"] for item in items)


def test_tables_without_an_end_run_again(pipeline):
    pipeline.done(pipeline.plan()["tables_to_extract"][0])
    pipeline.summarise()
    assert names(again(pipeline)) == ["public.orders", "public.returns"]


def test_a_full_extract_may_resume_from_the_attempts_of_the_run_that_is_repeated(pipeline):
    pipeline.run(failing=ALL)
    resumed = {item["table"]: item["arguments"].get("--resume_from") for item in again(pipeline)}
    assert resumed == {
        "public.accounts": f"{pipeline.folder.as_uri()}/runs/run-1/results/public.accounts/attempt=1.json",
        "public.orders": None,  # incremental
        "public.returns": f"{pipeline.folder.as_uri()}/runs/run-1/results/public.returns/attempt=1.json",
    }


def test_settings_come_from_the_stored_plan_and_the_watermark_from_today(pipeline):
    pipeline.run()
    pipeline.run("run-2", failing=["public.orders", "public.returns"])
    pipeline.write("extract: {job_type: press, tables: {something.else: {}}}")
    orders, returns = again(pipeline, "run-3", "run-2")
    assert orders["watermark"] == {
        "column": "updated_at", "type": "TimestampType", "low": MARK, "mode": "incremental", "version": 1,
    }  # fmt: skip
    assert returns["arguments"]["workers"] == 3


def test_a_rerun_of_a_reingest_is_one_and_so_is_a_rerun_of_that(pipeline):
    pipeline.run()
    pipeline.run("run-2", reingest="true", failing=["public.orders"])
    pipeline.run("run-3", rerun_of="run-2", tables=None, failing=["public.orders"])
    (orders,) = again(pipeline, "run-4", "run-3")
    assert (orders["watermark"]["mode"], orders["watermark"]["low"]) == ("incremental", None)
    pipeline.done(orders, high="2026-03-01 06:00:00")
    assert pipeline.state("public.orders").watermark == "2026-03-01 06:00:00"


def test_the_policy_is_that_of_the_first_run(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(f"{text}\nrun: {{fail_when: 90%}}\n")
    pipeline.run(failing=["public.returns"])
    pipeline.write(text)
    again(pipeline)
    assert pipeline.tracking.run("run-2").policy.fail_when == "90%"


def test_what_failed_by_its_config_is_planned_from_todays(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("workers: 3", "wokers: 3"))
    pipeline.run(failing=["public.accounts"])
    pipeline.write(text.replace("workers: 3", "workers: 5"))
    accounts, returns = again(pipeline)
    assert "plan_error" not in returns
    assert (accounts["arguments"]["workers"], returns["arguments"]["workers"]) == (1, 5)


def test_a_config_that_is_still_wrong_is_recorded_again(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("workers: 3", "wokers: 3"))
    pipeline.run()
    (item,) = again(pipeline)
    assert item["plan_error"]["failure"] == "CONFIG"


def test_a_config_that_is_broken_now_refuses_the_rerun(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("workers: 3", "wokers: 3"))
    pipeline.run()
    pipeline.write("extract: {")
    with pytest.raises(ConfigError):
        again(pipeline)


REMOVED = "failed with CONFIG, and sales.yml does not have it any more"


def test_a_table_that_was_taken_out_of_the_config_is_left_out_and_the_others_run(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("workers: 3", "wokers: 3"))
    pipeline.run(failing=["public.orders"])
    pipeline.write("extract: {job_type: press, tables: {public.accounts: {}}}")
    assert names(again(pipeline)) == ["public.orders"]
    assert pipeline.tracking.run("run-2").skipped == (Skipped(table="public.returns", reason=REMOVED),)


def test_nothing_is_left_if_each_failed_table_was_taken_out_of_the_config(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("workers: 3", "wokers: 3"))
    pipeline.run()
    pipeline.write("extract: {job_type: press, tables: {public.accounts: {}}}")
    with pytest.raises(NothingLeft) as raised:
        again(pipeline)
    assert str(raised.value) == (
        f"nothing of run 'run-1' is left to run again: public.returns: {REMOVED}; 2 tables succeeded in it"
    )


def test_named_tables_that_have_succeeded_are_left_out_with_a_note(pipeline):
    pipeline.run(failing=["public.returns"])
    assert names(again(pipeline, tables=["public.orders", "public.ret*"])) == ["public.returns"]
    assert pipeline.tracking.run("run-2").skipped == (Skipped(table="public.orders", reason="succeeded in run 'run-1'"),)


def test_some_of_the_failed_ones(pipeline):
    pipeline.run(failing=["public.accounts", "public.returns"])
    assert names(again(pipeline, exclude=["public.acc*"])) == ["public.returns"]


def test_nothing_left_to_do(pipeline):
    pipeline.run()
    with pytest.raises(UsageError) as raised:
        again(pipeline)
    assert str(raised.value) == ("nothing of run 'run-1' is left to run again: 3 tables succeeded in it")
    assert pipeline.tracking.run("run-2").refused == str(raised.value)


def test_what_another_rerun_has_done_is_not_done_again(pipeline):
    pipeline.run(failing=["public.accounts", "public.returns"])
    pipeline.run("run-2", tables=["public.returns"], rerun_of="run-1")
    assert names(again(pipeline, "run-3")) == ["public.accounts"]
    pipeline.running.clear()
    with pytest.raises(UsageError, match=r"public\.returns: succeeded since, in run 'run-2'$"):
        again(pipeline, "run-4", tables=["public.returns"])


def test_a_rerun_of_a_rerun(pipeline):
    pipeline.run(failing=["public.accounts", "public.returns"])
    pipeline.run("run-2", tables=None, rerun_of="run-1", failing=["public.returns"])
    assert names(again(pipeline, "run-3", "run-2")) == ["public.returns"]


def test_a_run_that_still_runs_keeps_its_tables(pipeline):
    pipeline.fail(pipeline.plan()["tables_to_extract"][0])
    assert names(again(pipeline, tables=["public.accounts"])) == ["public.accounts"]
    with pytest.raises(TablesHeld):
        again(pipeline, "run-3", tables=["public.orders"])


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        ({"of": "run-0"}, RunNotFound, "there is no run 'run-0'; did you mean 'run-2' or 'run-1'?"),
        (
            {"source": "crm"},
            UsageError,
            "run 'run-1' is of source 'sales', and the event says 'crm': write source: sales",
        ),
        (
            {"tables": ["public.nope"]},
            UsageError,
            "the plan of run 'run-1': there is no table 'public.nope'; did you mean 'public.orders' or",
        ),
    ],
)
def test_a_rerun_of_what_is_not_there(pipeline, event, error, message):
    pipeline.run(failing=["public.returns"])
    with pytest.raises(error) as raised:
        again(pipeline, **event)
    assert str(raised.value).startswith(message)


def test_a_plan_that_is_gone(pipeline):
    pipeline.run(failing=["public.returns"])
    uri = pipeline.tracking.run("run-1").plan_uri
    pipeline.path(uri).unlink()
    with pytest.raises(UsageError) as raised:
        again(pipeline)
    assert str(raised.value) == (
        f"the plan of run 'run-1' is gone ({uri}; plans are kept 400 days): its settings are lost. Start a new run of its failed "
        "tables, with the settings of today: extract run sales failed:run-1"
    )


def test_a_run_of_which_all_tables_were_skipped(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(f"{text}\nrun: {{on_conflict: skip}}\n")
    pipeline.plan("run-0", ["public.accounts"])
    pipeline.plan("run-1", ["public.accounts"])
    with pytest.raises(UsageError) as raised:
        again(pipeline)
    assert str(raised.value) == (
        "run 'run-1' planned no table, all were skipped: public.accounts; start a new run of them: extract run sales TABLE..."
    )


def test_a_run_that_was_never_planned(pipeline):
    with pytest.raises(UsageError):
        pipeline.plan(tables=["nope"])
    with pytest.raises(UsageError) as raised:
        again(pipeline)
    assert str(raised.value).startswith("run 'run-1' was never planned (sales.yml: there is no table 'nope'")
    assert str(raised.value).endswith("): start a new run instead")
