"""Answers of an API by botocore's model: a whole one, as Step Functions would write it, and what does not fit in a given one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asl_toolkit.services.aws.iam.sync_rights import SYNC
from extract_core.wording import did_you_mean
from extract_testing.services.descriptions import reads_only
from extract_testing.services.models import models_of, operation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_core.contract import Json

_DEPTH: Final = 8
_OF_STEP_FUNCTIONS: Final = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})


@dataclass(frozen=True, slots=True)
class Misfit:
    """A member or word of an answer that the service does not send."""

    place: str
    problem: str


def sample_answer(service: str, action: str) -> Json:
    """An answer with every member: texts are ``kit-`` and the member's name. ModelsMissing if there is no model."""
    output = operation_of(service, action).output_shape
    return _sample(output, "", _DEPTH, _pascal) if output is not None else {}


def sample_of(shape: Any) -> Json:  # botocore ships no types
    """The same as a client of boto3 gives it: members in the API's own spelling."""
    return _sample(shape, "", _DEPTH, str)


def _sample(shape: Any, name: str, depth: int, spelt: Callable[[str], str]) -> Json:  # botocore ships no types
    kind = shape.type_name
    if kind == "structure":
        members = shape.members.items() if depth else ()
        return {spelt(member): _sample(inner, member, depth - 1, spelt) for member, inner in members}
    if kind == "list":
        return [_sample(shape.member, name, depth - 1, spelt)] if depth else []
    if kind == "map":
        return {"kit": _sample(shape.value, name, depth - 1, spelt)} if depth else {}
    if kind == "string":
        enum = list(getattr(shape, "enum", None) or ())
        return str(enum[0]) if enum else f"kit-{_pascal(name)}".ljust(shape.metadata.get("min", 0), "0")
    return {"boolean": False, "timestamp": 1_935_543_600_000}.get(kind, 1)


def outputs_of(service: str, action: str, *, sync: bool) -> list[Any]:  # botocore ships no types
    """The shapes of what a Task may answer: its call's own answer, and with ``.sync`` the answers of the calls that watch it."""
    shapes = [operation_of(service, action).output_shape]
    if sync:
        models = models_of(service)
        known = SYNC.get(f"{service}:{action}")
        names = [right.partition(":")[2] for right in known.actions] if known else []
        shapes += [
            models.operation_model(name).output_shape for name in names if reads_only(name) and name in models.operation_names
        ]
    return [shape for shape in shapes if shape is not None]


def misfits(answer: Json, shapes: list[Any], *, wrapped: bool) -> Iterator[Misfit]:  # botocore ships no types
    """Members that no shape has, and words that their enums do not have. `wrapped`: a description inside counts as an answer."""
    candidates = list(shapes)
    if wrapped:  # DescribeJobs answers {"jobs": [JobDetail]}, and Step Functions passes on the JobDetail
        for shape in shapes:
            for member in shape.members.values() if shape.type_name == "structure" else ():
                inner = member.member if member.type_name == "list" else member
                candidates += [inner] if inner.type_name == "structure" else []
    if isinstance(answer, dict):
        yield from _in_structure(answer, candidates, "")


def _in_structure(value: dict[str, Json], shapes: list[Any], place: str) -> Iterator[Misfit]:  # botocore ships no types
    members: dict[str, list[Any]] = {}
    for shape in shapes:
        for name, inner in shape.members.items():
            members.setdefault(_pascal(name), []).append(inner)
    for name, inner_value in value.items():
        path = f"{place}.{name}" if place else name
        if name in _OF_STEP_FUNCTIONS:
            continue
        if name not in members:
            near = did_you_mean(name, members)
            yield Misfit(path, f"the service sends no {name!r} there{near or f'; it sends {_some(members)}'}")
            continue
        yield from _in_value(inner_value, members[name], path)


def _in_value(value: Json, shapes: list[Any], path: str) -> Iterator[Misfit]:  # botocore ships no types
    if isinstance(value, dict):
        structures = [shape for shape in shapes if shape.type_name == "structure" and shape.members]
        if structures:
            yield from _in_structure(value, structures, path)
    elif isinstance(value, list):
        lists = [shape.member for shape in shapes if shape.type_name == "list"]
        for element in value if lists else ():
            yield from _in_value(element, lists, path)
    elif isinstance(value, str):
        enums = [set(shape.enum) for shape in shapes if getattr(shape, "enum", None)]
        if value and enums and len(enums) == len(shapes) and not any(value in enum for enum in enums):
            yield Misfit(path, f"{value!r} is not a word of the service; its words: {_some(sorted(set().union(*enums)))}")


def members_at(shapes: list[Any], steps: tuple[str | int, ...]) -> tuple[str, list[str]] | None:  # botocore ships no types
    """The first step of a path that no shape has, with the names that are there; None if the path exists, or cannot be known."""
    for step in steps:
        if isinstance(step, int):
            shapes = [shape.member for shape in shapes if shape.type_name == "list"]
            continue
        structures = [shape for shape in shapes if shape.type_name == "structure"]
        if not structures or len(structures) < len(shapes):
            return None
        names = {_pascal(name): inner for shape in structures for name, inner in shape.members.items()}
        if step not in names:
            return str(step), sorted(names)
        shapes = [shape.members[name] for shape in structures for name in shape.members if _pascal(name) == step]
    return None


def enum_at(shapes: list[Any], steps: tuple[str | int, ...]) -> frozenset[str]:  # botocore ships no types
    """The words of the member at this path; empty if it has no enum."""
    return frozenset(word for shape in _shapes_at(shapes, steps) for word in getattr(shape, "enum", None) or ())


def words_at(shapes: list[Any], steps: tuple[str | int, ...]) -> frozenset[str]:  # botocore ships no types
    """The words of the member's enum; if it has none, some that its documentation names. Empty if there are none."""
    documented = frozenset(word for shape in _shapes_at(shapes, steps) for word in _DOCUMENTED.findall(shape.documentation or ""))
    return enum_at(shapes, steps) or documented


def _shapes_at(shapes: list[Any], steps: tuple[str | int, ...]) -> list[Any]:  # botocore ships no types
    for step in steps:
        if isinstance(step, int):
            shapes = [shape.member for shape in shapes if shape.type_name == "list"]
            continue
        shapes = [
            shape.members[name]
            for shape in shapes
            if shape.type_name == "structure"
            for name in shape.members
            if _pascal(name) == step
        ]
    return shapes


_DOCUMENTED: Final = re.compile(
    r"(?i)<code>\W*((?:succe\w+|complete\w*|failed|stopped|cancell?ed|error|aborted|timed_?out|running|starting|pending|queued))\W*</code>"
)
"""Words in the text of a member without an enum (DMS's Status), if they are plainly an end or not one."""


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _some(names: object) -> str:
    listed = list(names) if isinstance(names, dict | list) else []
    return ", ".join(map(str, listed[:8])) + (", …" if len(listed) > 8 else "")
