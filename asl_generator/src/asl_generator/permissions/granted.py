"""A right of a role with the reason for it, and the policy document that rights make together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.contract import Statement
from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Json

VERSION: Final = "2012-10-17"
"""The version of the policy language (IAM user guide, "IAM JSON policy elements: Version")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(Statement):
    """A statement of a role. `needed_by` is the state or function that makes the calls, `reason` what it makes them for.

    Actions and resources are sorted.
    """

    needed_by: str
    reason: str


def granted(
    needed_by: str,
    reason: str,
    actions: Iterable[str],
    *resources: str,
    condition: Mapping[str, Mapping[str, Json]] | None = None,
) -> Granted:
    """A grant with sorted actions and resources."""
    return Granted(
        actions=tuple(sorted(set(actions))),
        resources=tuple(sorted(set(resources))),
        condition=condition,
        needed_by=needed_by,
        reason=reason,
    )


def policy_document(statements: Iterable[Statement]) -> dict[str, Json]:
    """The policy that allows these statements, as IAM takes it.

    Statements that differ only in their actions, or only in their resources, become one, so that nothing more is allowed. The
    same statements give the same bytes, whatever their order.
    """
    parts = {(frozenset(of.actions), frozenset(of.resources), _key(of.condition)) for of in statements}
    actions = dict[tuple[frozenset[str], str], frozenset[str]]()
    for some, resources, condition in parts:
        actions[resources, condition] = actions.get((resources, condition), frozenset()) | some
    merged = dict[tuple[frozenset[str], str], frozenset[str]]()
    for (resources, condition), some in actions.items():
        merged[some, condition] = merged.get((some, condition), frozenset()) | resources
    written = [_statement(some, resources, condition) for (some, condition), resources in merged.items()]
    return {"Version": VERSION, "Statement": sorted(written, key=_key)}


def _key(value: Json) -> str:
    return json.dumps(value, sort_keys=True) if value else ""


def _statement(actions: Iterable[str], resources: Iterable[str], condition: str) -> dict[str, Json]:
    more = {"Condition": json.loads(condition)} if condition else {}
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources), **more}


def once(grants: Iterable[Granted]) -> tuple[Granted, ...]:
    """The grants without those that are equal to an earlier one."""
    return tuple({repr(grant): grant for grant in grants}.values())
