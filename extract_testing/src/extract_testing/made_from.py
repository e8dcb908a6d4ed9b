"""What a SyncJob or PolledJob makes its methods from. Its author never wrote the method, so a remedy must name these members."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.sync_job.service_job import ServiceJob

if TYPE_CHECKING:
    from extract_testing.breaches import Breach

MADE_FROM: Final = {
    "permissions": ("rights", "event_rule", "roles()", "role_service"),
    "diagnose_permissions": ("diagnose_rights",),
    "stop_permissions": ("stop_rights",),
    "status": ("state_member", "succeeded", "failures", "reason()", "failure()"),
    "escalate": ("bigger()",),
    "local_command": ("local_argv()", "local_script()", "local_seconds()"),
    "local_answer": ("local_ends", "local_result()"),
}
"""The members by method of `JobType`. A PolledJob has no event_rule."""
_METHOD: Final = re.compile(r"\w+(?=\()")


def naming_its_members(breach: Breach, job_type: object) -> Breach:
    """The breach, with the members that its place is made from, if the method is inherited and the breach names none of them."""
    method = _METHOD.match(breach.place)
    if method is None or not isinstance(job_type, ServiceJob):
        return breach
    owner = next((cls for cls in type(job_type).__mro__ if method[0] in vars(cls)), object)
    members = [name for name in MADE_FROM.get(method[0], ()) if hasattr(job_type, name.removesuffix("()"))]
    named = any(re.search(rf"\b{name.removesuffix('()')}\b", f"{breach.problem} {breach.remedy}") for name in members)
    if not members or named or not owner.__module__.startswith("extract_core."):
        return breach
    return replace(breach, remedy=f"{breach.remedy} ({method[0]}() is made from {', '.join(members)})")
