"""An execution: starts on a thread of its own, can be waited for and stopped."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from asl_toolkit.clock import Clock, SystemClock
from asl_toolkit.definition.model import Machine
from asl_toolkit.environment import Scope
from asl_toolkit.errors import StateFailure
from asl_toolkit.json_value import Json
from asl_toolkit.runtime.history import NOT_TRUNCATED, Cursor, Event, History
from asl_toolkit.runtime.loop import Cancelled, Fiber, Loop, Signal
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.run import Fatal, Run
from asl_toolkit.runtime.workers import Workers
from asl_toolkit.services.registry import Services
from asl_toolkit.timestamps import instant_text

Status: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """How an execution ended. `output` only when SUCCEEDED, `error` and `cause` only when not (and None if unnamed).

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


class Execution:
    """One run of a machine. Made by `StateMachine.start`."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of an execution
        self,
        machine: Machine,
        payload: Payload,
        identity: Identity,
        services: Services,
        clock: Clock | None,
        listener: Callable[[Event], None] | None,
        seed: int | None = None,
    ) -> None:
        self.name = identity.name
        self.arn = identity.arn
        self._identity = identity
        self._machine = machine
        self._payload = payload
        self._services = services
        self._loop = Loop(clock or SystemClock())
        self._history = History(self._loop.clock, listener)
        self._workers = Workers(services.workers, f"asl-{identity.name}")
        self._random = random.Random(0 if seed is None and self._loop.clock.virtual else seed)  # noqa: S311 - jitter
        self._result: ExecutionResult | None = None
        self._ended = threading.Event()
        self._over: Signal[ExecutionResult | None] = Signal(self._loop)
        self._thread = threading.Thread(target=self._run, name=f"asl-{identity.name}", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def status(self) -> Status:
        """RUNNING, or how it ended."""
        return "RUNNING" if self._result is None else self._result.status

    def events(self) -> list[Event]:
        """What has happened so far."""
        return self._history.events()

    def wait(self, timeout: float | None = None) -> ExecutionResult:
        """The result, when it is there. TimeoutError after `timeout` seconds of this machine's time."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"the execution {self.name!r} has not ended after {timeout} seconds")
        self._thread.join()
        assert self._result is not None  # noqa: S101 - set before the event
        return self._result

    def stop(self, error: str = "", cause: str = "") -> None:
        """End it as ABORTED: running tasks are cancelled. Returns at once; nothing happens when it has ended."""
        result = ExecutionResult("ABORTED", error=error or None, cause=cause or None)
        self._loop.post(lambda: self._over.set(result))

    def _run(self) -> None:
        try:
            main = self._loop.spawn(self._supervise())
            self._loop.run(main)
            result = main.result()
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            result = ExecutionResult("FAILED", error="States.Runtime", cause=f"The interpreter failed: {error!r}")
        finally:
            self._workers.close()
        self._result = ExecutionResult(result.status, result.output, result.error, result.cause, self._history.events())
        self._ended.set()

    async def _supervise(self) -> ExecutionResult:
        """Run the machine; end it from outside when it is stopped or takes too long."""
        fiber = self._loop.spawn(self._interpret())
        self._loop.spawn(self._announce(fiber))
        if self._machine.timeout is not None:
            late = ExecutionResult("TIMED_OUT")
            self._loop.at(self._loop.clock.now() + self._machine.timeout, self._over, late)
        ended = await self._over
        if ended is None:
            return fiber.result()
        if ended.status == "TIMED_OUT":
            self._history.close()
        previous = len(self._history.events())
        fiber.cancel(self._loop)
        if not fiber.ended.is_set:
            await _end_of(fiber, self._loop)
        kind = "ExecutionAborted" if ended.status == "ABORTED" else "ExecutionTimedOut"
        events = self._history.events()
        previous = events[-1]["id"] if events else previous
        self._history.end(kind, previous, _named(ended.error, ended.cause))
        return ended

    async def _announce(self, fiber: Fiber[ExecutionResult]) -> None:
        await _end_of(fiber, self._loop)
        self._over.set(None)

    async def _interpret(self) -> ExecutionResult:
        history, payload = self._history, self._payload
        started = {"input": payload.text, "inputDetails": NOT_TRUNCATED, "roleArn": self._identity.role_arn}
        history.add("ExecutionStarted", 0, started)
        run = Run(self._machine, self._services, self._loop, self._workers, history, self._context(), self._random)
        cursor = Cursor(history, 0)
        try:
            output = await run.branch(self._machine.root, payload, Scope(), run.context, cursor)
        except StateFailure as failure:
            history.end("ExecutionFailed", cursor.last, _named(failure.error, failure.cause))
            return ExecutionResult("FAILED", error=failure.error, cause=failure.cause)
        except Fatal as fatal:
            history.end("ExecutionFailed", fatal.previous, _named(fatal.error, fatal.cause))
            return ExecutionResult("FAILED", error=fatal.error, cause=fatal.cause)
        details = {"output": output.text, "outputDetails": NOT_TRUNCATED}
        history.end("ExecutionSucceeded", cursor.last, details)
        return ExecutionResult("SUCCEEDED", output=output.value)

    def _context(self) -> dict[str, Json]:
        identity = self._identity
        return {
            "Execution": {
                "Id": identity.arn,
                "Input": self._payload.value,
                "StartTime": instant_text(self._loop.clock.now()),
                "Name": identity.name,
                "RoleArn": identity.role_arn,
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": identity.machine_arn, "Name": identity.machine_name},
        }


async def _end_of(fiber: Fiber[ExecutionResult], loop: Loop) -> None:
    """Wait for a fiber that somebody else may wait for too."""
    watcher: Signal[None] = Signal(loop)
    fiber.ended.also(lambda: watcher.set(None))
    await watcher


def _named(error: str | None, cause: str | None) -> dict[str, str]:
    named = {"error": error, "cause": cause}
    return {name: text for name, text in named.items() if text is not None}


__all__ = ["Cancelled", "Execution", "ExecutionResult", "Identity", "Status"]
