"""The events of a run. They have the same run ids whenever they are made, so an event that comes twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    error_message_run,
    nominal_time_run,
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
)
from openlineage.client.uuid import generate_static_uuid

from extract_core import JobState
from extract_openlineage.naming import folder_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core import AttemptReport, JobStatus, Json, PlannedRun

PRODUCER: Final = "urn:extract-sfn:openlineage"
_ENDS: Final = {JobState.SUCCEEDED: RunState.COMPLETE, JobState.STOPPED: RunState.ABORT}
_RUN_ENDS: Final = {"SUCCEEDED": RunState.COMPLETE, "STOPPED": RunState.ABORT}


class Lineage:
    """Makes events, as the section [plugins.openlineage] says."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._namespace = str(settings.get("namespace") or "extract")
        self._databases: Mapping[str, str] = settings.get("databases") or {}

    def planned(self, run: PlannedRun) -> Iterator[RunEvent]:
        """START of the run, then of the first attempt at each table."""
        yield self._of_run(RunState.START, run.run_id, run.source, run.started_at, at=run.started_at)
        for item in run.items:
            yield self._of_attempt(RunState.START, item, run.started_at, at=run.started_at)

    def finished(self, item: Mapping[str, Json], status: JobStatus, report: AttemptReport) -> Iterator[RunEvent]:
        """START of an attempt after the first, and the end of the attempt with its datasets."""
        started_at = str(report.run_started_at or item["run_started_at"])
        if item["attempt"] != 1:
            begun = status.started_at.isoformat() if status.started_at else started_at
            yield self._of_attempt(RunState.START, item, started_at, at=begun)
        state = _ENDS.get(status.state, RunState.FAIL)
        facets: dict[str, Any] = {}
        if state is not RunState.COMPLETE:
            message = f"{status.failure}: {status.message or 'no reason is known'}"
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(message=message, programmingLanguage="unknown")
        source = source_of(item, report, self._databases)
        fields = [
            schema_dataset.SchemaDatasetFacetFields(name=str(column["column"]), type=str(column.get("declared") or ""))
            for column in report.schema
            if "holds" not in column  # the job has added it
        ]
        schema: dict[str, Any] = {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)} if fields else {}
        inputs = [InputDataset(namespace=source.namespace, name=source.name, facets=schema)]
        ended = status.ended_at.isoformat() if status.ended_at else datetime.now(UTC).isoformat()
        outputs = [self._output(item, report)] if state is RunState.COMPLETE and item.get("extract_s3_uri") else []
        yield self._of_attempt(state, item, started_at, at=ended, facets=facets, inputs=inputs, outputs=outputs)

    def ended(self, summary: Mapping[str, Any]) -> Iterator[RunEvent]:
        """The end of the run."""
        state = _RUN_ENDS.get(summary["state"], RunState.FAIL)
        facets: dict[str, Any] = {}
        if state is not RunState.COMPLETE:
            count = f"{summary.get('failed') or 0} of {summary.get('planned') or 0} tables failed"
            message = f"{summary.get('reason')}; {count}" if summary.get("reason") else count
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(message=message, programmingLanguage="unknown")
        started_at = summary["started_at"]
        yield self._of_run(state, summary["run_id"], summary["source"], started_at, at=summary["ended_at"], facets=facets)

    def _output(self, item: Mapping[str, Json], report: AttemptReport) -> OutputDataset:
        """The folder of the table, which holds those of its attempts."""
        folder = folder_of(str(item["extract_s3_uri"]).rstrip("/").rsplit("/", 2)[0])
        columns = [
            schema_dataset.SchemaDatasetFacetFields(name=str(column["column"]), type=str(column.get("arrow") or ""))
            for column in report.schema
        ]
        statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=report.rows, size=report.bytes, fileCount=len(report.files)
        )
        return OutputDataset(
            namespace=folder.namespace,
            name=folder.name,
            facets={"schema": schema_dataset.SchemaDatasetFacet(fields=columns)} if columns else {},
            outputFacets={"outputStatistics": statistics},
        )

    def _of_run(  # noqa: PLR0913 - the parts of an event, each by name
        self, state: RunState, run_id: str, source: str, started_at: str, *, at: str, facets: Mapping[str, Any] | None = None
    ) -> RunEvent:
        run = Run(runId=self._id(started_at, run_id), facets={**_nominal(started_at), **(facets or {})})
        return RunEvent(eventTime=at, producer=PRODUCER, run=run, job=Job(self._namespace, source), eventType=state)

    def _of_attempt(  # noqa: PLR0913 - the parts of an event, each by name
        self,
        state: RunState,
        item: Mapping[str, Any],
        started_at: str,
        *,
        at: str,
        facets: Mapping[str, Any] | None = None,
        inputs: list[InputDataset] | None = None,
        outputs: list[OutputDataset] | None = None,
    ) -> RunEvent:
        run_id, source, table = item["run_id"], item["source"], item["table"]
        parent = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=self._id(started_at, run_id)), job=parent_run.Job(namespace=self._namespace, name=source)
        )
        own = self._id(started_at, run_id, table, str(item["attempt"]))
        run = Run(runId=own, facets={"parent": parent, **_nominal(started_at), **(facets or {})})
        job = Job(self._namespace, f"{source}.{table}")
        return RunEvent(
            eventTime=at, producer=PRODUCER, run=run, job=job, eventType=state, inputs=inputs or [], outputs=outputs or []
        )

    def _id(self, started_at: str, *names: str) -> str:
        """The run id of these names: the same for each call, of version 7, as the specification recommends."""
        instant = datetime.fromisoformat(started_at)
        return str(generate_static_uuid(instant, "\0".join((self._namespace, *names)).encode()))


def _nominal(started_at: str) -> dict[str, Any]:
    return {"nominalTime": nominal_time_run.NominalTimeRunFacet(nominalStartTime=started_at)}
