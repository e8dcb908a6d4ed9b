"""What a JobDetail of Batch says: why the job failed, what that means, what it cost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from extract_core import FailureClass
from extract_core.parsing import verdicts as v
from extract_core.parsing.container_start import by_start
from extract_core.parsing.payload import instant, member, number, objects, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json

EXITED: Final = "Essential container in task exited"
_TOOK_TOO_LONG: Final = re.compile(r"attempt duration exceeded timeout", re.IGNORECASE)
_MISCONFIGURED: Final = re.compile(r"\bMISCONFIGURATION:")


def reason(job: Mapping[str, Json]) -> str | None:
    """All that Batch says of why: the job's reason, and its container's with the exit code."""
    code = whole(job, "Container", "ExitCode")
    container = text(job, "Container", "Reason")
    ended = None if code is None and container is None else "container ended"
    if ended and code is not None:
        ended += f" with exit code {code}"
    return "; ".join(filter(None, (text(job, "StatusReason"), ": ".join(filter(None, (ended, container)))))) or None


def failure(job: Mapping[str, Json], said: str | None) -> FailureClass | v.Verdict:
    """FAILED: stopped by a person, over its time, the host, or else the container's own end."""
    if member(job, "IsTerminated") is True or member(job, "IsCancelled") is True:
        return FailureClass.STOPPED
    if _TOOK_TOO_LONG.search(said or ""):
        return FailureClass.TIMEOUT
    if _MISCONFIGURED.search(said or ""):  # a job that could never run: Batch guide, "Jobs stuck in RUNNABLE"
        return FailureClass.CONFIG
    own = " ".join(filter(None, (text(job, "StatusReason"), text(job, "Container", "Reason"))))
    own = own or ("" if reason(job) else said or "")  # an exit code of 137 alone may be anybody's kill
    if started := by_start(own):
        return started
    words = v.by_words(own)
    if words:
        return words
    code = whole(job, "Container", "ExitCode")
    exited = code not in (None, 0) or text(job, "StatusReason") == EXITED
    return FailureClass.USER_CODE if exited else FailureClass.UNKNOWN


def cost_basis(job: Mapping[str, Json]) -> dict[str, float] | None:
    """The vCPUs and the memory that the job had (its ResourceRequirements; older definitions: Vcpus, Memory), times hours."""
    began, ended = instant(job, "StartedAt"), instant(job, "StoppedAt")
    required = {text(entry, "Type"): number(entry, "Value") for entry in objects(job, "Container", "ResourceRequirements")}
    vcpus = required.get("VCPU") or number(job, "Container", "Vcpus")
    memory = required.get("MEMORY") or number(job, "Container", "Memory")
    if began is None or ended is None or not vcpus or not memory:
        return None
    hours = max((ended - began).total_seconds(), 0.0) / 3600
    return {"vcpu_hours": vcpus * hours, "memory_gb_hours": memory / 1024 * hours}


def log_url(job: Mapping[str, Json]) -> str | None:
    """The job's page in the console, by its ARN: ``arn:aws:batch:REGION:ACCOUNT:job/ID``."""
    arn = re.fullmatch(r"arn:aws:batch:([a-z0-9-]+):(\d{12}):job/([^/]+)", text(job, "JobArn") or "")
    if not arn or arn[2] == "0" * 12:  # a job on this machine
        return None
    return f"https://{arn[1]}.console.aws.amazon.com/batch/home?region={arn[1]}#jobs/detail/{quote(arn[3])}"
