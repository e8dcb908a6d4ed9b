"""`extract validate`: everything that is wrong with source configs, in one go, without a store, a database or a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extract_core.cli.installed import load_registry
from extract_core.cli.options import pipeline_option
from extract_core.cli.output import output_option, print_json
from extract_core.errors import ConfigError, Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.config import Checked
    from extract_core.contract import Json
    from extract_core.pipeline import Pipeline
    from extract_core.registry import Registry

_SUFFIXES = (".yml", ".yaml")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@pipeline_option
@output_option
def validate(files: Sequence[Path], pipeline: Path | None, output: str) -> int:
    """Check source configs: FILES, or folders of them; all of the pipeline's where none is named.

    All complaints come at once, a line each: file:line:column: path: what is wrong; what to do. With an extract.toml (here,
    above, or --pipeline) each table is also planned for the machine that it describes.

    Exit codes: 0 they are in order, 2 they are not.
    """
    registry = load_registry()
    read, faults = _pipeline(pipeline, needed=not files)
    paths = _paths(files, read) if files else (_configs(read) if read is not None else [])
    facts = _facts(read, registry)
    checked = [(path, _check(path, registry, facts)) for path in paths]
    if output == "json":
        sources = [_source_json(path, found) for path, found in checked]
        print_json({"valid": not _count(faults, checked), "faults": [_fault_json(each) for each in faults], "sources": sources})
    else:
        _print(faults, checked)
    if read is None and files and not faults:
        click.echo("there is no extract.toml here: what depends on the machine was not checked", err=True)
    return 2 if _count(faults, checked) else 0


def _count(faults: Sequence[Fault], checked: Sequence[tuple[Path, Checked]]) -> int:
    return len(faults) + sum(len(found.faults) for _, found in checked)


def _pipeline(path: Path | None, *, needed: bool) -> tuple[Pipeline | None, Sequence[Fault]]:
    """The pipeline of this folder, if there is one, or what is wrong with it."""
    from extract_core.pipeline import find_pipeline, read_pipeline

    if path is None:
        try:
            path = find_pipeline()
        except UsageError:
            if needed:
                raise
            return None, ()
    try:
        return read_pipeline(path), ()
    except ConfigError as error:
        return None, error.faults


def _facts(pipeline: Pipeline | None, registry: Registry) -> Mapping[str, Json] | None:
    from extract_core.config import machine_facts

    return machine_facts(pipeline, registry) if pipeline is not None else None


def _configs(pipeline: Pipeline) -> list[Path]:
    """The config files of a pipeline that keeps them in a folder."""
    from extract_core.objects import file_path

    if not pipeline.config_uri.startswith("file://"):
        raise UsageError(
            f"the pipeline keeps its configs in {pipeline.config_uri}: name the files to check: extract validate config/*.yml"
        )
    folder = file_path(pipeline.config_uri)
    return _in_folder(_shortest(folder))


def _shortest(path: Path) -> Path:
    """Seen from the current folder, where it lies in it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _paths(files: Sequence[Path], pipeline: Pipeline | None) -> list[Path]:
    for path in files:
        _check_it_is_a_file(path, pipeline)
    return [found for path in files for found in (_in_folder(path) if path.is_dir() else [path])]


def _check_it_is_a_file(path: Path, pipeline: Pipeline | None) -> None:
    """UsageError for a source's name where a file is wanted: `run` and `plan` take names, this command takes files."""
    if path.exists() or path.suffix in _SUFFIXES:
        return
    here = [path.with_name(path.name + suffix) for suffix in _SUFFIXES]
    if pipeline is not None and pipeline.config_uri.startswith("file://"):
        from extract_core.objects import file_path

        here += [_shortest(file_path(pipeline.config_uri)) / each.name for each in here]
    probable = next((each for each in here if each.is_file()), None)
    hint = f"did you mean {str(probable)!r}?" if probable else f"a source's config is {path.name}.yml, in the pipeline's folder"
    raise UsageError(f"{str(path)!r} is neither a file nor a folder; give a file: {hint}")


def _in_folder(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES) if folder.is_dir() else []
    if not found:
        raise UsageError(f"there is no source config (<source>.yml) in {str(folder)!r}; make one: extract init")
    return found


def _check(path: Path, registry: Registry, facts: Mapping[str, Json] | None) -> Checked:
    from extract_core.config import Checked, check_source

    try:
        data = path.read_bytes()
    except OSError as error:
        return Checked(faults=(Fault(str(path), 0, 0, "", f"can't be read: {error.strerror}"),))
    return check_source(data, file=str(path), registry=registry, machine=facts)


def _print(faults: Sequence[Fault], checked: Sequence[tuple[Path, Checked]]) -> None:
    for fault in (*faults, *(fault for _, found in checked for fault in found.faults)):
        click.echo(str(fault))
    for path, found in checked:
        if not found.faults:
            types = ", ".join(f"{name} {count:,}" for name, count in found.job_types.items())
            click.echo(f"{path}: {_tables(found)} ({types})")
        for note in found.notes:
            click.echo(note, err=True)
    count = _count(faults, checked)
    if count:
        click.echo(f"{count:,} {'complaint' if count == 1 else 'complaints'}", err=True)


def _tables(found: Checked) -> str:
    count = sum(found.job_types.values())
    return f"{count:,} {'table' if count == 1 else 'tables'}"


def _source_json(path: Path, found: Checked) -> dict[str, Any]:
    return {
        "file": str(path),
        "source_name": found.config.source_name if found.config is not None else None,
        "tables": sum(found.job_types.values()),
        "job_types": dict(found.job_types),
        "faults": [_fault_json(fault) for fault in found.faults],
        "notes": list(found.notes),
    }


def _fault_json(fault: Fault) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(fault)
