"""One change of a change set, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A resource and its change. `properties` are the names of those that change."""

    verb: Literal["create", "change", "replace", "may replace", "delete", "keep", "adopt"]
    logical_id: str
    type: str
    properties: tuple[str, ...] = ()

    @property
    def loses(self) -> bool:
        """Whether the present resource is deleted, or may be."""
        return self.verb in ("replace", "may replace", "delete")

    @property
    def words(self) -> str:
        """``change       Machine (StepFunctions::StateMachine): DefinitionString``."""
        more = f": {', '.join(self.properties)}" if self.properties else ""
        return f"{self.verb:<12} {self.logical_id} ({self.type.removeprefix('AWS::')}){more}"


def change_of(described: Mapping[str, Any]) -> Change:
    """A member of Changes of DescribeChangeSet (CloudFormation API reference, ResourceChange)."""
    of = described["ResourceChange"]
    properties = {
        str(detail["Target"].get("Name") or detail["Target"].get("Attribute", ""))
        for detail in of.get("Details", ())
        if detail.get("Target")
    }
    return Change(
        verb=_verb(of),
        logical_id=of["LogicalResourceId"],
        type=of.get("ResourceType", ""),
        properties=tuple(sorted(properties - {""})),
    )


def _verb(of: Mapping[str, Any]) -> Any:
    action = of["Action"]
    if action == "Modify":
        return {"True": "replace", "Conditional": "may replace"}.get(str(of.get("Replacement")), "change")
    if action == "Remove" and of.get("PolicyAction") == "Retain":
        return "keep"
    return {"Add": "create", "Remove": "delete", "Import": "adopt"}.get(action, "change")
