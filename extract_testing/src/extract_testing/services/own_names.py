"""Members of a request that must be unique per job: names that a service accepts once, and tokens against double starts.

The model shows that a name must be unique: the operation creates something (Create…, or starts a job or an execution), requires
its name, and has an error for a name that is in use. A repeated token starts nothing: the service returns the first job.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAKES: Final = re.compile(r"Create(\w+)|Start(\w*(?:Job|Execution))")
_IN_USE: Final = re.compile(r"InUse|AlreadyExists|Conflict")
_MORE: Final = frozenset({("CreateModelCustomizationJob", "customModelName"), ("StartExecution", "name")})
"""Unique names that this rule does not detect (the API reference of these operations)."""


def unique_members(operation: Any, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # botocore ships no types
    """These members of a request, with their values."""
    names = _names(operation)
    for member, value in request.items():
        if isinstance(value, str) and (member in names or member in operation.idempotent_members):
            yield member, value


def _names(operation: Any) -> set[str]:  # botocore ships no types
    unique = {member for name, member in _MORE if name == operation.name}
    match = _MAKES.fullmatch(operation.name)
    if match and any(_IN_USE.search(error.name) for error in operation.error_shapes):
        thing = match[1] or match[2]
        names = {f"{thing}Name", *(("JobName",) if thing.endswith("Job") else ()), *(("Name",) if match[1] else ())}
        unique |= {member for member in operation.input_shape.required_members if member[:1].upper() + member[1:] in names}
    return unique
