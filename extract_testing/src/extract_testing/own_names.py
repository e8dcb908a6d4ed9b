"""Members of a request that must differ from job to job: names that a service takes once, and tokens against double starts.

A name is told by the model: the operation makes something (Create…, or starts a job or an execution), requires its name, and can
answer that this name is in use. A token that comes twice starts nothing: the service answers with the first job.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAKES: Final = re.compile(r"Create(\w+)|Start(\w*(?:Job|Execution))")
_IN_USE: Final = re.compile(r"InUse|AlreadyExists|Conflict")
_MORE: Final = frozenset({("CreateModelCustomizationJob", "customModelName"), ("StartExecution", "name")})
"""Names that are unique though the rule above does not tell (the API reference of these operations)."""


def own_names(operation: Any, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # botocore ships no types
    """Such members of this request, with their values."""
    names = _names(operation)
    for member, value in request.items():
        if isinstance(value, str) and (member in names or member in operation.idempotent_members):
            yield member, value


def _names(operation: Any) -> set[str]:  # botocore ships no types
    found = {member for name, member in _MORE if name == operation.name}
    match = _MAKES.fullmatch(operation.name)
    if match and any(_IN_USE.search(error.name) for error in operation.error_shapes):
        thing = match[1] or match[2]
        named = {f"{thing}Name", *(("JobName",) if thing.endswith("Job") else ()), *(("Name",) if match[1] else ())}
        found |= {member for member in operation.input_shape.required_members if member[:1].upper() + member[1:] in named}
    return found
