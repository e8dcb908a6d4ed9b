"""Recorded and reported failures, read by every parser: each gives what the sample says, and none is ever called a success."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extract_core import JobState, Outcome

RECORDED = Path(__file__).resolve().parents[1] / "recorded"
FAILURES = RECORDED / "failures.jsonl"
REASONS = RECORDED / "reasons.jsonl"


@pytest.fixture(scope="session")
def samples():
    """One failure per line: error and cause as a Catch delivers them, and what the parser in question must conclude."""
    return [json.loads(line) for line in FAILURES.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def outcomes(samples):
    """As a Catch delivers each sample, and cut in the middle: of each cut a parser must still make an honest status.

    Causes that begin alike have the same first cuts: each is there once.
    """
    failed = {}
    for sample in samples:
        error, cause = sample["error"], sample["cause"]
        for length in (None, *range(0, len(cause or ""), 7)):
            failed.setdefault((error, cause and cause[:length]), sample)
    return [(sample, Outcome.failed(error, cause)) for (error, cause), sample in failed.items()]


def test_each_sample_of_this_parser_gives_what_it_says(installed, samples):
    mine = [sample for sample in samples if sample["parser"] == installed.job_type.name]
    assert mine, f"no sample of {installed.job_type.name}"
    for sample in mine:
        status = installed.job_type.status(Outcome.failed(sample["error"], sample["cause"]))
        name = f"{sample['service']}: {sample['reason']}"
        assert status.state == sample["status_state"], name
        assert status.failure in sample["failure"], name
        assert sample["retryable"] in (None, status.retryable), name
        assert status.message, name


def test_no_sample_is_ever_a_success(installed, outcomes):
    for sample, outcome in outcomes:
        status = installed.job_type.status(outcome)
        assert status.state is not JobState.SUCCEEDED, sample
        assert status.failure is not None, sample
        assert status.message, sample


def test_no_sample_is_a_success_as_a_result(installed, samples):
    for sample in samples:
        try:
            result = json.loads(sample["cause"] or "")
        except ValueError:
            result = sample["cause"]
        assert installed.job_type.status(Outcome.succeeded(result)).state is not JobState.SUCCEEDED, sample


def test_a_cut_cause_keeps_its_class(installed, samples):
    """What stands before the cut still counts: with its last tenth cut off, a sample's class is the same, or not known."""
    for sample in samples:
        cause = sample["cause"] or ""
        if sample["parser"] != installed.job_type.name or not cause.startswith("{"):
            continue
        status = installed.job_type.status(Outcome.failed(sample["error"], cause[: len(cause) * 9 // 10]))
        assert status.failure in {*sample["failure"], "UNKNOWN"}, sample


def glue_run(row):
    return {"JobName": "j", "Id": "jr_0", "JobRunState": row.get("state", "FAILED"), "ErrorMessage": row["says"]}


def emr_step(row):
    details = {"Reason": "Unknown Error", "Message": row["says"]}
    return {"Step": {"Id": "s-1", "Name": "n", "Status": {"State": "FAILED", "FailureDetails": details}}}


def eks_run(row):
    return {"Id": "0", "VirtualClusterId": "abc", "State": "FAILED", "FailureReason": row["reason"], "StateDetails": row["says"]}


def serverless_run(row):
    return {"ApplicationId": "00f0", "JobRunId": "00f1", "State": "FAILED", "StateDetails": row["says"]}


def container(row):
    return {
        **({"Reason": row["container"]} if "container" in row else {}),
        **({"ExitCode": row["exit_code"]} if "exit_code" in row else {}),
    }


def ecs_task(row):
    task = {"TaskArn": "arn:aws:ecs:r:111111111111:task/c/t", "LastStatus": "STOPPED", "StoppedReason": row["says"]}
    stop_code = {"StopCode": row["state"]} if row["state"] else {}
    return {**task, **stop_code, "Containers": [{"Name": "main", **container(row)}]}


def batch_job(row):
    return {"JobId": "0", "JobName": "n", "Status": "FAILED", "StatusReason": row["says"], "Container": container(row)}


DESCRIPTIONS = {
    "glue": glue_run,
    "emr": emr_step,
    "emr_eks": eks_run,
    "emr_serverless": serverless_run,
    "ecs": ecs_task,
    "batch": batch_job,
}


def outcome_of(row):
    """A refused call if the row has an error, else the failed job as its service describes it."""
    if "error" in row:
        return Outcome.failed(row["error"], row["says"])
    return Outcome.failed("States.TaskFailed", json.dumps(DESCRIPTIONS[row["parser"]](row)))


def test_each_documented_reason_gives_its_class(installed):
    rows = [json.loads(line) for line in REASONS.read_text(encoding="utf-8").splitlines()]
    mine = [row for row in rows if row["parser"] == installed.job_type.name]
    assert mine or installed.job_type.name not in DESCRIPTIONS
    wrong = []
    for row in mine:
        status = installed.job_type.status(outcome_of(row))
        if status.failure not in row["failure"] or row["retryable"] not in (None, status.retryable):
            wrong.append(f"{row['says']}: {status.failure}, retryable {status.retryable}")
    assert wrong == []
