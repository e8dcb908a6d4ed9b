"""What the states of a Glue job run mean (Glue guide, "AWS Glue job run statuses").

Success and failure are a JobRun (Glue API reference) at top level, with PascalCase keys and epoch milliseconds; GetJobRun's own
envelope ``{"JobRun": ...}`` reads the same.
"""

from __future__ import annotations

from typing import Final

from extract_core import FailureClass
from extract_core.parsing.verdicts import by_words

FAILURES: Final = {
    "FAILED": None,
    "ERROR": None,
    "STOPPED": FailureClass.STOPPED,  # by BatchStopJobRun: a person, or Step Functions after an abort
    "TIMEOUT": FailureClass.TIMEOUT,
}
NOT_ENDS: Final = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING", "EXPIRED"})
"""EXPIRED is in botocore's model, and no guide explains it."""


def by_reason(state: str, reason: str | None) -> FailureClass | None:
    """What Glue's own words say of a run that ended in FAILED or ERROR."""
    words = by_words(reason)
    if state == "ERROR":  # without a reason: a trigger or workflow ran a deleted job
        return words or FailureClass.CONFIG
    if state != "FAILED" or not reason:
        return None
    if "missing metadata" in reason or "VPC S3 endpoint validation failed" in reason:
        return FailureClass.CONFIG
    # LAUNCH ERROR: the script could not be fetched or started
    return words or (FailureClass.CONFIG if reason.startswith("LAUNCH ERROR") else None)
