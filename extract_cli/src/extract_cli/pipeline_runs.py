"""The runs of one pipeline: its tracking store, and its engine only if a command needs it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from extract_cli.views.output import echo
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from collections.abc import Callable

    from extract_core.pipeline.model import Pipeline
    from extract_core.runs.engine import Engine
    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore


class PipelineRuns:
    """What is recorded of a pipeline's runs. `options` are what a command needs to find the same runs again.

    `pipeline` is known if extract.toml was read for them. The engine is loaded when it is first used: a run that has ended needs
    none.
    """

    def __init__(
        self,
        tracking: TrackingStore,
        load_engine: Callable[[], Engine],
        *,
        options: tuple[str, ...] = (),
        pipeline: Pipeline | None = None,
    ) -> None:
        self.tracking = tracking
        self.pipeline = pipeline
        self.options = options
        self._load_engine = load_engine

    @classmethod
    def of(cls, engine: Engine) -> PipelineRuns:
        """The runs of an engine that is loaded already."""
        return cls(engine.parts().tracking, lambda: engine, options=engine.options)

    @cached_property
    def engine(self) -> Engine:
        """Where the runs are executed."""
        return self._load_engine()

    def state(self, record: RunRecord) -> str:
        """SUCCEEDED, FAILED, REFUSED (never planned) or STOPPED if the run has ended; else RUNNING or DIED.

        DIED: its process or execution is gone, and it has no summary.
        """
        if record.summary is not None:
            state = str(record.summary.get("state", "FAILED"))
            return "REFUSED" if state == "FAILED" and record.planned is None else state
        return "RUNNING" if self.engine.is_running(record.execution_id) else "DIED"

    def settled(self, record: RunRecord) -> tuple[RunRecord, str]:
        """The record and its state. A run that died is closed first: its open tables get an end, and the run a summary.

        If it can't be closed, for example by a user who may only read, it is shown as it is, with a note.
        """
        if (state := self.state(record)) != "DIED":
            return record, state
        try:
            self.engine.reconcile(record.run_id)
        except ExtractError as error:
            echo(f"note: run {record.run_id} died, and can't be cleaned up now: {error}", err=True)
            return record, state
        record = self.tracking.run(record.run_id)
        return record, self.state(record)
