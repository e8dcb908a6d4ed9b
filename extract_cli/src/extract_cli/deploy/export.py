"""`extract deploy export`: the files of a deployment for Terraform, the CDK and other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo
from extract_cli.write_file import write_file
from extract_core.errors import UsageError
from extract_core.wording import counted

PARAMETERS: Final = "parameters.json"


@click.command(epilog=examples("extract deploy export deployment"))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Also write into a folder with other files. Files of the same names are replaced.")
@pipeline_option
def export(folder: Path, force: bool, pipeline: Path | None) -> None:
    """Write what a deployment consists of to the folder DIR, for Terraform, the CDK and other tools.

    These are the definition of the state machine, a policy per role, the zip of the Lambda functions, the files of the reference
    job, and parameters.json, which names them all. It does not call AWS. The paths are printed. An earlier export in DIR is
    replaced; another folder must be empty.
    """
    from asl_generator.build import build_pipeline
    from asl_generator.bundle import BundleTarget, build_bundle
    from asl_generator.export import checked_template, exported
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    if not force:
        require_free(folder, read.name)
    registry = discover(strict=True)
    machine = build_pipeline(read, registry)
    checked_template(read, machine, registry)
    bundle = build_bundle(machine, registry, BundleTarget.of(read.deploy))
    files = exported(read, machine, registry, bundle)
    for path, data in files.items():
        try:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"the folder {str((folder / path).parent)!r} can't be made: {error.strerror}") from error
        write_file(folder / path, data)
        echo(folder / path)
    for note in bundle.notes:
        echo(f"note: {note}", err=True)
    echo(f"export of {read.name}: {counted(len(files), 'file')} → {folder}", err=True)


def require_free(folder: Path, name: str) -> None:
    """UsageError if the folder has files, and they are not an earlier export of this pipeline."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is a file; name a folder")
    first = min((path.name for path in folder.iterdir()), default=None) if folder.is_dir() else None
    if first is not None and _exported_name(folder / PARAMETERS) != name:
        raise UsageError(
            f"the folder {str(folder)!r} is not empty ({first}) and has no earlier export of {name!r}: name another folder, "
            "or add --force, which replaces files of the same names"
        )


def _exported_name(parameters: Path) -> str | None:
    """The name of the pipeline whose export this file belongs to; None for any other file."""
    try:
        document = json.loads(parameters.read_bytes())
    except (OSError, ValueError):
        return None
    return document.get("name") if isinstance(document, dict) else None
