"""One execution that this process runs: the interpreter on threads, its events, its stop and its end."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from extract_core.errors import ObjectError
from extract_core.runs.engine import ExecutionEnd
from extract_core.runs.reconcile import reconcile
from extract_local.executions.children import Children
from extract_local.executions.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import asl_toolkit
    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_local.executions.fast_clock import FastClock
    from extract_local.executions.folder import ExecutionFolder
    from extract_local.jobs.injection import Injections

_ENDED: Final = object()
_LOOK_SECONDS: Final = 0.5  # between two looks for another pace


class LocalExecution:
    """One execution that this process runs. `notes` go to the user at its end."""

    outlives = False

    def __init__(  # noqa: PLR0913, PLR0917 - what one execution is made of
        self,
        run_id: str,
        execution_id: str,
        folder: ExecutionFolder,
        parts: Parts,
        injections: Injections,
        notes: tuple[str, ...] = (),
        ended_children: set[str] | None = None,
    ) -> None:
        self.run_id = run_id
        self.execution_id = execution_id
        self._folder = folder
        self._parts = parts
        self._injections = injections
        self._notes = notes
        self._ended_children = ended_children
        self._queue: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._stopped: str | None = None
        self._execution: asl_toolkit.Execution

    def begin(
        self,
        machine: asl_toolkit.StateMachine,
        event: Json,
        services: asl_toolkit.Services,
        clock: FastClock,
        machine_arn: str,
    ) -> None:
        """Start the interpreter. Its events, and those of the children of its Map, go to the folder and to `events`."""
        log = EventLog(self._folder.path)

        def listen(history_event: Mapping[str, Json]) -> None:
            log.write(history_event)
            self._queue.put(history_event)

        children = Children(listen, self._ended_children)
        try:
            self._execution = machine.start(
                event,
                name=self.run_id,
                services=services,
                execution_arn=self.execution_id,
                state_machine_arn=machine_arn,
                clock=clock,
                listener=listen,
                map_run_listener=children.map_run,
                child_events=children.child,
            )
        except BaseException:
            log.close()
            self._folder.close()
            raise
        threading.Thread(target=self._wait, args=(log, children), name=f"execution {self.run_id}", daemon=True).start()

    def _wait(self, log: EventLog, children: Children) -> None:
        try:
            while not self._has_ended():
                if (at_once := self._folder.pace()) is not None:
                    children.pace(at_once)
        finally:
            log.close()
            self._queue.put(_ENDED)

    def _has_ended(self) -> bool:
        try:
            self._execution.wait(_LOOK_SECONDS)
        except TimeoutError:
            return False
        return True

    def events(self) -> Iterator[Mapping[str, Json]]:
        """Each history event as it happens."""
        while (event := self._queue.get()) is not _ENDED:
            yield cast("Mapping[str, Json]", event)
        self._queue.put(_ENDED)

    def stop(self, cause: str) -> None:
        """Abort: the processes of the jobs are ended."""
        self._stopped = cause
        self._execution.stop("Extract.Stopped", cause)

    def end(self) -> ExecutionEnd:
        """How it ended. Tables that an abort left open are recorded as STOPPED, and the folder's lock is released."""
        result = self._execution.wait()
        unused = tuple(f"--inject {text!r} met no start of a job" for text in self._injections.unused())
        end = ExecutionEnd(
            status=result.status, output=result.output, error=result.error, cause=result.cause, notes=(*self._notes, *unused)
        )
        try:
            with suppress(ObjectError):  # a full disk; without this file, the tracking store knows the end
                self._folder.end(end)
            # This changes nothing if the machine wrote its summary. It could not if it was aborted, timed out, or failed with an
            # error that no Catch handles (States.Runtime).
            reconcile(self._parts, self.run_id, end.status, self._stopped or end.cause or end.error or "")
        finally:
            self._folder.close()
        return end
