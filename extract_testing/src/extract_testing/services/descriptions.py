"""The description of a job by botocore's model: its members as Step Functions spells them, and the words of its state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asl_toolkit.services.aws.iam.sync_rights import SYNC
from extract_testing.services.models import ModelsMissing, models_of, operation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READS: Final = re.compile(r"(?:BatchGet|Describe|Filter|Get|Head|List|Lookup|Query|Search)[A-Z]")
GOES_ON: Final = re.compile(
    r"(?i)(?:.*(?:ing|progress)|queued|submitted|runnable|scheduled|created|accepted|new|ready|started|delayed|picked|provisioned)\Z"
)
"""Words for a job that has not ended."""
Members = dict[str, Any]  # Any: botocore's shapes, by the member's name in PascalCase


def reads_only(operation: str) -> bool:
    """Whether an operation of this name only reads."""
    return _READS.match(operation) is not None


def descriptions(service: str, call: str, *, nested: bool) -> list[Members]:
    """The structures that may describe a job of this call: the answers of the calls that watch it, and what these hold.

    `nested`: all structures inside, for a job type that looks for the description itself. ModelsMissing if there is no model.
    """
    models = models_of(service)
    operation_of(service, call)
    known = SYNC.get(f"{service}:{call}")
    names = [action.partition(":")[2] for action in known.actions] if known else models.operation_names
    outputs = [models.operation_model(name).output_shape for name in names if reads_only(name)]
    if not any(outputs):
        raise ModelsMissing(f"the kit does not know which call of {service!r} describes a job")
    seen = dict[str, Members]()
    for output in filter(None, outputs):
        _collect(output, 99 if nested else 1, seen)
    return list(seen.values())


def _collect(shape: Any, depth: int, seen: dict[str, Members]) -> None:  # botocore ships no types
    if shape.type_name == "list":
        _collect(shape.member, depth, seen)
    elif shape.type_name == "structure" and shape.name not in seen:
        seen[shape.name] = {name[:1].upper() + name[1:]: inner for name, inner in shape.members.items()}
        for inner in shape.members.values() if depth else ():
            _collect(inner, depth - 1, seen)


def words_of(descriptions: list[Members], member: str) -> frozenset[str]:
    """The service's words for this member; empty if it has no enum."""
    enums: Iterator[list[str]] = (getattr(members[member], "enum", None) or [] for members in descriptions if member in members)
    return frozenset(word for enum in enums for word in enum)


def moments_of(members: Mapping[str, Any]) -> list[str]:  # Any: see Members
    """The members that hold a time."""
    return sorted(name for name, shape in members.items() if shape.type_name == "timestamp")
