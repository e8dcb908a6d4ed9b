"""`extract deploy export`: the files of a deployment for Terraform, the CDK and other tools."""

from __future__ import annotations

from pathlib import Path

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo
from extract_cli.write_file import write_file
from extract_core.errors import UsageError


@click.command(epilog=examples("extract deploy export deployment"))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@pipeline_option
def export(folder: Path, pipeline: Path | None) -> None:
    """Write what a deployment consists of to the folder DIR, for Terraform, the CDK and other tools.

    These are the definition of the state machine, a policy per role, the zip of the Lambda functions, the files of the reference
    job, and parameters.json, which names them all. It does not call AWS. The paths are printed.
    """
    from asl_generator.build import build_pipeline
    from asl_generator.bundle import BundleTarget, build_bundle
    from asl_generator.export import exported
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    registry = discover(strict=True)
    machine = build_pipeline(read, registry)
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
    echo(f"export of {read.name}: {len(files)} files → {folder}", err=True)
