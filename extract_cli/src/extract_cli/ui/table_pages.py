"""The pages of tables: those of a source with their watermarks, and the history of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

from extract_cli.report.page import is_link
from extract_cli.ui.chart import HEIGHT, WIDTH, marks_chart, rows_chart
from extract_cli.ui.paging import page_of
from extract_cli.ui.run_pages import parameter
from extract_cli.ui.templates import rendered
from extract_core.config.source_files import read_source, source_names
from extract_core.errors import ExtractError
from extract_core.objects.routed import open_objects

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_cli.ui.site import Site

_RUNS: Final = 200
_ATTEMPTS: Final = 200
"""Attempts of a table's history, the latest."""


def tables(request: Request) -> Response:
    """The tables of a source: what the tracking store knows of them."""
    site: Site = request.app.state.site
    source, find = parameter(request, "source"), request.query_params.get("find", "").strip()
    note = None
    with site.runs() as known:
        try:
            pipeline = site.pipeline()
            names = sorted(read_source(open_objects(), pipeline.config_uri, source, cache=site.sources(pipeline, source)).tables)
        except ExtractError as error:
            names, note = _of_last_run(known, source), str(error)
        page = page_of([name for name in names if find.lower() in name.lower()], request)
        states = known.tracking.states(source, list(page.items))
    return HTMLResponse(rendered("ui/tables", source=source, find=find, page=page, states=states, note=note))


def _of_last_run(runs: PipelineRuns, source: str) -> list[str]:
    """The tables with an attempt in the widest of the latest runs."""
    of_source = [record for record in runs.tracking.runs(_RUNS) if record.source == source and record.planned]
    widest = max(of_source, key=lambda record: record.planned or 0, default=None)
    return sorted({row.table for row in runs.tracking.attempts(widest.run_id)}) if widest is not None else []


def table(request: Request) -> Response:
    """One table over all runs: watermark, rows per run, attempts, and changes of the watermark by hand."""
    site: Site = request.app.state.site
    source, name = parameter(request, "source"), parameter(request, "table")
    with site.runs() as known:
        state = known.tracking.states(source, [name]).get(name)
        rows = known.tracking.history(source, name, _ATTEMPTS)
        changes = known.tracking.mark_changes(source, name, _ATTEMPTS)
    try:
        has_config = source in source_names(open_objects(), site.pipeline().config_uri)
    except ExtractError:  # the history is useful without it
        has_config = False
    return HTMLResponse(
        rendered(
            "ui/table",
            source=source,
            table=name,
            state=state,
            page=page_of(rows, request, 50),
            is_cut=len(rows) == _ATTEMPTS,
            changes=changes,
            has_config=has_config,
            bars=rows_chart(rows),
            marks=marks_chart(rows, changes, state.type if state is not None else None),
            width=WIDTH,
            height=HEIGHT,
            is_link=is_link,
        )
    )
