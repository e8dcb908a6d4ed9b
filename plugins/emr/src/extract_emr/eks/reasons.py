"""Why a job run of EMR on EKS failed: its FailureReason, and what EMR, Kubernetes and Spark say in StateDetails.

Sources: EMR on EKS guide, "Common errors when running jobs"; Kubernetes guide, "Scheduling, preemption and eviction".
"""

from __future__ import annotations

import re
from typing import Final

from extract_core import FailureClass, JobState
from extract_core.parsing.verdicts import MAY_HAVE_STARTED, Verdict, by_words

BY_REASON: Final = {
    "INTERNAL_ERROR": FailureClass.INTERNAL,
    "USER_ERROR": FailureClass.USER_CODE,
    "VALIDATION_ERROR": FailureClass.CONFIG,
    "CLUSTER_UNAVAILABLE": FailureClass.CAPACITY,  # if the Kubernetes cluster can't be reached: nothing ran
}
"""Every value of FailureReason (botocore)."""

_LOST_SIGHT: Final = re.compile(r"\bTrouble monitoring your JobRun\b")
_WORDS: Final = (
    (
        FailureClass.CONFIG,
        (r"\b(?:Cluster|Namespace) \S+ (?:does not|doesn't) exist\b", r"\b(?:namespaces|serviceaccount) \"\S+\" not found"),
    ),
    (FailureClass.PERMISSION, (r"\bis forbidden: User \"",)),
    (
        FailureClass.CAPACITY,
        (
            r"\bdoes not have sufficient resources\b",
            r"\black of cluster resources\b",
            r"\bFailedScheduling\b",
            r"\b\d+/\d+ nodes are available\b",
            r"\bno nodes available to schedule pods\b",
            r"\bexceeded quota: \w",
        ),
    ),
    (
        FailureClass.INTERRUPTED,
        (r"\bThe node was low on resource\b", r"\bPod was (?:evicted|preempted)\b", r"\bTaint manager deleting pod\b"),
    ),
)
_OUT_OF_REACH: Final = re.compile(r"reach|respond|connect|time[d ]*out|unavailable(?! *:)|\ACLUSTER_UNAVAILABLE\Z", re.IGNORECASE)
_NO_IMAGE: Final = re.compile(r"\bBack-off pulling image\b|\b(?:ImagePullBackOff|ErrImagePull|InvalidImageName)\b")


def by_details(by_service: str, details: str | None) -> FailureClass | Verdict | None:
    """The class. A run that EMR can't see any more may go on: no other attempt beside it."""
    if _LOST_SIGHT.search(details or ""):
        return MAY_HAVE_STARTED
    if _NO_IMAGE.search(details or ""):
        return Verdict(JobState.FAILED, FailureClass.START, retryable=False)
    for failure, patterns in _WORDS:
        if re.search("|".join(patterns), details or ""):
            return failure
    by_reason = BY_REASON.get(by_service)
    if by_reason is FailureClass.CAPACITY and details and not _OUT_OF_REACH.search(details):
        return FailureClass.UNKNOWN
    words = None if by_reason in (FailureClass.INTERNAL, FailureClass.CAPACITY) else by_words(details)
    return words or by_reason
