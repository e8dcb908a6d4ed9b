"""The steps of `extract demo`: a run with two failures, a rerun, an incremental run, a late row, and a comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from extract_cli.views.progress_view import run_and_watch
from extract_core.errors import ExtractError
from extract_core.pipeline.read import read_pipeline
from extract_local.demo import database, project, verify
from extract_local.demo.extracted import parquet_files
from extract_local.demo.schema import MISSING_TABLE
from extract_local.engine import LocalEngine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extract_core.contract import Json
    from extract_core.tracking.records import AttemptRow, RunRecord
    from extract_local.demo.narrator import Narrator

FIRST: Final = "sales-first"
SECOND: Final = "sales-rerun"
THIRD: Final = "sales-incremental"
FOURTH: Final = "sales-late"


class StoryBroken(ExtractError):  # noqa: N818 - users read it
    """A step of the demo went wrong. The message says what was expected and what happened."""


@dataclass(slots=True)
class Story:
    """One demo in one folder. `ok` stays False until every table is compared."""

    folder: Path
    rows: int
    narrator: Narrator
    ok: bool = False
    record: dict[str, Any] = field(default_factory=dict)

    def tell(self) -> None:
        """All steps, in order. StoryBroken, or the exception of a step, ends it early."""
        self._make_source()
        engine = LocalEngine(read_pipeline(self.folder))
        self._first_run(engine)
        self._rerun(engine)
        self._incremental(engine)
        self._late(engine)
        self._compare(engine)

    def _make_source(self) -> None:
        self.narrator.step("Create a source database and a config", f"extract demo --folder {self.folder.name}")
        with self.narrator.working("writing rows", total=self.rows) as advance:
            counts = database.make_database(self.folder / project.DATABASE, rows=self.rows, progress=advance)
        project.write(self.folder)
        types = project.job_types(self.folder)
        self.narrator.table(
            ("Table", "Job type", "Rows in the database"),
            [(table, types[table], counts.get(table, "no such table yet")) for table in types],
        )
        total = sum(counts.values())
        self.narrator.say(
            f"The database has {total:,} rows in {len(counts)} tables. {project.CONFIG} says which job type extracts each."
        )
        self.record["source"] = {"rows": total, "tables": len(counts)}

    def _first_run(self, engine: LocalEngine) -> None:
        self.narrator.step("Extract all tables with the state machine that you would deploy to AWS", "extract run sales --local")
        run, rows = self._run(engine, {"source": "sales", "tables": "*"}, FIRST)
        failed = {row.table: row for row in rows if row.state != "SUCCEEDED"}
        expected = {MISSING_TABLE: "CONFIG", project.TABLE_OF_UNKNOWN_TYPE: "CONFIG"}
        self._must({table: str(row.failure) for table, row in failed.items()} == expected, "exactly two tables fail", run, failed)
        self._must(_state(run) == "FAILED", "a run with failed tables is FAILED", run, failed)
        self.narrator.say(
            f"{len(rows) - len(failed)} tables are extracted. Two fail on purpose: {MISSING_TABLE} is not in the database, and "
            f"{project.TABLE_OF_UNKNOWN_TYPE} uses a job type that is not installed."
        )

    def _rerun(self, engine: LocalEngine) -> None:
        self.narrator.step("Fix both causes and rerun only the failed tables", f"extract rerun {FIRST} --local")
        made = database.create_missing_table(self.folder / project.DATABASE)
        project.fix(self.folder)
        self.narrator.say(f"{MISSING_TABLE} now exists ({made:,} rows), and {project.TABLE_OF_UNKNOWN_TYPE} has job type ecs.")
        run, rows = self._run(engine, {"source": "sales", "rerun_of": FIRST}, SECOND)
        tables = {row.table for row in rows}
        self._must(tables == {MISSING_TABLE, project.TABLE_OF_UNKNOWN_TYPE}, "only the failed tables run again", run, tables)
        self._must(_state(run) == "SUCCEEDED", "the rerun succeeds", run, rows)

    def _incremental(self, engine: LocalEngine) -> None:
        tables = sorted(database.INCREMENTAL)
        self.narrator.step("Add new rows and extract only those", f"extract run sales {' '.join(tables)} --local")
        added = database.add_rows(self.folder / project.DATABASE)
        run, rows = self._run(engine, {"source": "sales", "tables": list(tables)}, THIRD)
        read = {row.table: row.rows for row in rows}
        self._must(_state(run) == "SUCCEEDED", "the incremental run succeeds", run, rows)
        self._must(read == {table: added.get(table, 0) for table in tables}, "it reads just the new rows", run, read)
        self.narrator.say(f"{sum(added.values()):,} rows were added, and the run read exactly those.")

    def _late(self, engine: LocalEngine) -> None:
        tables = ["public.orders", "public.suppliers"]
        self.narrator.step("Commit a row late, add a column, and extract again", f"extract run sales {' '.join(tables)} --local")
        late = database.add_late_order(self.folder / project.DATABASE)
        database.add_column(self.folder / project.DATABASE)
        run, rows = self._run(engine, {"source": "sales", "tables": tables}, FOURTH)
        self._must(_state(run) == "SUCCEEDED", "the run with the late row succeeds", run, rows)
        orders, suppliers = rows
        self._must(orders.rows == 1, "the late row is read, once", run, orders.rows)
        self._must(len(suppliers.schema_changes or ()) == 1, "the new column is named", run, suppliers.schema_changes)
        self._must(all((row.proof or {}).get("verify") == "count" for row in rows), "each table is proved", run, rows)
        self.narrator.say(
            f"The order with updated_at {late} came after a run that had read beyond it, so a plain high-water mark would have "
            f"lost it. {orders.rows_delivered_before} rows of the overlap were left out, because earlier runs delivered them."
        )
        self.narrator.say(f"public.suppliers: {'; '.join(suppliers.schema_changes or ())}.")
        self.narrator.say(
            "For each table, the database counted the rows in the snapshot, and the files, read back, hold as many."
        )

    def _compare(self, engine: LocalEngine) -> None:
        self.narrator.step("Compare the Parquet files with the database", None)
        files = parquet_files(engine.parts().tracking, [FIRST, SECOND, THIRD, FOURTH])
        with self.narrator.working("comparing", total=None):
            compared = verify.compare(self.folder / project.DATABASE, files)
        self.narrator.table(
            ("Table", "Rows in the database", "Rows in Parquet", "Checksum", "Same"),
            [
                (
                    result.table,
                    result.rows_database,
                    result.rows_parquet,
                    result.checksum_database[:16],
                    "yes" if result.ok else f"NO: {result.difference}",
                )
                for result in compared
            ],
        )
        different = [comparison for comparison in compared if not comparison.ok]
        self.record["comparison"] = [
            {
                "table": result.table,
                "rows": result.rows_parquet,
                "checksum": result.checksum_parquet,
                "ok": result.ok,
                "difference": result.difference,
            }
            for result in compared
        ]
        missing = sorted(project.job_types(self.folder).keys() - {result.table for result in compared})
        if different or missing:
            names = ", ".join([comparison.table for comparison in different] + missing)
            raise StoryBroken(f"the Parquet files differ from the database: {names}")
        total = sum(result.rows_parquet for result in compared)
        self.narrator.say(f"Row counts and checksums of all {len(compared)} tables match: {total:,} rows.")
        places = {name: str(place).removeprefix("file://") for name, place in engine.places(FIRST).items()}
        places["source database"] = str(self.folder / project.DATABASE)
        self.record["places"] = places
        self.narrator.step("Where to find everything", f"cd {self.folder}; extract status {FIRST} --local")
        self.narrator.table(("What", "Where"), sorted(places.items()))
        self._report(engine)
        self.ok = True

    def _report(self, engine: LocalEngine) -> None:
        """The report of the first run, which had failures: a page to open."""
        from extract_cli.graph.definition import definition_of
        from extract_cli.pipeline_runs import PipelineRuns
        from extract_cli.report.page import html
        from extract_cli.results import results_of

        runs = PipelineRuns.of(engine)
        results = results_of(runs, runs.tracking.run(FIRST))
        path = self.folder / project.REPORT
        path.write_text(html(results, definition_of(runs, FIRST, None), options=runs.options), encoding="utf-8")
        self.record["report"] = str(path)
        self.narrator.step(
            "Look at the first run in a browser (extract ui --open shows all runs)",
            f"cd {self.folder}; extract report {FIRST} --open --local",
        )
        self.narrator.say(str(path))

    def _run(self, engine: LocalEngine, event: Mapping[str, Json], run_id: str) -> tuple[RunRecord, list[AttemptRow]]:
        """One execution with its progress; its record and its attempts."""
        _, end = run_and_watch(lambda: engine.start(event, run_id=run_id))
        if end.status == "ABORTED":
            raise StoryBroken(f"run {run_id!r} was stopped: {end.cause}")
        tracking = engine.parts().tracking
        run = tracking.run(run_id)
        if run.planned is None:
            raise StoryBroken(f"run {run_id!r} was not planned: {end.error}: {end.cause}")
        rows = sorted(tracking.attempts(run_id), key=lambda row: row.table)
        self.narrator.attempts(rows)
        shared = [row for row in rows if row.shared is not None]
        jobs = {str(row.shared["log"]) for row in shared if row.shared is not None}
        if shared:
            self.narrator.say(
                f"{len(shared)} small tables shared {len(jobs)} {'job' if len(jobs) == 1 else 'jobs'}, which saved "
                f"{len(shared) - len(jobs)} starts: about {self._start_seconds(engine, shared, len(jobs)):.0f} s on AWS."
            )
        if end.status == "FAILED":
            self.narrator.say("The execution ended with FAILED, because tables failed.")
        self.record.setdefault("runs", []).append({"run_id": run_id, "state": _state(run), "summary": run.summary})
        return run, rows

    @staticmethod
    def _start_seconds(engine: LocalEngine, shared: list[AttemptRow], jobs: int) -> float:
        """About how long the starts would have taken that were saved, if the tables are of one job type or alike."""
        seconds = [engine.registry.job_type(str(row.job_type)).start_seconds for row in shared]
        return sum(seconds) / len(seconds) * (len(shared) - jobs)

    def _must(self, holds: bool, expectation: str, run: RunRecord, actual: object) -> None:  # noqa: FBT001 - an assertion
        if not holds:
            raise StoryBroken(f"run {run.run_id!r}: expected: {expectation}; actual: {actual!r}")


def _state(run: RunRecord) -> str:
    return str((run.summary or {}).get("state"))
