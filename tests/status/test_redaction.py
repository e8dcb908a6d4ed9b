"""No reason holds a secret: not in the row, the summary, the log, the event, the text beside a long one."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from extract_core.lambdas.logs import JsonLines
from extract_core.runs.reconcile import reconcile

SECRET = "hunter2-s3cr3t"
CAUSE = f"could not connect to postgresql://ann:{SECRET}@db:5432/x: PGPASSWORD={SECRET} is wrong"


@pytest.fixture
def recorded(pipeline, caplog):
    """Everything that was stored, logged or sent."""
    sent = []
    pipeline.parts = replace(pipeline.parts, announce=sent.append)

    def texts() -> str:
        rows = [repr(row) for row in pipeline.tracking.attempts("run-1")]
        files = [path.read_text() for path in (pipeline.folder / "runs/run-1").rglob("*.txt")]
        lines = [JsonLines().format(record) for record in caplog.records]
        return "\n".join([*rows, *files, *lines, json.dumps(sent), repr(pipeline.tracking.run("run-1"))])

    with caplog.at_level(logging.INFO):
        yield texts


@pytest.mark.parametrize("more", ["", "x" * 40_000])
def test_a_cause_is_stored_without_its_secrets(pipeline, recorded, more):
    pipeline.fail(pipeline.plan()["tables_to_extract"][0], CAUSE + more)
    pipeline.summarise(map_error={"Error": "E", "Cause": CAUSE})
    assert SECRET not in recorded()
    assert "postgresql://ann:***@db:5432/x: PGPASSWORD=*** is wrong" in recorded()


def test_the_reason_of_a_stop_is_stored_without_its_secrets(pipeline, recorded):
    pipeline.plan()
    reconcile(pipeline.parts, "run-1", "ABORTED", CAUSE)
    assert SECRET not in recorded()


def test_a_refusal_is_stored_without_its_secrets(pipeline, recorded):
    pipeline.parts = replace(pipeline.parts, config_uri=f"s3x://ann:{SECRET}@bucket/")
    with pytest.raises(Exception, match="s3x"):
        pipeline.plan()
    assert SECRET not in recorded()


def test_a_failed_plugin_is_logged_without_secrets(pipeline):
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "diagnose: %s", (CAUSE,), None)
    assert SECRET not in JsonLines().format(record)


@pytest.mark.parametrize("cause", ["x\ud800y", "\udfff"])
def test_half_a_character_can_be_logged_as_bytes(pipeline, caplog, cause):
    with caplog.at_level(logging.INFO):
        pipeline.fail(pipeline.plan()["tables_to_extract"][0], cause)
        pipeline.summarise(map_error={"Error": cause, "Cause": cause})
    for record in caplog.records:
        assert json.loads(JsonLines().format(record).encode())["message"]


@pytest.mark.parametrize("started_at", ["2026-03-01T06:00:00", "2026-03-01", "2026-03-01T06:00:00.123+05:30"])
def test_a_start_without_a_zone_is_in_utc(pipeline, monkeypatch, started_at):
    real = pipeline.execution
    monkeypatch.setattr(pipeline, "execution", lambda run_id: {**real(run_id), "started_at": started_at})
    assert pipeline.run()["succeeded"]
    assert pipeline.tracking.run("run-1").summary["seconds"] > 0


def test_a_start_that_is_no_time_is_refused_at_once(pipeline, monkeypatch):
    real = pipeline.execution
    monkeypatch.setattr(pipeline, "execution", lambda run_id: {**real(run_id), "started_at": "soon"})
    with pytest.raises(Exception, match=r"^the payload's 'execution' has started_at='soon', not a time: "):
        pipeline.plan()
    assert pipeline.tracking.runs() == []
