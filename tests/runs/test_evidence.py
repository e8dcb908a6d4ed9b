"""A run is closed only by evidence that its execution is dead. What can't be seen counts as alive until its bound."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from extract_core.runs.reconcile import reconcile_dead
from extract_core.runs.unseen import may_run

ARN = "exec:run-1"


def test_a_report_about_another_execution_of_the_same_name_is_no_evidence(pipeline, caplog):
    pipeline.plan()
    pipeline.running.clear()
    assert reconcile_dead(pipeline.parts, "run-1", "exec:elsewhere:run-1", "FAILED", "") is None
    assert caplog.messages == ["run run-1 is not closed: it belongs to execution exec:run-1, and exec:elsewhere:run-1 has ended"]
    assert len(pipeline.held()) == 3


def test_a_late_report_about_a_redriven_execution_is_no_evidence(pipeline, caplog):
    pipeline.plan()
    assert reconcile_dead(pipeline.parts, "run-1", ARN, "FAILED", "") is None
    assert caplog.messages == ["run run-1 is not closed: its execution exec:run-1 is alive, but was reported as FAILED"]
    pipeline.running.clear()
    assert reconcile_dead(pipeline.parts, "run-1", ARN, "FAILED", "")["failed"] == 3
    pipeline.running.add(ARN)
    assert reconcile_dead(pipeline.parts, "run-1", ARN, "FAILED", "")["failed"] == 3


def test_an_execution_that_was_redriven_while_its_run_was_closed_is_stopped(pipeline):
    """The summary is younger than the redrive then. The time before the run was closed decides."""
    pipeline.plan()
    pipeline.running.clear()
    minutes, stopped = count(), []
    parts = replace(pipeline.parts, now=lambda: pipeline.clock + timedelta(minutes=next(minutes)), stop_redriven=stopped.append)
    began = pipeline.clock.isoformat()
    summary = reconcile_dead(parts, "run-1", ARN, "FAILED", "")
    assert summary["ended_at"] > began
    assert [(record.run_id, record.execution_id, record.summary["ended_at"]) for record in stopped] == [("run-1", ARN, began)]


def test_a_report_about_an_unknown_run_is_no_evidence(pipeline):
    assert reconcile_dead(pipeline.parts, "run-9", "exec:run-9", "FAILED", "") is None


def at(pipeline, **later):
    return replace(pipeline.parts, now=lambda: pipeline.clock + timedelta(**later))


def test_an_unseen_run_may_run_until_its_bound(pipeline):
    pipeline.plan()
    assert may_run(at(pipeline, minutes=50), ARN)
    assert not may_run(at(pipeline, days=2), ARN)


def test_an_unseen_run_that_holds_no_table_has_ended(pipeline):
    for item in pipeline.plan()["tables_to_extract"]:
        pipeline.fail(item)
    assert not may_run(pipeline.parts, ARN)


def test_an_unseen_run_with_a_summary_has_ended(pipeline):
    pipeline.run()
    assert not may_run(pipeline.parts, ARN)


def test_an_unseen_run_without_a_plan_may_run_for_an_hour(pipeline, monkeypatch):
    monkeypatch.setattr("extract_core.runs.begin.check_bases", lambda *_: 1 / 0)
    monkeypatch.setattr("extract_core.runs.begin._refusal", lambda *_: nullcontext())
    with pytest.raises(ZeroDivisionError):
        pipeline.plan()
    assert may_run(at(pipeline, minutes=59), ARN)
    assert not may_run(at(pipeline, minutes=61), ARN)


@pytest.mark.parametrize("damage", ["gone", "one line"])
def test_an_unseen_run_whose_tables_are_not_known_may_run(pipeline, damage):
    pipeline.plan()
    plan = pipeline.folder / "runs/run-1/plan.jsonl"
    plan.unlink() if damage == "gone" else plan.write_bytes(b"x" + plan.read_bytes())
    assert may_run(at(pipeline, days=2), ARN)


def test_an_execution_without_a_run_and_one_of_another_run_are_not_alive(pipeline):
    pipeline.plan()
    assert not may_run(pipeline.parts, "exec:run-9")
    assert not may_run(pipeline.parts, "other:run-1")
