"""Recorded and reported failures, read by every parser: each gives what the sample says, and none is ever called a success."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extract_core import JobState, Outcome

FAILURES = Path(__file__).resolve().parents[1] / "recorded" / "failures.jsonl"


@pytest.fixture(scope="session")
def samples():
    """One failure per line: error and cause as a Catch delivers them, and what the parser in question must conclude."""
    return [json.loads(line) for line in FAILURES.read_text(encoding="utf-8").splitlines()]


def outcomes(sample):
    """As a Catch delivers it, and cut in the middle: of each cut a parser must still make an honest status."""
    cause = sample["cause"]
    yield Outcome.failed(sample["error"], cause)
    for length in range(0, len(cause or ""), 7):
        yield Outcome.failed(sample["error"], cause[:length])


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


def test_no_sample_is_ever_a_success(installed, samples):
    for sample in samples:
        for outcome in outcomes(sample):
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
