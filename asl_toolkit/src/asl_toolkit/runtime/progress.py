"""How far an execution has come: what a redrive needs to go on from the step that failed.

A branch knows the state that it is in, with its input and the variables set by then; a Parallel or Map state knows what
its branches or iterations have come to. Finished ones keep their output alone.
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
    """A branch or iteration that has ended well."""

    output: Json


class Closeable(Protocol):
    """The Map Run of a DISTRIBUTED Map, which holds a file of results."""

    def close(self) -> None:
        """Give the file back."""


class Progress:
    """One branch: the state that it is in, and what is inside of that state."""

    __slots__ = ("inner", "map_run", "payload", "resumed", "state", "variables")

    def __init__(self) -> None:
        self.state: str | None = None
        self.payload: Payload | None = None
        self.variables: Mapping[str, Json] = _NONE
        self.inner: dict[int, Progress | Done] = {}
        self.map_run: Closeable | None = None
        self.resumed = False

    def enter(self, state: str, payload: "Payload", variables: Mapping[str, Json]) -> None:
        """The branch is in another state now; on a redrive the first one keeps what is inside."""
        self.state, self.payload = state, payload
        self.variables = dict(variables) if variables else _NONE
        if self.resumed:
            self.resumed = False
        else:
            self.forget()

    def forget(self) -> None:
        """What is inside of the state begins anew."""
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
        """The execution is redriven: every branch that has not ended goes on where it stood."""
        stack = [self]
        while stack:
            here = stack.pop()
            here.resumed = here.state is not None
            stack.extend(inner for inner in here.inner.values() if isinstance(inner, Progress))
