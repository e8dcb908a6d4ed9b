"""`extract plan`: what a run would do. Writes nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract_cli.complete import complete_run, complete_source, complete_table
from extract_cli.installed import load_registry
from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import output_option
from extract_core.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.pipeline.parts import Parts
    from extract_core.registry.installed import Registry


@click.command(epilog=examples("extract plan sales", "extract plan sales public.orders"))
@click.argument("source", required=False, metavar="[SOURCE|FILE]", shell_complete=complete_source)
@click.argument("tables", nargs=-1, shell_complete=complete_table)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these tables out.")
@click.option("--reingest", is_flag=True, help="Read incremental tables from their beginning.")
@click.option("--event", metavar="FILE", help="The event as JSON, instead of SOURCE and TABLES. - is stdin.")
@click.option(
    "--diff",
    metavar="RUN",
    shell_complete=complete_run,
    help="Show what has changed in config and job types since RUN (or `latest`).",
)
@click.option("--details/--no-details", default=None, help="Show each value and its origin. [default: for up to 5 tables]")
@pipeline_option
@output_option
def plan(
    source: str | None,
    tables: Sequence[str],
    exclude: Sequence[str],
    reingest: bool,
    event: str | None,
    diff: str | None,
    details: bool | None,
    pipeline: Path | None,
    output: str,
) -> int:
    """Show what a run of TABLES (names, globs, tag:NAME, failed:RUN; default: all) of SOURCE would do.

    For each table: the job type, the values and their origins, the rows that are read, the run that holds the table. For the
    run: what it needs of an execution, and its price. Nothing is written.

    Exit codes: 0 everything can run, 1 a store cannot be reached, 2 something cannot run.
    """
    from extract_cli.config_files import placed, shown_prefix, source_of
    from extract_cli.views.plan import show
    from extract_cli.views.preview import Preview, reading_parts
    from extract_core.plan.event import read_event

    registry = load_registry()
    read = _read_pipeline(pipeline, registry)
    name = source_of(source, read) if source is not None else None
    payload: Mapping[str, Json] | None = _event(name, tables, exclude, reingest=reingest, file=event)
    prefix = shown_prefix(read)
    parts = reading_parts(read, registry)
    with parts.tracking:
        if diff is not None:
            payload = payload or _event_of(parts, diff)
        if payload is None:
            raise UsageError("give a source, as in: extract plan sales public.accounts; or an event: --event event.json")
        request = read_event(payload)
        try:
            preview = Preview(read, parts, request)
        except ConfigError as error:
            raise ConfigError([placed(finding, request.source, prefix) for finding in error.findings]) from error
        if diff is not None:
            from extract_cli.views.plan_diff import show_diff

            show_diff(parts, diff, preview, output=output)
        else:
            show(preview, details=details, output=output, prefix=prefix)
    return 0 if preview.is_runnable else 2


def _read_pipeline(path: Path | None, registry: Registry) -> Pipeline:
    """The pipeline. ConfigError with all findings of extract.toml, once and not for each table."""
    from extract_core.pipeline.read import check_pipeline

    pipeline, findings = check_pipeline(path, registry)
    if findings:
        raise ConfigError(findings)
    return pipeline


def _event(
    source: str | None, tables: Sequence[str], exclude: Sequence[str], *, reingest: bool, file: str | None
) -> Mapping[str, Json] | None:
    """The event of the command line. None if it names no source and no file."""
    if file is not None:
        if source is not None or exclude or reingest:
            raise UsageError("--event is the complete event: leave out SOURCE, TABLES, --exclude and --reingest")
        return _read_event(file)
    if source is None:
        return None
    event: dict[str, Json] = {"source": source, "tables": list(tables) or "*"}
    if exclude:
        event["exclude"] = list(exclude)
    if reingest:
        event["reingest"] = True
    return event


def _read_event(file: str) -> Mapping[str, Json]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        event = json.loads(text)
    except OSError as error:
        raise UsageError(f"the event {file!r} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"the event {file!r} is not JSON: {error}") from error
    if not isinstance(event, dict):
        raise UsageError(f'the event {file!r} is not a JSON object; an event looks like {{"source": "sales"}}')
    return event


def _event_of(parts: Parts, run: str) -> Mapping[str, Json]:
    """The event of an earlier run."""
    from extract_cli.find_run import find_run

    return find_run(parts.tracking, run).event
