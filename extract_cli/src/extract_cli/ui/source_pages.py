"""The pages of sources: their list, a config with its findings in place, and the plan of a run with the origin of each value."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import HTMLResponse

from extract_cli.commands.validate import check_config
from extract_cli.ui.kept import BeingMade
from extract_cli.ui.paging import page_of
from extract_cli.ui.templates import rendered
from extract_cli.views.plan import shown, window
from extract_cli.views.preview import Preview, reading_parts
from extract_core.config.source_files import SUFFIXES, read_source, source_names
from extract_core.errors import ConfigError, ExtractError, ObjectNotFound, UsageError
from extract_core.objects.routed import open_objects
from extract_core.pipeline.read import check_pipeline
from extract_core.plan.event import read_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from extract_cli.ui.site import Site
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline

_LINES: Final = 1_000
"""Lines of a config on one page."""
_FINDINGS: Final = 200
"""Findings that are listed above the text."""
_WHOLE: Final = 1_000
"""Tables of a source that is planned as a whole. Of more, only the tables of the page are planned."""
_PLANNED: Final = 25
_RUNS: Final = 200  # whose sources are listed, also if their configs are gone


def sources(request: Request) -> Response:
    """All sources: those with a config, and those of the latest runs."""
    site: Site = request.app.state.site
    trouble = None
    with site.runs() as known:
        newest = {record.source: record for record in reversed(known.tracking.runs(_RUNS))}
    try:
        names = source_names(open_objects(), site.pipeline().config_uri)
    except ExtractError as error:
        names, trouble = [], str(error)
    rows = [(name, name in names, newest.get(name)) for name in sorted({*names, *newest})]
    page = page_of(rows, request)
    return HTMLResponse(rendered("ui/sources", page=page, trouble=trouble, place=site.pipeline().config_uri))


def config(request: Request) -> Response:
    """The config of a source, or extract.toml if the address names none: its lines, each with the findings about it."""
    site: Site = request.app.state.site
    source = request.query_params.get("source", "")
    pipeline, of_pipeline = _checked_pipeline(site)
    if not source:
        text, file = site.path.read_bytes() if site.path.is_file() else (site.path / "extract.toml").read_bytes(), "extract.toml"
        findings, notes = of_pipeline, ()
    else:
        if pipeline is None:
            raise ConfigError(of_pipeline)
        text, file = _config(pipeline, source)

        def check() -> Any:
            return check_config(text, file, site.registry(), pipeline, of_pipeline)

        try:
            checked = request.app.state.checks.of((file, sha256(text).digest(), repr(pipeline)), check)
        except BeingMade:
            return HTMLResponse(rendered("ui/making", record=None, title=source))
        findings, notes = checked.findings, checked.notes
    in_place: dict[int, list[Finding]] = {}
    for finding in findings:
        in_place.setdefault(finding.line, []).append(finding)
    lines = list(enumerate(text.decode("utf-8", "replace").splitlines(), 1))
    page = page_of(lines, request, _LINES)
    return HTMLResponse(
        rendered(
            "ui/config",
            source=source,
            file=file,
            page=page,
            in_place=in_place,
            findings=findings[:_FINDINGS],
            more=max(0, len(findings) - _FINDINGS),
            notes=notes[:_FINDINGS],
            lines_per_page=_LINES,
        )
    )


def _checked_pipeline(site: Site) -> tuple[Pipeline | None, Sequence[Finding]]:
    try:
        return check_pipeline(site.path, site.registry())
    except ConfigError as error:
        return None, error.findings


def _config(pipeline: Pipeline, source: str) -> tuple[bytes, str]:
    """The bytes and the file name of a source's config. Raises UsageError with the nearest names."""
    objects = open_objects()
    names = source_names(objects, pipeline.config_uri)
    if source in names:
        for suffix in SUFFIXES:
            try:
                return objects.read(f"{pipeline.config_uri}{source}{suffix}"), source + suffix
            except ObjectNotFound:
                continue
    read_source(objects, pipeline.config_uri, source)  # raises with the nearest names
    raise UsageError(f"the config of source {source!r} was just removed: reload the page")


def plan(request: Request) -> Response:
    """What a run of all tables of a source would do: each table's values with their origins, and what the run needs."""
    site: Site = request.app.state.site
    source, find = request.query_params.get("source", ""), request.query_params.get("find", "").strip()
    if not source:
        raise UsageError("the address has no source: choose one from the list of sources")
    pipeline = site.pipeline()
    parts = reading_parts(pipeline, site.registry(), site.sources(pipeline, source))
    with parts.tracking:
        names = list(read_source(parts.objects, pipeline.config_uri, source, cache=parts.sources).tables)
        page = page_of([name for name in names if find.lower() in name.lower()], request, _PLANNED)
        is_whole = len(names) <= _WHOLE
        preview = None
        tables: list[dict[str, Any]] = []
        if page.items:
            on_page = set(page.items)
            event = read_event({"source": source, "tables": "*" if is_whole else list(page.items)})
            preview = Preview(pipeline, parts, event)
            for table in preview.tables(explained=True):
                if table.planned.table in on_page:
                    reads = "cannot be planned" if table.planned.plan_error else window(table.planned)
                    tables.append({"table": table, "reads": reads, "name": table.planned.table})
        length = preview.length if preview is not None else None
    return HTMLResponse(
        rendered(
            "ui/plan",
            source=source,
            find=find,
            page=page,
            tables=tables,
            preview=preview,
            length=length,
            is_whole=is_whole,
            all_tables=len(names),
            value=shown,
        )
    )
