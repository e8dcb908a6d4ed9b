"""What the states of a Glue job run mean (Glue guide, "AWS Glue job run statuses").

Success and failure are a JobRun (Glue API reference) at top level, with PascalCase keys and epoch milliseconds; GetJobRun's own
envelope ``{"JobRun": ...}`` reads the same.
"""

from __future__ import annotations

import re
from typing import Final

from extract_core import FailureClass
from extract_core.parsing.verdicts import by_words

FAILURES: Final = {
    "FAILED": None,
    "ERROR": None,
    "STOPPED": FailureClass.STOPPED,  # by BatchStopJobRun: a person, or Step Functions after an abort
    "TIMEOUT": FailureClass.TIMEOUT,
    "EXPIRED": FailureClass.INTERRUPTED,  # ended by Glue itself: a person gets STOPPED, a limit of time TIMEOUT
}
NOT_ENDS: Final = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})

_BEGINS: Final = r"(?:\A|[:;] |\bexception )"
_PASSES: Final = re.compile(
    rf"{_BEGINS}(?:Number of IP addresses on subnet is 0\b|Threshold for executors failed after launch reached\b)"
)
_CONFIGURED_WRONG: Final = re.compile(
    "|".join(
        (
            rf"{_BEGINS}VPC S3 endpoint validation failed\b",
            rf"{_BEGINS}Could not find (?:S3 endpoint|subnet for AZ|connection|command)\b",
            rf"{_BEGINS}(?:At least one )?[Ss]ecurity group\b.{{0,40}} must open all (?:in|e)gress ports",
            rf"{_BEGINS}Availability Zone \S+ does not correspond to subnet",
            rf"{_BEGINS}CONNECTION_LIST_CONNECTION_WITH_AZ_NULL\b",
            rf"{_BEGINS}Reverse dns resolution of ip \S+ failed",  # the VPC has no DNS hostnames
            rf"{_BEGINS}No private DNS for network interface",
            rf"{_BEGINS}Error Category: (?:LAUNCH_ERROR|GLUE_VALIDATION_ERROR)",
            r"\ALAUNCH ERROR\b",  # the script could not be fetched or started
            r"\AInvalidInputException: (?!An error occurred)",
            r"\bmissing metadata\b",
            r"\bnot supported (?:for|in|with) (?:AWS )?Glue (?:version )?\d|\AGlue version \S+ is not supported",
            r"\(Service: AWSGlueJobExecutor[;,] Status Code: 4\d\d[;,]",
        )
    )
)
_NEVER_BEGAN: Final = re.compile(r"\AJobName:\s?\S+ and JobRunId:\s?\S+ failed to execute with exception ")
"""Glue's own words for a run that it could not start: what follows is never the script's."""


def by_reason(state: str, reason: str | None) -> FailureClass | None:
    """What Glue's own words say of a run that ended in FAILED or ERROR.

    Sources: Glue guide, "Troubleshooting errors in AWS Glue", "AWS Glue job run statuses", "Monitoring with AWS Glue
    Observability metrics" (the error categories).
    """
    words = by_words(reason)
    if state == "ERROR":  # without a reason: a trigger or workflow ran a deleted job
        return words or FailureClass.CONFIG
    if state != "FAILED" or not reason:
        return None
    if _PASSES.search(reason):
        return FailureClass.CAPACITY
    if _CONFIGURED_WRONG.search(reason) and words in (None, FailureClass.INTERNAL):
        return FailureClass.CONFIG
    return words or (FailureClass.CONFIG if _NEVER_BEGAN.search(reason) else None)
