"""The pages of runs: the list, one run (at work or ended), and one table of a run."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio.to_thread import run_sync
from starlette.responses import HTMLResponse, StreamingResponse

from extract_cli.graph.definition import definition_of
from extract_cli.report.page import is_link, run_values
from extract_cli.results import results_of
from extract_cli.ui.kept import BeingMade
from extract_cli.ui.live import Follower
from extract_cli.ui.paging import page_of
from extract_cli.ui.templates import rendered, url
from extract_cli.views.progress import LARGE
from extract_cli.views.shared_log import has_job, log_of
from extract_core.errors import ExtractError, ObjectError, RunNotFound, UsageError
from extract_core.objects.routed import open_objects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_cli.ui.site import Site
    from extract_core.runs.view.document import RunResults, TableResult
    from extract_core.tracking.records import AttemptRow, RunRecord

_RUNS: Final = 1_000
"""Runs that are listed at most, the newest."""
_PER_PAGE: Final = 50
_EVERY: Final = 1.0
"""Seconds between two messages of a run at work."""
_LOG: Final = 200_000
"""Characters of a job's log, the last ones."""
_SORTS: Final = {
    "table": lambda table: table.table,
    "job_type": lambda table: (table.job_type or "", table.table),
    "state": lambda table: (table.state == "SUCCEEDED", table.state, table.failure or "", table.table),
    "attempts": lambda table: -len(table.attempts),
    "rows": lambda table: -(table.rows if table.rows is not None else -1),
    "bytes": lambda table: -(table.bytes if table.bytes is not None else -1),
    "seconds": lambda table: -(table.seconds if table.seconds is not None else -1),
}


def parameter(request: Request, name: str) -> str:
    """A parameter of the address. UsageError if it is missing."""
    value = request.query_params.get(name)
    if not value:
        raise UsageError(f"the address has no {name}: choose one from a list")
    return value


def runs(request: Request) -> Response:
    """The latest runs, newest first."""
    site: Site = request.app.state.site
    source = request.query_params.get("source", "")
    with site.runs() as known:
        records = [record for record in known.tracking.runs(_RUNS) if source in ("", record.source)]
        page = page_of(records, request, _PER_PAGE)
        rows = [(record, _state(known, record)) for record in page.items]
    return HTMLResponse(rendered("ui/runs", page=page, rows=rows, source=source, most=_RUNS))


def _state(runs: PipelineRuns, record: RunRecord) -> str:
    """As `runs.state`. OPEN if the engine cannot be asked: the list is useful without it."""
    try:
        return runs.state(record)
    except ExtractError:
        return "OPEN"


def run(request: Request) -> Response:
    """One run. While it is at work the page follows it; then it shows what the report shows."""
    site: Site = request.app.state.site
    run_id = parameter(request, "run")
    with site.runs() as known:
        record = known.tracking.run(run_id)
        state = known.state(record)
        if state == "RUNNING":
            small = record.planned is not None and record.planned <= LARGE
            results = results_of(known, record, close=False) if small else None
            snapshot = _follower(request, known, record).snapshot()
            listed = _listed(request, results.tables if results else (), snapshot["attempt_of"])
            return HTMLResponse(
                rendered(
                    "ui/live",
                    record=record,
                    live=snapshot,
                    again=_again(known, record),
                    as_of=results and results.made_at,
                    **listed,
                )
            )
        if record.summary is None:
            results, shown = _document(site, record)
        else:  # it does not change any more
            key = (record.run_id, record.execution_id, str(record.summary.get("ended_at")))
            try:
                results, shown = request.app.state.documents.of(key, lambda: _document(site, record))
            except BeingMade:
                return HTMLResponse(rendered("ui/making", record=record, state=state, title=f"{state}: run {run_id}"))
        return HTMLResponse(rendered("ui/run", run=results, shown=shown, **_listed(request, results.tables)))


def _again(runs: PipelineRuns, record: RunRecord) -> str:
    return " ".join(("extract watch", record.run_id, *runs.options))


def _document(site: Site, record: RunRecord) -> tuple[RunResults, dict[str, str]]:
    """The run's document, and the parts of its page that do not depend on the address. It opens its own store: see `Results`."""
    with site.runs() as runs:
        results = results_of(runs, record, close=False)
        definition = definition_of(runs, results.run_id, site.path)
    values = run_values(
        results,
        definition,
        options=runs.options,
        table_url=lambda table: url("/run/table", run=results.run_id, table=table),
    )
    return results, {part: rendered(f"run/{part}", **values) for part in ("header", "result", "details")}


