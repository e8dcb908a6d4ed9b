"""Calls to AWS: answers in the shape of Step Functions, and no answer if AWS gives none."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError

from extract_core.parsing.asking import answer, client, joined, log_tail, pascal, stopped


def test_a_clients_answer_reads_as_step_functions_gives_it():
    answered = {
        "stoppedAt": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "containers": [{"exitCode": 0, "reason": None}, "text"],
        "JobRun": {"isOn": True, "DPUSeconds": 1.5},
        "body": object(),
        "": 1,
    }
    assert pascal(answered) == {
        "StoppedAt": 1_700_000_000_000,
        "Containers": [{"ExitCode": 0}, "text"],
        "JobRun": {"IsOn": True, "DPUSeconds": 1.5},
        "Body": None,
        "": 1,
    }


def test_clients_give_up_early():
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    config = client(session, "glue").meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries) == (3, 10, {"total_max_attempts": 2, "mode": "standard"})


def test_a_missing_region_and_wrong_members_give_no_answer(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert answer(boto3.Session(), "glue", "get_job_run", JobName="j", RunId="r") == {}
    here = boto3.Session(region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    assert answer(here, "glue", "get_job_run", Nonsense=1) == {}
    assert log_tail(here, "", "") is None


@pytest.mark.parametrize(("parts", "text"), [((), None), ((None, ""), None), (("a", None, "b"), "a\nb")])
def test_the_parts_of_a_diagnosis_are_lines(parts, text):
    assert joined(*parts) == text


def test_only_errors_of_an_ended_job_are_ignored():
    def refuse(code):
        raise ClientError({"Error": {"Code": code}}, "StopTask")

    stopped(lambda: refuse("NotFound"), ended=("NotFound",))
    with pytest.raises(ClientError, match="AccessDenied"):
        stopped(lambda: refuse("AccessDenied"), ended=("NotFound",))
    with pytest.raises(ClientError):
        stopped(lambda: refuse(None), ended=("NotFound",))
