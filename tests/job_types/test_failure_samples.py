"""Recorded and reported failures, read by every parser: each gives what the sample says, and none is ever called a success.

The samples are shared material beside the repository (EXTRACT_FACTS names another folder). Without them the tests are skipped,
except in CI.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from extract_core import JobState, Outcome

FACTS = Path(os.environ.get("EXTRACT_FACTS") or Path(__file__).parents[3] / "shared" / "facts") / "failures.jsonl"
IN_CI = os.environ.get("CI") == "true"


def samples():
    if FACTS.is_file():
        return [json.loads(line) for line in FACTS.read_text().splitlines() if line.strip()]
    if IN_CI:
        pytest.fail(
            f"there are no failure samples at {FACTS}: set EXTRACT_FACTS to the folder that holds failures.jsonl", pytrace=False
        )
    pytest.skip(f"no failure samples at {FACTS}: set EXTRACT_FACTS to the folder that holds failures.jsonl")
    return []


def outcomes(sample):
    """As a Catch delivers it, and cut in the middle: of each cut a parser must still make an honest status."""
    cause = sample["cause"]
    yield Outcome.failed(sample["error"], cause)
    for length in range(0, len(cause or ""), 7):
        yield Outcome.failed(sample["error"], cause[:length])


def test_each_sample_of_this_parser_gives_what_it_says(installed):
    mine = [sample for sample in samples() if sample["parser"] == installed.job_type.name]
    assert mine, f"no sample of {installed.job_type.name}"
    for sample in mine:
        status = installed.job_type.status(Outcome.failed(sample["error"], sample["cause"]))
        told = f"{sample['service']}: {sample['reason']}"
        assert status.state == sample["status_state"], told
        assert status.failure in sample["failure"], told
        assert sample["retryable"] in (None, status.retryable), told
        assert status.message, told


def test_no_sample_is_ever_a_success(installed):
    for sample in samples():
        for outcome in outcomes(sample):
            status = installed.job_type.status(outcome)
            assert status.state is not JobState.SUCCEEDED, sample
            assert status.failure is not None, sample
            assert status.message, sample


def test_no_sample_is_a_success_as_a_result(installed):
    for sample in samples():
        try:
            result = json.loads(sample["cause"] or "")
        except ValueError:
            result = sample["cause"]
        assert installed.job_type.status(Outcome.succeeded(result)).state is not JobState.SUCCEEDED, sample


def test_a_cut_cause_keeps_its_class(installed):
    """What stands before the cut still counts: with its last tenth cut off, a sample's class is the same, or not known."""
    for sample in samples():
        cause = sample["cause"] or ""
        if sample["parser"] != installed.job_type.name or not cause.startswith("{"):
            continue
        status = installed.job_type.status(Outcome.failed(sample["error"], cause[: len(cause) * 9 // 10]))
        assert status.failure in {*sample["failure"], "UNKNOWN"}, sample
