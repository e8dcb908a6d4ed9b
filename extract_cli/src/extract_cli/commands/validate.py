"""`extract validate`: everything that is wrong with source configs, in one go, offline but for --database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extract_cli.installed import load_registry, tell_notes
from extract_cli.options import pipeline_option
from extract_cli.views.output import output_option, print_json
from extract_core.errors import ConfigError, Finding, UsageError
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.pipeline.model import Pipeline
    from extract_core.plan.check import Checked
    from extract_core.registry.installed import Registry


@click.command()
@click.argument("configs", nargs=-1, metavar="[SOURCE|FILE|FOLDER]...", type=click.Path(path_type=Path))
@click.option(
    "--database", "url", metavar="URL", help="Also hold the one config against this database: sqlite:///… or postgresql://…"
)
@pipeline_option
@output_option
def validate(configs: Sequence[Path], url: str | None, pipeline: Path | None, output: str) -> int:
    """Check source configs, named as sources, files or folders; all of the pipeline's where none is named.

    All complaints come at once, a line each: file:line:column: path: what is wrong; what to do. With an extract.toml (here,
    above, or --pipeline) it is checked too, and each table is planned for the machine that it describes.

    With --database, tables and columns that the database lacks are complaints; tables that the config lacks are told.

    Exit codes: 0 they are in order, 2 they are not.
    """
    from extract_cli.config_files import beside, named_configs

    registry = load_registry()
    read, findings = _pipeline(pipeline, registry, needed=not configs)
    paths = named_configs(configs, read) if configs else (_configs(read, findings) if read is not None else [])
    findings += beside(paths)
    if url is not None and len(paths) != 1:
        raise UsageError("--database is held against one config; name its source, as in: extract validate sales --database URL")
    checked = [(path, _check(path, registry, read, findings)) for path in paths]
    if url is not None:
        checked = [(path, _compared(found, registry, url)) for path, found in checked]
    if output == "json":
        sources = [_source_json(path, found) for path, found in checked]
        print_json(
            {"valid": not _count(findings, checked), "findings": [_finding_json(each) for each in findings], "sources": sources}
        )
    else:
        _print(findings, checked)
    if read is None and configs and not findings:
        click.echo("there is no extract.toml here: what depends on the machine was not checked", err=True)
    return 2 if _count(findings, checked) else 0


def _count(findings: Sequence[Finding], checked: Sequence[tuple[Path, Checked]]) -> int:
    return len(findings) + sum(len(found.findings) for _, found in checked)


def _pipeline(path: Path | None, registry: Registry, *, needed: bool) -> tuple[Pipeline | None, list[Finding]]:
    """The pipeline of this folder, if there is one, and all that is wrong with its extract.toml."""
    from extract_core.pipeline.read import check_pipeline, find_pipeline

    if path is None:
        try:
            path = find_pipeline()
        except UsageError:
            if needed:
                raise
            return None, []
    try:
        return check_pipeline(path, registry, with_configs=needed)
    except ConfigError as error:
        return None, list(error.findings)


def _configs(pipeline: Pipeline, findings: Sequence[Finding]) -> list[Path]:
    """The config files of a pipeline that keeps them in a folder."""
    from extract_cli.config_files import config_folder, configs_in

    folder = config_folder(pipeline)
    if folder is None:
        raise UsageError(
            f"the pipeline keeps its configs in {pipeline.config_uri}: name the files to check: extract validate config/*.yml"
        )
    return [] if any(finding.path == "pipeline.config_uri" for finding in findings) else configs_in(folder)


def _check(path: Path, registry: Registry, pipeline: Pipeline | None, findings: Sequence[Finding]) -> Checked:
    from extract_core.plan.check import Checked, check_source
    from extract_core.plan.machine import machine_facts

    try:
        data = path.read_bytes()
    except OSError as error:
        why = "is a link to nothing" if path.is_symlink() else f"can't be read: {error.strerror}"
        return Checked(findings=(Finding(str(path), 0, 0, "", why),))
    unread = any(finding.path in ("pipeline", "machine", "job_types") for finding in findings)  # nothing is known of the machine
    machine = machine_facts(pipeline, registry) if pipeline is not None and not unread else None
    faulty = {finding.path.split(".")[1] for finding in findings if finding.path.startswith("job_types.")}
    return check_source(data, file=str(path), registry=registry, machine=machine, faulty=faulty)


def _compared(found: Checked, registry: Registry, url: str) -> Checked:
    """With what the database has and has not."""
    from dataclasses import replace

    from extract_cli.catalog import read_database
    from extract_cli.catalog.compare import compare

    if found.config is None:
        return found
    findings, notes = compare(found.config, registry, read_database(url, names_only=True))
    return replace(found, findings=tuple(sorted({*found.findings, *findings})), notes=(*found.notes, *notes))


def _print(findings: Sequence[Finding], checked: Sequence[tuple[Path, Checked]]) -> None:
    for finding in (*findings, *(finding for _, found in checked for finding in found.findings)):
        click.echo(str(finding))
    for path, found in checked:
        if not found.findings:
            types = ", ".join(f"{name} {count:,}" for name, count in found.job_types.items())
            click.echo(f"{path}: {_tables(found)} ({types})")
        tell_notes(found.notes)
    count = _count(findings, checked)
    if count:
        click.echo(counted(count, "finding"), err=True)


def _tables(found: Checked) -> str:
    return counted(sum(found.job_types.values()), "table")


def _source_json(path: Path, found: Checked) -> dict[str, Any]:
    return {
        "file": str(path),
        "source": found.config.source if found.config is not None else None,
        "tables": sum(found.job_types.values()),
        "job_types": dict(found.job_types),
        "findings": [_finding_json(finding) for finding in found.findings],
        "notes": list(found.notes),
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return finding._asdict()
