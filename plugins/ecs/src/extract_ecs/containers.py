"""The containers of a stopped task, and which of them are the job's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.dataclass import dataclass
from extract_core.parsing.payload import objects, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core import Json

_SIGNALS: Final = {137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}


@dataclass(frozen=True, slots=True)
class Container:
    """One container: `exit_code` is None where it never ran or its end was not seen."""

    name: str
    exit_code: int | None
    reason: str | None

    def summary(self) -> str:
        """Its end in words."""
        code = "without an exit code" if self.exit_code is None else f"with exit code {self.exit_code}"
        signal = f" ({_SIGNALS[self.exit_code]})" if self.exit_code in _SIGNALS else ""
        return f"container {self.name!r} ended {code}{signal}" + (f": {self.reason}" if self.reason else "")


def job_containers(task: Mapping[str, Json], item: Mapping[str, Json]) -> Sequence[Container]:
    """The container whose command was overridden (the task echoes its Overrides; else the item has them); else all of them.

    A sidecar may well be killed after the job's container ended: only the job's own exit code counts.
    """
    every = [
        Container(text(container, "Name") or "?", whole(container, "ExitCode"), text(container, "Reason"))
        for container in objects(task, "Containers")
    ]
    for place in (
        objects(task, "Overrides", "ContainerOverrides"),
        objects(item, "arguments", "overrides", "ContainerOverrides"),
    ):
        named = {text(override, "Name") for override in place if override.get("Command")}
        chosen = [container for container in every if container.name in named]
        if chosen:
            return chosen
    return every
