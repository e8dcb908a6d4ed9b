"""The engine of one machine: runs the generated definition with the real handlers and a process for each job."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import asl_generator
import asl_toolkit
from extract_core.errors import UsageError
from extract_core.objects.routed import open_objects
from extract_core.pipeline.parts import Parts
from extract_core.registry.loading import discover
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.runs.engine import ExecutionEnd
from extract_core.runs.reconcile import reconcile
from extract_core.status.record import record
from extract_core.tracking.open import open_tracking
from extract_local.event_log import EventLog
from extract_local.execution_folder import ExecutionFolder, segment
from extract_local.fast_clock import FastClock
from extract_local.injection import Injections
from extract_local.jobs import JobProcesses
from extract_local.orphans import stop_orphan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from asl_generator import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry
    from extract_core.runs.engine import Rehearsal, RunningExecution

_ENDED: Final = object()
_FAST_REHEARSAL: Final = 60.0
"""How much waits hurry in a run with injected faults: nobody wants to sit through them."""


class LocalEngine:
    """Runs a pipeline's machine in this process. Make one a command: it keeps the registry and the stores."""

    options: tuple[str, ...] = ("--local",)

    def __init__(self, pipeline: Pipeline, registry: Registry | None = None) -> None:
        self._pipeline = pipeline
        self.registry = registry if registry is not None else discover()
        self._executions = pipeline.home / "executions"
        self._parts: Parts | None = None

    def parts(self) -> Parts:
        """Files and SQLite below the pipeline's folder."""
        if self._parts is None:
            for name in ("config_uri", "data_uri", "runs_uri"):
                uri = getattr(self._pipeline, name)
                if not uri.startswith("file://"):
                    raise UsageError(f"extract.toml: pipeline.{name} is {uri!r}; a run on this machine needs a folder here")
            self._parts = Parts(
                objects=open_objects(),
                tracking=open_tracking(self._pipeline.tracking),
                registry=self.registry,
                config_uri=self._pipeline.config_uri,
                data_uri=self._pipeline.data_uri,
                runs_uri=self._pipeline.runs_uri,
                is_running=self._is_running_or_closed,
                history=self._history,
                stop_here=stop_orphan,
            )
        return self._parts

    def _is_running_or_closed(self, execution_id: str) -> bool:
        """For one who wants its tables: a run whose process died is closed first, and what is left of its jobs is ended."""
        alive = self.is_running(execution_id)
        if not alive:
            self.reconcile(execution_id.rpartition(":")[2])
        return alive

    def _leave_out_the_unusable(self) -> tuple[str, ...]:
        """Take what no machine can be built with out of the registry, for this run; notes that say so.

        Tables of these job types are then recorded as CONFIG, with the cause, and the others run. `asl build` refuses to go on.
        """
        causes = asl_generator.unusable(self._pipeline, self.registry)
        if not causes:
            return ()
        self.registry = self.registry.without(causes)
        self._parts = replace(self.parts(), registry=self.registry)
        return tuple(
            f"left out of this run: {broken}" for broken in self.registry.broken if set(broken.job_types) & causes.keys()
        )

    def definition(self) -> MachineDefinition:
        """The machine of the installed job types: what `extract asl build` writes.

        Where a plugin is broken or blocked, sections of extract.toml whose job type is missing are left out, so that the others
        still run; `asl build` refuses to go on.
        """
        pipeline = self._pipeline
        if self.registry.broken or self.registry.blocked:
            working = {name: section for name, section in pipeline.job_types.items() if name in self.registry.job_types}
            pipeline = replace(pipeline, job_types=working)
        return asl_generator.build_pipeline(pipeline, self.registry)

    def start(self, event: Mapping[str, Json], *, run_id: str, rehearsal: Rehearsal | None = None) -> RunningExecution:
        """Start an execution on threads and processes of this machine. UsageError for a fault that can't be injected."""
        injections = Injections(rehearsal.inject if rehearsal else ())
        hurry = _FAST_REHEARSAL if rehearsal and rehearsal.inject else 1.0
        clock = FastClock(rehearsal.fast if rehearsal and rehearsal.fast is not None else hurry)
        left_out = self._leave_out_the_unusable()
        built = self.definition()
        machine = asl_toolkit.load(built.definition)
        parts = self.parts()
        folder = ExecutionFolder.create(self._executions, run_id, built.to_json(), event)
        execution = LocalExecution(run_id, self._execution_id(run_id), folder, parts, injections, left_out)
        services = self._services(built, parts, folder, injections)
        execution.begin(machine, event, services, clock, self._arn("stateMachine", self._pipeline.name))
        return execution

    def is_running(self, execution_id: str) -> bool:
        """Whether a process on this machine holds the execution's folder."""
        return self._folder(execution_id.rpartition(":")[2]).is_running

    def reconcile(self, run_id: str) -> None:
        """Record what a killed process left open."""
        folder = self._folder(run_id)
        if not folder.is_running:
            ended = folder.ended()
            status = str(ended["status"]) if ended else "ABORTED"
            cause = str(ended.get("cause") or "") if ended else "the process that ran it died"
            reconcile(self.parts(), run_id, status, cause)

    def places(self, run_id: str) -> Mapping[str, Path | str]:
        """The files of one run."""
        path = self._folder(run_id).path
        return {
            "state machine": path / "machine.asl.json",
            "execution history": path / "events.jsonl",
            "job logs": path / "jobs",
            "tracking store": self._pipeline.tracking,
            "configs": self._pipeline.config_uri,
            "plans and results": self._pipeline.runs_uri,
            "data": self._pipeline.data_uri,
        }

    def watch(self, run_id: str) -> Iterator[Mapping[str, Json]]:
        """The history of any run on this machine, as its process writes it."""
        return self._folder(run_id).follow()

    def history(self, run_id: str) -> Iterator[Mapping[str, Json]]:
        """What its process has written of it by now."""
        return self._folder(run_id).events()

    def job_log(self, run_id: str, table: str, attempt: int) -> str | None:
        """What the job's process wrote."""
        try:
            return self._folder(run_id).job_log(table, attempt).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def _history(self, execution_id: str) -> Iterator[Mapping[str, Json]]:
        return self._folder(execution_id.rpartition(":")[2]).events()

    def _folder(self, run_id: str) -> ExecutionFolder:
        return ExecutionFolder(self._executions / segment(run_id))

    def _arn(self, kind: str, name: str) -> str:
        pipeline = self._pipeline
        return f"arn:{pipeline.partition}:states:{pipeline.region}:{pipeline.account}:{kind}:{name}"

    def _execution_id(self, run_id: str) -> str:
        return f"{self._arn('execution', self._pipeline.name)}:{run_id}"

    def _services(
        self, built: MachineDefinition, parts: Parts, folder: ExecutionFolder, injections: Injections
    ) -> asl_toolkit.Services:
        functions: dict[str, Callable[[object, object], object]] = {
            f"{self._pipeline.name}-config-manager": partial(_handle, manage, parts),
            f"{self._pipeline.name}-job-run-status": partial(_handle, record, parts),
            f"{self._pipeline.name}-run-summary": partial(_handle, summarise, parts),
        }
        states = {
            branch.job_state: JobProcesses(
                self.registry.job_types[branch.job_type],
                working_folder=self._pipeline.folder,
                log_folder=folder.jobs,
                injections=injections,
            )
            for branch in built.branches
        }
        return asl_toolkit.Services({}, functions=functions, states=states)


