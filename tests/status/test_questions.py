"""A question about a job that polls is refused: the job may be running, so no other attempt is started beside it."""

from __future__ import annotations

from extract_core.registry.installed import Registry
from extract_core.registry.loading import discover
from extract_core.status.job_status import outcome_of, status_of

THROTTLE = {"Error": "Glue.ThrottlingException", "Cause": "Rate exceeded (Service: Glue, Status Code: 400, Request ID: 0)"}


def status(**item):
    registry = Registry.of(discover(strict=True).job_type("glue"))
    whole = {"job_type": "glue", "table": "a", **item}
    return status_of(registry, whole, outcome_of(whole))


def test_a_throttled_start_is_tried_again():
    refused = status(job_error=THROTTLE)
    assert (refused.failure, refused.retryable) == ("THROTTLED", True)


def test_a_throttled_question_is_not():
    refused = status(job_error=THROTTLE, job_result={"JobRunState": "RUNNING", "Id": "jr_1"})
    assert (refused.failure, refused.retryable) == ("THROTTLED", False)
    assert "Rate exceeded" in refused.message


def test_an_error_after_the_start_is_not():
    refused = status(later_error=THROTTLE, started={"Id": "jr_1"})
    assert (refused.failure, refused.retryable) == ("THROTTLED", False)
