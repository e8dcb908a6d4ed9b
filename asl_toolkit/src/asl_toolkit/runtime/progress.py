"""How far an execution has come: a redrive continues from the failed step.

A branch has its current state, with the input and the variables. A Parallel or Map state has the progress of its branches or
iterations. Finished ones keep only their output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from asl_toolkit.json_value import Json

if TYPE_CHECKING:
    from asl_toolkit.runtime.payload import Payload

_NONE: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Done:
    """A branch or iteration that has succeeded."""

    output: Json


class Closeable(Protocol):
    """The Map Run of a DISTRIBUTED Map, which has a file of results."""

    def close(self) -> None:
        """Free the file."""


class Progress:
    """One branch: its current state, and the progress inside that state."""

    __slots__ = ("inner", "map_run", "payload", "resumed", "state", "variables")

    def __init__(self) -> None:
        self.state: str | None = None
        self.payload: Payload | None = None
        self.variables: Mapping[str, Json] = _NONE
        self.inner: dict[int, Progress | Done] = {}
        self.map_run: Closeable | None = None
        self.resumed = False

    def enter(self, state: str, payload: "Payload", variables: Mapping[str, Json]) -> None:
        """The branch enters a state. After a redrive, the first state keeps its inner progress."""
        self.state, self.payload = state, payload
        self.variables = dict(variables) if variables else _NONE
        if self.resumed:
            self.resumed = False
        else:
            self.forget()

    def forget(self) -> None:
        """The inner progress of the state begins again."""
        if self.inner:
            self.inner = {}
        if self.map_run is not None:
            self.map_run.close()
            self.map_run = None

    def at(self, place: int) -> "Progress | Done":
        """The progress of a branch or an iteration."""
        progress = self.inner.get(place)
        if progress is None:
            progress = self.inner[place] = Progress()
        return progress

    def resume(self) -> None:
        """The execution is redriven: every open branch continues where it was."""
        stack = [self]
        while stack:
            here = stack.pop()
            here.resumed = here.state is not None
            stack.extend(inner for inner in here.inner.values() if isinstance(inner, Progress))