def _handle(
    work: Callable[[Parts, Mapping[str, Json]], Mapping[str, Json]], parts: Parts, event: object, _context: object
) -> Mapping[str, Json]:
    """Call a handler's work as Lambda would call its entry point."""
    return work(parts, cast("Mapping[str, Json]", event))


class LocalExecution:
    """One execution that this process runs."""

    outlives = False

    def __init__(  # noqa: PLR0913, PLR0917 - what one execution is made of
        self,
        run_id: str,
        execution_id: str,
        folder: ExecutionFolder,
        parts: Parts,
        injections: Injections,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.run_id = run_id
        self.execution_id = execution_id
        self._folder = folder
        self._parts = parts
        self._injections = injections
        self._notes = notes
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
        """Start the interpreter; its events go to the folder and to `events`."""
        log = EventLog(self._folder.path / "events.jsonl")

        def listen(history_event: Mapping[str, Json]) -> None:
            log.write(history_event)
            self._queue.put(history_event)

        try:
            self._execution = machine.start(
                event,
                name=self.run_id,
                services=services,
                execution_arn=self.execution_id,
                state_machine_arn=machine_arn,
                clock=clock,
                listener=listen,
            )
        except BaseException:
            log.close()
            self._folder.close()
            raise
        threading.Thread(target=self._wait, args=(log,), name=f"execution {self.run_id}", daemon=True).start()

    def _wait(self, log: EventLog) -> None:
        try:
            self._execution.wait()
        finally:
            log.close()
            self._queue.put(_ENDED)

    def events(self) -> Iterator[Mapping[str, Json]]:
        """Each history event as it happens."""
        while (event := self._queue.get()) is not _ENDED:
            yield cast("Mapping[str, Json]", event)
        self._queue.put(_ENDED)

    def stop(self, cause: str) -> None:
        """Abort: the jobs' processes are ended."""
        self._stopped = cause
        self._execution.stop("Extract.Stopped", cause)

    def end(self) -> ExecutionEnd:
        """How it ended. Tables that an abort left open are recorded as STOPPED, and the folder's lock is given up."""
        result = self._execution.wait()
        unused = tuple(f"--inject {text!r} met no start of a job" for text in self._injections.unused())
        end = ExecutionEnd(
            status=result.status, output=result.output, error=result.error, cause=result.cause, notes=(*self._notes, *unused)
        )
        try:
            with suppress(OSError):  # a full disk; without the file the end is what tracking says of it
                self._folder.end({"status": end.status, "output": end.output, "error": end.error, "cause": end.cause})
            # Nothing changes where the machine summed the run up itself. It can't where it was aborted, timed out, or died of an
            # error that nothing catches (States.Runtime).
            reconcile(self._parts, self.run_id, end.status, self._stopped or end.cause or end.error or "")
        finally:
            self._folder.close()
        return end
