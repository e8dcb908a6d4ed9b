"""``failed:RUN_ID`` in an event: the tables that did not succeed in that run, planned from today's config."""

from __future__ import annotations

import pytest

from extract_core.errors import RunNotFound, UsageError


def names(answer):
    return [item["table"] for item in answer["tables_to_extract"]]


def test_the_failed_tables_of_a_run(pipeline):
    pipeline.run(failing=["public.accounts", "public.returns"])
    answer = pipeline.plan("run-2", "failed:run-1")
    assert names(answer) == ["public.accounts", "public.returns"]
    assert pipeline.tracking.run("run-2").rerun_of is None


def test_tables_without_an_end_count_as_failed(pipeline):
    pipeline.done(pipeline.plan()["tables_to_extract"][0])
    pipeline.summarise()
    assert names(pipeline.plan("run-2", ["failed:run-1"], exclude=["public.returns"])) == ["public.orders"]


def test_tags_of_the_stored_plan_choose_in_a_rerun(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("{workers: 3}", "{workers: 3, tags: large}"))
    pipeline.run(failing=["public.accounts", "public.returns"])
    assert names(pipeline.plan("run-2", "tag:large", rerun_of="run-1")) == ["public.returns"]


def test_what_can_not_be_chosen_is_told(pipeline):
    pipeline.plan()
    for event, message in {
        "failed:run-1": "failed:run-1: that run has not ended, so it is not known which tables fail; see: extract status run-1",
    }.items():
        with pytest.raises(UsageError) as error:
            pipeline.plan("run-2", event)
        assert str(error.value) == message
    pipeline.summarise()
    pipeline.run("run-3")
    with pytest.raises(UsageError) as error:
        pipeline.plan("run-4", "failed:run-3")
    assert str(error.value) == "failed:run-3: every table of that run succeeded"
    with pytest.raises(UsageError) as error:
        pipeline.plan("run-5", "failed:run-4")
    assert str(error.value) == "failed:run-4: that run was never planned (failed:run-3: every table of that run succeeded)"
    with pytest.raises(RunNotFound):
        pipeline.plan("run-6", "failed:run-33")
    pipeline.write((pipeline.folder / "config" / "sales.yml").read_text().replace("sales", "crm"), "crm.yml")
    with pytest.raises(UsageError) as error:
        pipeline.plan("run-7", "failed:run-3", source="crm")
    assert str(error.value) == "failed:run-3: that run is of source 'sales', and the event says 'crm'"


def test_the_plan_is_gone_and_the_attempts_know_the_tables(pipeline):
    pipeline.run("run-1", failing=["public.returns"])
    pipeline.path(pipeline.tracking.run("run-1").plan_uri).unlink()
    assert names(pipeline.plan("run-2", "failed:run-1")) == ["public.returns"]


def test_the_plan_is_gone_and_a_table_has_no_end(pipeline, monkeypatch):
    pipeline.run("run-1", failing=["public.returns"])
    uri = pipeline.tracking.run("run-1").plan_uri
    pipeline.path(uri).unlink()
    attempts = [row for row in pipeline.tracking.attempts("run-1") if row.table != "public.orders"]
    monkeypatch.setattr(pipeline.tracking, "attempts", lambda _run: iter(attempts))
    with pytest.raises(UsageError) as error:
        pipeline.plan("run-2", "failed:run-1")
    assert str(error.value) == (
        f"failed:run-1: the plan of that run is gone ({uri}), and no end is recorded for 1 of its 3 tables: name the tables"
    )