def _listed(request: Request, tables: Sequence[TableResult], running: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The page of tables that the address asks for: `find` in names, `state`, `sort` (with a minus: the other way round).

    `running` has the number of the attempt at each table whose job runs now.
    """
    now = running or {}

    def state_of(table: TableResult) -> str:
        return "RUNNING" if table.table in now else table.state

    query = request.query_params
    find, state, sort = query.get("find", "").strip(), query.get("state", ""), query.get("sort", "")
    states = sorted(set(map(state_of, tables)))
    chosen = [
        table
        for table in tables
        if (not state or state_of(table) == state)
        and (not find or find.lower() in table.table.lower() or find.upper() == table.failure)
    ]
    if key := _SORTS.get(sort.removeprefix("-")):
        chosen.sort(key=key, reverse=sort.startswith("-"))
    return {
        "page": page_of(chosen, request),
        "all_tables": len(tables),
        "now": now,
        "states": states,
        "find": find,
        "state": state,
        "sort": sort,
    }


def _follower(request: Request, runs: PipelineRuns, record: RunRecord) -> Follower:
    site: Site = request.app.state.site
    engine = runs.engine

    def why(table: str) -> AttemptRow | None:
        try:
            with site.runs() as known:
                rows = known.tracking.history(record.source, table, 1)
        except ExtractError:
            return None
        return rows[0] if rows and rows[0].run_id == record.run_id else None

    follower: Follower = request.app.state.followers.of(record.run_id, lambda: Follower(lambda: engine.watch(record.run_id), why))
    return follower


async def events(request: Request) -> Response:
    """A run at work as server-sent events (HTML standard, 9.2): a message per second with the parts of the page that change."""
    run_id = parameter(request, "run")

    def look() -> dict[str, str] | None:
        """The parts; None if the run is no longer at work."""
        site: Site = request.app.state.site
        with site.runs() as known:
            record = known.tracking.run(run_id)
            if record.summary is not None:
                return None
            follower = _follower(request, known, record)
            if follower.is_over and known.state(record) != "RUNNING":
                return None
        live = follower.snapshot()
        return {name: rendered(f"ui/live_{name}", live=live, run_id=run_id) for name in ("counts", "running", "failed")}

    async def messages() -> AsyncIterator[str]:
        while not request.app.state.is_stopping():
            try:
                parts = await run_sync(look)
            except RunNotFound:
                parts = None
            except ExtractError as error:  # a store that is locked for a moment
                yield f"event: trouble\ndata: {json.dumps(str(error))}\n\n"
                await anyio.sleep(_EVERY)
                continue
            if parts is None:
                yield "event: ended\ndata: {}\n\n"
                return
            yield f"data: {json.dumps(parts)}\n\n"
            await anyio.sleep(_EVERY)

    return StreamingResponse(messages(), media_type="text/event-stream")


def table(request: Request) -> Response:
    """One table of a run: its attempts, why they failed in full, and what the job wrote."""
    site: Site = request.app.state.site
    run_id, name = parameter(request, "run"), parameter(request, "table")
    with site.runs() as known:
        record = known.tracking.run(run_id)
        recorded = known.tracking.history(record.source, name, 1_000)
        rows = sorted((row for row in recorded if row.run_id == run_id), key=lambda row: row.attempt)
        attempts = [(row, _message(row), _log(known, row.run_id, name, row.attempt, row)) for row in islice(rows, 50)]
        begun = None if rows else _log(known, run_id, name, 1, None)
    if not rows and begun is None and name not in _planned(record):
        raise UsageError(f"run {run_id!r} has no recorded attempt at table {name!r} yet, and no log of it is here")
    return HTMLResponse(
        rendered(
            "ui/run_table",
            record=record,
            table=name,
            attempts=attempts,
            begun=begun,
            is_link=is_link,
            has_job=has_job,
            options=known.options,
        )
    )


def _planned(record: RunRecord) -> frozenset[str]:
    """The tables of the run's plan, if the plan is still there."""
    from extract_core.plan.plan_file import read_plan

    if record.plan_uri is None:
        return frozenset()
    try:
        return frozenset(line.table for line in read_plan(open_objects(), record.plan_uri))
    except ObjectError:
        return frozenset()


def _message(row: AttemptRow) -> str | None:
    """The full reason, or what the row holds of it."""
    if row.message_uri is not None:
        try:
            return open_objects().read(row.message_uri).decode("utf-8", "replace")
        except ObjectError as error:
            return f"{row.message}\n… (cannot read the full reason: {error})"
    return row.message


def _log(runs: PipelineRuns, run_id: str, table: str, attempt: int, row: AttemptRow | None) -> str | None:
    """What the job wrote of this table, or the end of it if it is long."""
    try:
        written = runs.engine.job_log(run_id, table, attempt)
    except ExtractError as error:
        return f"(cannot read the log: {error})"
    if written is None:
        return None
    part = log_of(table, written, row, show_all="`extract logs --whole` shows them")
    text = part.text if part.note is None else f"{part.text}\n({part.note})"
    if len(text) <= _LOG:
        return text
    return f"… (the beginning is left out: extract logs shows all)\n{text[-_LOG:]}"
