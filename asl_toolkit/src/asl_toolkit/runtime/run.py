"""What the states of one execution (or of one child of a DISTRIBUTED Map) share."""

import random
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from asl_toolkit.definition.model import Branch, Machine
from asl_toolkit.environment import Scope
from asl_toolkit.json_value import Json
from asl_toolkit.runtime.calls import Calls
from asl_toolkit.runtime.history import Cursor, History
from asl_toolkit.runtime.loop import Loop, Signal
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.progress import Progress
from asl_toolkit.services.registry import Services

if TYPE_CHECKING:
    from asl_toolkit.runtime.map_run_events import ChildEvents, ChildExecution, MapRunStart


# The interpreter: runs a branch to its end and returns its output. Progress says where to go on, and the interpreter keeps it
# up to date. It raises StateFailure if the branch fails, Fatal if the whole execution does.
RunBranch: TypeAlias = Callable[
    ["Run", Branch, Payload, Scope, Mapping[str, Json], Cursor, Progress],
    Coroutine[Signal[Any], None, Payload],  # Any: signals of every kind
]


class Run:
    """The state that an execution shares: services, loop, history, context object, source of chance, listeners."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of an execution
        self,
        run_branch: RunBranch,
        machine: Machine,
        services: Services,
        loop: Loop,
        calls: Calls,
        history: History,
        context: Mapping[str, Json],
        source: random.Random,
    ) -> None:
        self._run_branch = run_branch
        self.machine = machine
        self.services = services
        self.loop = loop
        self.calls = calls
        self.history = history
        self.context = context
        self.random = source
        self.child_listener: Callable[[ChildExecution], None] | None = None
        self.map_run_listener: Callable[[MapRunStart], None] | None = None
        self.child_events: ChildEvents | None = None

    def child(self, history: History, context: Mapping[str, Json]) -> "Run":
        """The run of a child execution: it has its own history and context object and shares the rest."""
        run = Run(self._run_branch, self.machine, self.services, self.loop, self.calls, history, context, self.random)
        run.child_listener, run.map_run_listener = self.child_listener, self.map_run_listener
        run.child_events = self.child_events
        return run

    def branch(  # noqa: PLR0913, PLR0917 - as RunBranch
        self,
        branch: Branch,
        payload: Payload,
        scope: Scope,
        context: Mapping[str, Json],
        cursor: Cursor,
        progress: Progress,
    ) -> Coroutine[Signal[Any], None, Payload]:
        """Run a branch; see RunBranch."""
        return self._run_branch(self, branch, payload, scope, context, cursor, progress)

    async def sleep(self, seconds: float) -> None:
        """Wait on the execution's clock."""
        await self.until(self.loop.clock.now() + seconds)

    async def until(self, deadline: float) -> None:
        """Wait until the execution's clock shows `deadline` (seconds since 1970)."""
        signal: Signal[None] = Signal(self.loop)
        self.loop.at(deadline, signal, None)
        try:
            await signal
        finally:
            signal.set(None)
