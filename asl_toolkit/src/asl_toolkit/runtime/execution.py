"""An execution: it runs on a separate thread and can be waited for, stopped and redriven."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias

from asl_toolkit.clock import Clock, SystemClock
from asl_toolkit.definition.model import Machine
from asl_toolkit.environment import Scope
from asl_toolkit.errors import AslError, Fatal, StateFailure
from asl_toolkit.json_value import Json
from asl_toolkit.runtime.calls import Calls
from asl_toolkit.runtime.history import MOST_EVENTS, NOT_TRUNCATED, Cursor, Event, History, named
from asl_toolkit.runtime.interpreter import run_branch
from asl_toolkit.runtime.loop import Fiber, Loop, Signal
from asl_toolkit.runtime.map_run_events import ChildEvents, ChildExecution, MapRunStart
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.progress import Progress
from asl_toolkit.runtime.run import Run
from asl_toolkit.runtime.workers import Workers
from asl_toolkit.services.registry import Services
from asl_toolkit.timestamps import instant_text

_MOST_SECONDS = 365 * 86_400.0  # an execution takes a year at most (service quotas)
Status: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class NotRedrivable(AslError):  # noqa: N818 - as AWS names it
    """The execution cannot be redriven; the text is the reason that DescribeExecution gives."""


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """The end of an execution: `output` if it SUCCEEDED, else `error` and `cause` (None if not set).

    `events` are those of GetExecutionHistory: dicts with timestamp, type, id, previousEventId and the details.
    """

    status: Status
    output: Json = None
    error: str | None = None
    cause: str | None = None
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Identity:
    """The names that an execution goes by."""

    name: str
    arn: str
    machine_arn: str
    role_arn: str

    @property
    def machine_name(self) -> str:
        """The last part of the machine's ARN."""
        return self.machine_arn.rsplit(":", 1)[-1]

    @property
    def express(self) -> bool:
        """Whether the machine is EXPRESS: such an execution cannot be redriven, and its context object has no RedriveCount."""
        return ":express:" in self.arn


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an execution.

    `child_listener` gets every child of a DISTRIBUTED Map after its end, `map_run_listener` every Map Run that starts,
    `child_events` every child that starts.
    `nested`: an execution on the same clock starts this one.
    """

    services: Services
    clock: Clock | None = None
    listener: Callable[[Event], None] | None = None
    child_listener: Callable[[ChildExecution], None] | None = None
    seed: int | None = None
    map_run_listener: Callable[[MapRunStart], None] | None = None
    nested: bool = False
    child_events: ChildEvents | None = None


class Execution:
    """One run of a machine. `StateMachine.start` creates it."""

    def __init__(self, machine: Machine, payload: Payload, identity: Identity, settings: Settings) -> None:
        self.name = identity.name
        self.arn = identity.arn
        self.identity = identity
        self.machine = machine
        self.payload = payload
        self.redrives = 0
        self._settings = settings
        self._loop = Loop(settings.clock or SystemClock())
        self._history = History(self._loop.clock, settings.listener)
        self._progress = Progress()
        seed = 0 if settings.seed is None and self._loop.clock.virtual else settings.seed
        self._random = random.Random(seed)  # noqa: S311 - jitter is not a secret; a redrive continues the sequence, so children's names stay unique
        self.started = self.redriven = self._loop.clock.now()
        self.stopped: float | None = None
        self._ending = threading.Lock()
        self._when_ended: list[Callable[[ExecutionResult], None]] = []
        self._prepare()

    def _prepare(self) -> None:
        """Create everything that one start or redrive needs."""
        settings = self._settings
        self._loop.patience = settings.services.tokens.patience
        name = f"asl-{self.name}"
        self._calls = Calls(self._loop, Workers(settings.services.workers, name), self._drive, name)
        self._result: ExecutionResult | None = None
        self._ended = threading.Event()
        self._over: Signal[ExecutionResult | None] = Signal(self._loop)
        self._main: Fiber[ExecutionResult] = self._loop.spawn(self._supervise())
        self._thread = threading.Thread(target=self._drive, name=name, daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._loop.join(nested=self._settings.nested)
        self._thread.start()

    @property
    def status(self) -> Status:
        """RUNNING, or how it ended."""
        return "RUNNING" if self._result is None else self._result.status

    @property
    def clock(self) -> Clock:
        """The clock that it runs on."""
        return self._loop.clock

    def when_ended(self, tell: Callable[[ExecutionResult], None]) -> None:
        """Call `tell` once with the result, on the execution's thread or, if it has ended, on this one. It must not block.

        A clock that other executions share stands still until `tell` returns.
        """
        with self._ending:
            result = self._result
            if result is None:
                self._when_ended.append(tell)
                return
        tell(result)

    def events(self) -> list[Event]:
        """The events up to now."""
        return self._history.events()

    def wait(self, timeout: float | None = None) -> ExecutionResult:
        """Wait for the result. Raises TimeoutError after `timeout` seconds of this computer's time."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"the execution {self.name!r} has not ended after {timeout} seconds")
        self._thread.join()
        assert self._result is not None  # noqa: S101 - set before the event
        return self._result

    def stop(self, error: str = "", cause: str = "") -> None:
        """End it as ABORTED and cancel its running tasks. Returns at once; has no effect after the end."""
        result = ExecutionResult("ABORTED", error=error or None, cause=cause or None)
        over = self._over
        self._loop.post(lambda: over.set(result))

    @property
    def why_not_redrivable(self) -> str | None:
        """DescribeExecution's reason why it cannot be redriven, or None if it can."""
        if self.status in {"RUNNING", "SUCCEEDED"}:
            return f"Execution is {self.status} and cannot be redriven"
        if len(self._history.events()) >= MOST_EVENTS - 1:
            return "Execution history event limit exceeded"
        return None

    def redrive(self) -> None:
        """Continue from the steps that failed, with the same input and definition; the results of the other steps stay.

        Returns at once; call `wait` for the end. Counters of Retry and timeouts restart. Raises NotRedrivable with the reason.
        """
        reason = self.why_not_redrivable
        if reason is not None:
            raise NotRedrivable(reason)
        self._thread.join()
        self._progress.resume()
        self._loop = Loop(self._loop.clock)
        self._history.reopen(self._loop.clock, self._settings.listener)
        self.redrives += 1
        self.redriven, self.stopped = self._loop.clock.now(), None
        self._prepare()
        self.begin()

    def _drive(self) -> None:
        """Run the loop on this thread until the execution ends, or until another thread takes the loop over (see `calls`)."""
        self._thread = threading.current_thread()
        try:
            if not self._loop.run(self._main):
                return
            result = self._main.result()
        except Exception as error:  # noqa: BLE001 - the waiting caller must get an answer
            result = ExecutionResult("FAILED", error="States.Runtime", cause=f"The interpreter failed: {error!r}")
        self._loop.close()
        self._calls.close()
        self.stopped = self._loop.clock.now()
        result = ExecutionResult(result.status, result.output, result.error, result.cause, self._history.events())
        with self._ending:
            self._result = result
            listeners, self._when_ended = self._when_ended, []
        self._ended.set()
        for tell in listeners:
            tell(result)
        self._loop.leave()

    async def _supervise(self) -> ExecutionResult:
        """Run the machine; stop it if it is aborted or exceeds its time limit."""
        fiber = self._loop.spawn(self._interpret())
        fiber.ended.also(lambda: self._over.set(None))
        late, started = ExecutionResult("TIMED_OUT"), self._loop.clock.now()
        year = started + _MOST_SECONDS
        if self.machine.timeout is not None:
            self._loop.at(started + min(self.machine.timeout, _MOST_SECONDS), self._over, late)
        self._loop.end_at(year, partial(self._loop.at, year, self._over, late))
        ended = await self._over
        if ended is None:
            return fiber.result()
        self._history.close()  # states that are cut short from outside leave no events (measured: floci-io/floci, issue 2733)
        await self._cancelled(fiber)
        if ended.status == "ABORTED":
            self._history.end("ExecutionAborted", 0, named(ended.error, ended.cause))
        else:
            self._history.end("ExecutionTimedOut", 0, {"error": "States.Timeout"})
        return ended

    async def _cancelled(self, fiber: Fiber[ExecutionResult]) -> None:
        """Cancel the machine's fiber and wait until everything below it is cleaned up."""
        gone: Signal[None] = Signal(self._loop)
        fiber.cancel(self._loop)
        fiber.ended.also(lambda: gone.set(None))
        await gone

    async def _interpret(self) -> ExecutionResult:
        history = self._history
        if self.redrives:
            previous = history.add("ExecutionRedriven", history.last, {"redriveCount": self.redrives})
            cursor = Cursor(history, previous)
        else:
            started = {"input": self.payload.text, "inputDetails": NOT_TRUNCATED, "roleArn": self.identity.role_arn}
            history.add("ExecutionStarted", 0, started)
            cursor = Cursor(history, 0)  # the first state's event has no predecessor, as recorded
        settings, context = self._settings, self._context()
        run = Run(run_branch, self.machine, settings.services, self._loop, self._calls, history, context, self._random)
        run.child_listener, run.map_run_listener = settings.child_listener, settings.map_run_listener
        run.child_events = settings.child_events
        try:
            output = await run.branch(self.machine.root, self.payload, Scope(), run.context, cursor, self._progress)
        except StateFailure as failure:
            history.end("ExecutionFailed", cursor.last, named(failure.error, failure.cause))
            return ExecutionResult("FAILED", error=failure.error, cause=failure.cause)
        except Fatal as fatal:
            history.end("ExecutionFailed", fatal.previous, named(fatal.error, fatal.cause))
            return ExecutionResult("FAILED", error=fatal.error, cause=fatal.cause)
        self._progress = Progress()  # a succeeded execution is never redriven: free the memory
        details = {"output": output.text, "outputDetails": NOT_TRUNCATED}
        history.end("ExecutionSucceeded", cursor.last, details)
        return ExecutionResult("SUCCEEDED", output=output.value)

    def _context(self) -> dict[str, Json]:
        identity = self.identity
        about = {
            "Id": identity.arn,
            "Input": self.payload.value,
            "StartTime": instant_text(self.started),
            "Name": identity.name,
            "RoleArn": identity.role_arn,
        }
        if not identity.express:
            about["RedriveCount"] = self.redrives
        if self.redrives:
            about["RedriveTime"] = instant_text(self.redriven)
        return {
            "Execution": about,
            "StateMachine": {"Id": identity.machine_arn, "Name": identity.machine_name},
        }
