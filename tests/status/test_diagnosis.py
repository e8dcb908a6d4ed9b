"""What a job type finds out about a failure goes below the message; it changes nothing else, and can break nothing."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from extract_core import FailureClass, JobState
from extract_core.registry.installed import Registry
from extract_core.status import diagnosis
from extract_core.status.record import record

FAILED = {"Error": "States.TaskFailed", "Cause": "exit code 1"}


@pytest.fixture
def fail(pipeline, item_of):
    """Records a failed attempt whose job type diagnoses so; its row comes back."""

    def recorded(diagnose, aws=lambda: "session", **outcome):
        class Press(type(pipeline.parts.registry.job_type("press"))):
            pass

        Press.diagnose = diagnose
        parts = replace(pipeline.parts, registry=Registry.of(Press()), aws=aws)
        item = item_of()
        if "job_result" in outcome:
            pipeline.report(item)
        answer = record(parts, {**item, **(outcome or {"job_error": FAILED})})
        row = pipeline.row("public.accounts")
        assert answer == {"status": row.state.value}
        return row

    return recorded


def test_it_is_asked_with_a_session_and_stands_below_the_message(fail):
    calls = []

    def diagnose(self, outcome, aws):
        calls.append((outcome.error, outcome.item["table"], aws))
        return "  ValueError: no such column\n"

    row = fail(diagnose)
    assert calls == [("States.TaskFailed", "public.accounts", "session")]
    assert (row.state, row.failure, row.retryable) == (JobState.FAILED, FailureClass.USER_CODE, False)
    assert row.message == "exit code 1\nValueError: no such column"


@pytest.mark.parametrize("diagnosis", [None, "", " \n"])
def test_where_nothing_is_found_out_the_message_stays(fail, diagnosis):
    assert fail(lambda self, outcome, aws: diagnosis).message == "exit code 1"


def test_what_it_raises_is_told_in_the_log(fail, caplog):
    def diagnose(self, outcome, aws):
        raise KeyError("JobRun")

    assert fail(diagnose).message == "exit code 1"
    assert "diagnose of job type 'press': KeyError: 'JobRun'" in caplog.text


def test_what_is_no_text_is_told_in_the_log(fail, caplog):
    assert fail(lambda self, outcome, aws: {"reason": "x"}).message == "exit code 1"
    assert "diagnose of job type 'press': TypeError: it returned {'reason': 'x'} instead of a text" in caplog.text


def test_its_time_is_limited(fail, caplog, monkeypatch):
    monkeypatch.setattr(diagnosis, "SECONDS", 0.05)
    assert fail(lambda self, outcome, aws: threading.Event().wait()).message == "exit code 1"
    assert "diagnose of job type 'press': TimeoutError: no answer within 0.05 seconds" in caplog.text


def never(self, outcome, aws):
    raise AssertionError("it was asked")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"aws": None}, "exit code 1"),
        ({"job_result": {"State": "DONE"}}, None),
        ({"plan_error": {"failure": "CONFIG", "message": "no such key"}, "job_error": FAILED}, "no such key"),
    ],
    ids=["on one machine", "a success", "a table that was not planned"],
)
def test_when_it_is_not_asked(fail, caplog, members, message):
    assert fail(never, **({"job_error": FAILED} | members if "aws" in members else members)).message == message
    assert "it was asked" not in caplog.text


def test_the_deployment_of_the_plan_is_passed_to_a_method_that_takes_it(fail):
    calls = []

    def diagnose(self, outcome, aws, deployment):
        calls.append(deployment.hall)

    fail(diagnose)
    assert calls == ["south"]
