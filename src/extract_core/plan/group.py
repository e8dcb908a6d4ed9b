"""A group: tables that share one job. Its item is that of its first table, with the arguments of the job and its members.

Each member has its own line of the plan, its own lease, attempt and result object, as if it had its own job. The job gets
an object with the arguments of all members, in the order of their turns (`extract_job.shared` says what it does with them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.dataclass import dataclass
from extract_core.errors import UsageError
from extract_core.registry.routing import GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.plan.line import Spilled

_OF_ITS_OWN: Final = frozenset(
    {"table", "attempt", "max_attempts", "extract_s3_uri", "result_uri", "result", "watermark", "lease", "plan_line", "notes",
     "settings", "uncounted", "arguments", "retry_wait_seconds", GROUP, "then", "ended"}
)  # fmt: skip
"""Keys of an item that belong to its first table, or to the group. The others are the same for each member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A table of a group, and its attempt. `place` is that of its line in the plan.

    `uncounted` is how many of its attempts do not count for `max_attempts`; `settings` are those of a larger attempt.
    """

    table: str
    attempt: int
    fencing: int
    place: tuple[int, int]
    uncounted: int = 0
    settings: Mapping[str, Json] | None = None

    def as_json(self) -> dict[str, Json]:
        """As it is written in an item."""
        members: dict[str, Json] = {
            "table": self.table,
            "attempt": self.attempt,
            "fencing": self.fencing,
            "plan_line": list(self.place),
        }
        if self.uncounted:
            members["uncounted"] = self.uncounted
        return members if self.settings is None else {**members, "settings": self.settings}

    @classmethod
    def of(cls, value: Any) -> Member:
        """The member in an item. Raises UsageError."""
        try:
            offset, length = value["plan_line"]
            numbers = (value["attempt"], value["fencing"], offset, length, value.get("uncounted", 0))
            if not isinstance(value["table"], str) or any(type(number) is not int for number in numbers):
                raise TypeError(value)  # noqa: TRY301 - as a missing member
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(
                f"a member of the item's group is {value!r}: each state of a branch must keep the item, with its own output at "
                "$.job_result"
            ) from error
        settings = value.get("settings")
        return cls(
            table=value["table"],
            attempt=value["attempt"],
            fencing=value["fencing"],
            place=(offset, length),
            uncounted=value.get("uncounted", 0),
            settings=settings if isinstance(settings, dict) else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The tables of a group by name, in the order of their turns. A turn takes `turn_seconds` at most."""

    tables: tuple[str, ...]
    turn_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedJob:
    """The job of a group: the `arguments` of its branch, and the object with those of its tables."""

    group: Group
    arguments: Mapping[str, Json]
    spilled: Spilled


def group_item(first: Mapping[str, Json], members: Sequence[Member], job: SharedJob) -> dict[str, Json]:
    """The item of a group. `first` is the item of its first member."""
    refs: list[Json] = [member.as_json() for member in members]
    return {**first, "arguments": job.arguments, GROUP: {"members": refs, "turn_seconds": job.group.turn_seconds}}


def members_of(item: Mapping[str, Json]) -> list[Member]:
    """The members of an item's group, in the order of their turns; empty: the item is of one table. Raises UsageError."""
    group = item.get(GROUP)
    members = group.get("members") if isinstance(group, dict) else None
    return [Member.of(member) for member in members] if isinstance(members, list) else []


def turn_seconds_of(item: Mapping[str, Json]) -> int | None:
    """The most that a turn takes in the job of this item; None: it has no group."""
    group = item.get(GROUP)
    seconds = group.get("turn_seconds") if isinstance(group, dict) else None
    return seconds if isinstance(seconds, int) else None


def keys_of(item: Mapping[str, Json]) -> list[tuple[str, int]]:
    """Table and attempt of each member, or of the one table. For an item of a history, which may be damaged."""
    try:
        members = members_of(item)
    except UsageError:
        members = []
    return [(member.table, member.attempt) for member in members] or [(str(item["table"]), int(str(item["attempt"])))]


def member_item(item: Mapping[str, Json], member: Member) -> dict[str, Json]:
    """The item of one member: what its own item would be after the job, without what is in its plan line only."""
    rest = {name: value for name, value in item.items() if name not in _OF_ITS_OWN}
    return {
        **rest,
        "table": member.table,
        "attempt": member.attempt,
        "lease": {"fencing": member.fencing},
        "plan_line": list(member.place),
        **({"uncounted": member.uncounted} if member.uncounted else {}),
        **({"settings": member.settings} if member.settings is not None else {}),
    }
