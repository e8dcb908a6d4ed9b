"""The engine of one machine: runs the generated definition with the real handlers and one process per job."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.errors import PluginError, RunNotFound
from extract_core.runs.engine import ExecutionEnd
from extract_core.wording import described
from extract_local.executions.folder import ExecutionFolder, run_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from asl_generator import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.pipeline.parts import Parts
    from extract_core.registry.installed import Registry
    from extract_core.runs.engine import Rehearsal, RunningExecution
    from extract_local.jobs.starting import JobStarter

log: Final = logging.getLogger(__name__)

_FAST_REHEARSAL: Final = 60.0
"""The speed of waits in a run with injected faults."""
_DIED: Final = ExecutionEnd(status="ABORTED", cause="the process that ran it died")
_UNSEEN: Final = ExecutionEnd(status="ABORTED", cause="it ran elsewhere, and the bound of its leases has passed")


class LocalEngine:
    """Runs a pipeline's machine in this process. Each command makes one: it holds the registry and the stores.

    What a method needs is imported when it is called: to look at a run takes no plugin, no generator and no interpreter.
    """

    options: tuple[str, ...] = ("--local",)

    def __init__(self, pipeline: Pipeline, registry: Registry | None = None) -> None:
        self._pipeline = pipeline
        self._registry = registry
        self._executions = pipeline.home / "executions"
        self._parts: Parts | None = None
        self._starter: JobStarter | None = None
        self._ended_children: set[str] = set()  # of executions with pools that this process runs

    @property
    def registry(self) -> Registry:
        """The job types of this engine."""
        if self._registry is None:
            from extract_core.registry.loading import discover

            self._registry = discover().with_settings(self._pipeline.plugins)
        return self._registry

    def parts(self) -> Parts:
        """Files and SQLite below the pipeline's folder."""
        if self._parts is None:
            from extract_core.objects.routed import open_objects
            from extract_core.pipeline.parts import Parts, no_notice
            from extract_core.pipeline.reach import require_local
            from extract_core.runs.notify import Notifier
            from extract_core.runs.publish import publish
            from extract_core.tracking.open import open_tracking
            from extract_local.jobs.orphans import stop_orphan

            require_local(self._pipeline)
            _make_private(self._pipeline.home)
            self._parts = Parts(
                objects=open_objects(),
                tracking=open_tracking(self._pipeline.tracking),
                registry=self.registry,
                config_uri=self._pipeline.config_uri,
                data_uri=self._pipeline.data_uri,
                runs_uri=self._pipeline.runs_uri,
                is_running=self._is_running_or_closed,
                history=lambda execution_id: self.history(run_id_of(execution_id)),
                publish=publish,
                notify=Notifier(self._pipeline.notify, self.options) if self._pipeline.notify else no_notice,
                stop_here=stop_orphan,
            )
        return self._parts

    def definition(self) -> MachineDefinition:
        """The machine of the installed job types: what `extract asl build` writes.

        If a plugin is broken or blocked, sections of extract.toml without a job type are left out, so that the others still run.
        `asl build` refuses them.
        """
        import asl_generator

        return asl_generator.build_pipeline(self._working_pipeline(), self.registry)

    def _working_pipeline(self) -> Pipeline:
        pipeline = self._pipeline
        if not self.registry.broken and not self.registry.blocked:
            return pipeline
        working = {name: section for name, section in pipeline.job_types.items() if name in self.registry.job_types}
        return replace(pipeline, job_types=working)

    def start(self, event: Mapping[str, Json], *, run_id: str, rehearsal: Rehearsal | None = None) -> RunningExecution:
        """Start an execution on threads and processes of this machine. UsageError for an unknown fault to inject."""
        import asl_toolkit
        from extract_local.executions.execution import LocalExecution
        from extract_local.executions.fast_clock import FastClock
        from extract_local.jobs.injection import Injections
        from extract_local.services import require_served, services_of

        injections = Injections(rehearsal.inject if rehearsal else ())
        speed = _FAST_REHEARSAL if rehearsal and rehearsal.inject else 1.0
        clock = FastClock(rehearsal.fast if rehearsal and rehearsal.fast is not None else speed)
        built, notes = self._buildable_definition()
        machine = asl_toolkit.load(built.definition)
        parts = self.parts()
        require_served(machine, built)
        execution_id = self.execution_id(run_id)
        folder = ExecutionFolder.create(self._executions, execution_id, built.to_json(), event)
        ended = self._ended_children if self._pipeline.pools else None
        execution = LocalExecution(run_id, execution_id, folder, parts, injections, notes, ended)
        services = services_of(built, replace(parts, alone=injections.wants), folder, injections, self._job_starter())
        execution.begin(machine, event, services, clock, self._arn("stateMachine", self._pipeline.name))
        return execution

    def _job_starter(self) -> JobStarter:
        from extract_local.jobs.starting import JobStarter

        self._starter = self._starter or JobStarter(self._pipeline.folder)
        return self._starter

    def execution_id(self, run_id: str) -> str:
        """The ARN of a run's execution on this machine."""
        return f"{self._arn('execution', self._pipeline.name)}:{run_id}"

    def is_running(self, execution_id: str) -> bool:
        """Whether a process on this machine holds the lock of the execution's folder.

        An execution of another checkout, which shares the tracking store, can't be seen: it counts as alive until its bound.
        """
        from extract_core.runs.unseen import may_run

        folder = self._folder(run_id_of(execution_id))
        return folder.is_running if folder.is_of(execution_id) else may_run(self.parts(), execution_id)

    def reconcile(self, run_id: str) -> None:
        """Record the end of what a killed process left open. Does nothing for a run that may be alive."""
        from extract_core.runs.reconcile import reconcile

        try:
            execution_id = self.parts().tracking.run(run_id).execution_id
        except RunNotFound:
            return
        if not self.is_running(execution_id):
            folder = self._folder(run_id)
            end = (folder.ended() if folder.is_of(execution_id) else _UNSEEN) or _DIED
            reconcile(self.parts(), run_id, end.status, end.cause or "")

    def pace(self, run_id: str, at_once: int) -> None:
        """Leave the number in the run's folder: its process reads it within a second. Raises UsageError."""
        from extract_core.runs.pace import map_run_to_pace

        folder = self._folder(run_id)
        map_run_to_pace(run_id, folder.events())
        folder.put_pace(at_once)

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
        """The history of any run on this machine, while its process writes it."""
        return self._folder(run_id).follow()

    def history(self, run_id: str) -> Iterator[Mapping[str, Json]]:
        """The events that the run's process has written so far."""
        return self._folder(run_id).events()

    def job_log(self, run_id: str, table: str, attempt: int) -> str | None:
        """The output of the job's process."""
        try:
            return self._folder(run_id).job_log(table, attempt).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def _is_running_or_closed(self, execution_id: str) -> bool:
        """For a run that needs the tables or a slot: a run whose process died is closed first, and its jobs are stopped.

        If it can't be closed, its tables can still be taken: what a late job of it writes has an older fencing number. A child of
        a DISTRIBUTED Map (``…:execution:<machine>/<label>:<name>``) counts as alive unless this process saw its end. The caller
        asks about its run too.
        """
        if "/" in execution_id:
            return execution_id not in self._ended_children
        alive = self.is_running(execution_id)
        if not alive:
            try:
                self.reconcile(run_id_of(execution_id))
            except Exception as error:  # noqa: BLE001 - of another run: it must not stop this one
                log.warning("%s died and can't be closed now: %s", run_id_of(execution_id), described(error))
        return alive

    def _buildable_definition(self) -> tuple[MachineDefinition, tuple[str, ...]]:
        """The machine, and notes for the user about job types that cannot be built and plugins whose hook fails.

        They are removed from the registry. Their tables fail with CONFIG and the cause, and the others run. `asl build` refuses
        them.
        """
        import asl_generator

        before = self.registry.broken
        try:
            return self.definition(), ()
        except (asl_generator.GeneratorError, PluginError):
            if causes := asl_generator.unusable(self._pipeline, self.registry):
                self._registry = self.registry.without(causes)
            if hooks := asl_generator.unusable_hooks(self._working_pipeline(), self.registry):
                self._registry = self.registry.without_plugins(hooks)
            if self.registry.broken == before:
                raise
        self._parts = replace(self.parts(), registry=self.registry)
        notes = tuple(f"left out of this run: {broken}" for broken in self.registry.broken if broken not in before)
        return self.definition(), notes

    def _folder(self, run_id: str) -> ExecutionFolder:
        return ExecutionFolder.of(self._executions, run_id)

    def _arn(self, kind: str, name: str) -> str:
        pipeline = self._pipeline
        return f"arn:{pipeline.partition}:states:{pipeline.region}:{pipeline.account}:{kind}:{name}"


def _make_private(home: Path) -> None:
    """Make the folder of this pipeline's runs. Other users may not enter: jobs' output may hold what a reason would hide."""
    with suppress(OSError):  # whoever may not write here can still look
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
