"""One running state: its input, the values that its expressions read, and its line of events."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from asl_toolkit.environment import Environment, Scope
from asl_toolkit.json_value import Json
from asl_toolkit.runtime.history import Cursor
from asl_toolkit.runtime.payload import Payload

if TYPE_CHECKING:
    from asl_toolkit.definition.model import State
    from asl_toolkit.runtime.progress import Progress
    from asl_toolkit.runtime.run import Run


class StateEnd:
    """How a state ended: its output, the next state (None: the branch ends), and the variables that it sets."""

    __slots__ = ("assigned", "next", "payload")

    def __init__(self, payload: Payload, following: str | None, assigned: Mapping[str, Json] | None = None) -> None:
        self.payload = payload
        self.next = following
        self.assigned = assigned


class Frame:
    """A state that was entered."""

    __slots__ = ("before", "context", "cursor", "entered_id", "payload", "progress", "run", "scope", "state")

    def __init__(  # noqa: PLR0913, PLR0917 - it is what a state stands among
        self,
        run: "Run",
        state: "State",
        payload: Payload,
        scope: Scope,
        context: dict[str, Json],
        cursor: Cursor,
        before: int,
        progress: "Progress",
    ) -> None:
        self.run = run
        self.state = state
        self.payload = payload
        self.scope = scope
        self.context = context
        self.cursor = cursor
        self.progress = progress
        self.before = before  # the event before this state was entered
        self.entered_id = cursor.last

    def environment(self, data: Json) -> Environment:
        """The values that an expression reads if `$` means `data`."""
        return Environment(data, self.context, self.scope, self.run.loop.clock)
