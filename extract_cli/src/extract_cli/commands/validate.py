"""`extract validate`: everything that is wrong with source configs, in one run. Offline, except with --database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extract_cli.installed import load_registry, print_notes
from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo, output_option, print_json
from extract_core.errors import ConfigError, Finding, UsageError
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.pipeline.model import Pipeline
    from extract_core.plan.check import Checked
    from extract_core.registry.installed import Registry


@click.command(epilog=examples("extract validate", "extract validate sales", "extract validate config/sales.yml --output json"))
@click.argument("configs", nargs=-1, metavar="[SOURCE|FILE|FOLDER]...", type=click.Path(path_type=Path))
@click.option(
    "--database",
    "url",
    metavar="URL",
    help="Also compare the config with this database: sqlite:///…, or postgresql, mysql, sqlserver or oracle://…",
)
@pipeline_option
@output_option
def validate(configs: Sequence[Path], url: str | None, pipeline: Path | None, output: str) -> int:
    """List everything that is wrong with source configs. Without arguments, all configs of the pipeline are checked.

    Each finding is one line: file:line:column: path: what is wrong; what to do. If there is an extract.toml (here, above, or
    --pipeline), it is checked too, and each table is planned for its machine.

    With --database, a table or column that the database does not have is a finding; tables that the config does not have are
    listed as a note.

    Exit codes: 0 nothing is wrong, 2 something is.
    """
    from extract_cli.config_files import beside, named_configs

    registry = load_registry()
    read, findings = _pipeline(pipeline, registry, needed=not configs)
    paths = named_configs(configs, read) if configs else (_configs(read, findings) if read is not None else [])
    findings += beside(paths)
    if url is not None and len(paths) != 1:
        raise UsageError("--database compares one config; give its source, as in: extract validate sales --database URL")
    checked = [(path, _check(path, registry, read, findings)) for path in paths]
    if url is not None:
        checked = [(path, _compared(result, registry, url)) for path, result in checked]
    if read is not None and not configs:
        findings += _of_schedules(read, checked)
    notes = _unused_pools(read, [result for _, result in checked]) if read is not None and not configs else []
    if output == "json":
        sources = [_source_json(path, result) for path, result in checked]
        print_json(
            {
                "valid": not _count(findings, checked),
                "findings": [_finding_json(finding) for finding in findings],
                "notes": notes,
                "sources": sources,
            }
        )
    else:
        _print(findings, checked)
        print_notes(notes)
    if read is None and configs and not findings:
        echo("there is no extract.toml here: rules that depend on the machine were not checked", err=True)
    return 2 if _count(findings, checked) else 0


def _unused_pools(pipeline: Pipeline, checked: Sequence[Checked]) -> list[str]:
    """A note for each pool of extract.toml that no table of all configs uses. A config with findings may use any."""
    from extract_core.pipeline.toml_reading import places_in

    if any(result.findings for result in checked):
        return []
    used = {pool for result in checked for pool in result.pools}
    unused = [pool for pool in pipeline.pools if pool not in used]
    finding = places_in(pipeline) if unused else None
    text = "no table uses this pool; write pool: {} in a config, or remove the pool"
    return [str(finding(f"pools.{pool}", text.format(pool))) for pool in unused] if finding else []


def _of_schedules(pipeline: Pipeline, checked: Sequence[tuple[Path, Checked]]) -> list[Finding]:
    """What the configs say against the events of [schedules]. A config that cannot be read may have any table."""
    from extract_core.plan.schedules import schedule_findings

    configs = {path.stem: result.config for path, result in checked if result.config is not None}
    unread = {path.stem for path, result in checked if result.config is None}
    return schedule_findings(pipeline, configs, is_elsewhere=unread.__contains__)


def _count(findings: Sequence[Finding], checked: Sequence[tuple[Path, Checked]]) -> int:
    return len(findings) + sum(len(result.findings) for _, result in checked)


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

    folder = config_folder(pipeline) or _to_upload(pipeline)
    if folder is None:
        raise UsageError(
            f"the pipeline's configs are in {pipeline.config_uri}: give the files to check: extract validate config/*.yml"
        )
    return [] if any(finding.path == "pipeline.config_uri" for finding in findings) else configs_in(folder)


def _to_upload(pipeline: Pipeline) -> Path | None:
    """The folder of the configs that a deployment uploads, if there is one beside extract.toml."""
    from extract_cli.deploy.configs import FOLDER

    folder, here = pipeline.folder / FOLDER, Path.cwd()
    if not folder.is_dir():
        return None
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _check(path: Path, registry: Registry, pipeline: Pipeline | None, findings: Sequence[Finding]) -> Checked:
    from extract_core.plan.check import Checked

    try:
        data = path.read_bytes()
    except OSError as error:
        why = "is a link to nothing" if path.is_symlink() else f"can't be read: {error.strerror}"
        return Checked(findings=(Finding(str(path), 0, 0, "", why),))
    return check_config(data, str(path), registry, pipeline, findings)


def check_config(data: bytes, file: str, registry: Registry, pipeline: Pipeline | None, findings: Sequence[Finding]) -> Checked:
    """All that is wrong with the config in `data`. `findings` are those of extract.toml: what they are about is not checked."""
    from extract_core.plan.check import check_source
    from extract_core.plan.machine import machine_facts
    from extract_core.plan.places import Places

    unread = any(finding.path in ("pipeline", "machine", "job_types") for finding in findings)  # nothing is known of the machine
    machine = machine_facts(pipeline, registry) if pipeline is not None and not unread else None
    faulty = {finding.path.split(".")[1] for finding in findings if finding.path.startswith("job_types.")}
    if pipeline is None:
        return check_source(data, file=file, registry=registry)
    places = Places(data_uri=pipeline.data_uri, runs_uri=pipeline.runs_uri)
    checked = check_source(data, file=file, registry=registry, machine=machine, faulty=faulty, places=places)
    return _with_walls(file, checked)


def _with_walls(file: str, checked: Checked) -> Checked:
    """With what an INLINE machine would say of a run of all tables: a finding if it refuses the run, a note if it soon will."""
    from dataclasses import replace

    foresight = checked.foresight
    if foresight is None:
        return checked
    if foresight.refused is not None:
        return replace(checked, findings=(*checked.findings, Finding(file, 0, 0, "", foresight.refused)))
    return replace(checked, notes=(*checked.notes, f"{file}: {foresight.warning}")) if foresight.warning else checked


def _compared(checked: Checked, registry: Registry, url: str) -> Checked:
    """With what the database has and has not."""
    from dataclasses import replace

    from extract_cli.catalog import read_database
    from extract_cli.catalog.compare import compare

    if checked.config is None:
        return checked
    findings, notes = compare(checked.config, registry, read_database(url, compared=checked.config.tables))
    return replace(checked, findings=tuple(sorted({*checked.findings, *findings})), notes=(*checked.notes, *notes))


def _print(findings: Sequence[Finding], checked: Sequence[tuple[Path, Checked]]) -> None:
    for finding in (*findings, *(finding for _, result in checked for finding in result.findings)):
        echo(str(finding))
    for path, result in checked:
        if not result.findings:
            types = ", ".join(f"{name} {count:,}" for name, count in result.job_types.items())
            echo(f"{path}: {counted(sum(result.job_types.values()), 'table')} ({types})")
        print_notes(result.notes)
    count = _count(findings, checked)
    if count:
        echo(counted(count, "finding"), err=True)


def _source_json(path: Path, checked: Checked) -> dict[str, Any]:
    return {
        "file": str(path),
        "source": checked.config.source if checked.config is not None else None,
        "tables": sum(checked.job_types.values()),
        "job_types": dict(checked.job_types),
        "findings": [_finding_json(finding) for finding in checked.findings],
        "notes": list(checked.notes),
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return finding._asdict()
