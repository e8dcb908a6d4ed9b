"""`extract deploy bundle`: the zip of the Lambda functions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo
from extract_cli.write_file import write_file

if TYPE_CHECKING:
    from asl_generator.bundle import Architecture


@click.command(epilog=examples("extract deploy bundle", "extract deploy bundle --architecture x86_64 -o functions.zip"))
@click.option("--architecture", metavar="NAME", help="arm64 or x86_64. [default: as [deploy] says, else arm64]")
@click.option("--python", metavar="VERSION", help="Such as 3.13. [default: that of [deploy] runtime, else 3.13]")
@click.option("-o", "--output", "file", metavar="FILE", help="The file to write. [default: a name with the content's hash]")
@pipeline_option
def bundle(architecture: str | None, python: str | None, file: str | None, pipeline: Path | None) -> None:
    """Write the zip that the Lambda functions run from. It does not call AWS.

    It holds what the functions import, in the versions that are installed here. Compiled packages for another machine are
    downloaded by pip. The same versions give the same bytes. The path of the zip is printed.
    """
    from asl_generator.build import build_pipeline
    from asl_generator.bundle import BundleTarget, build_bundle
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    target = BundleTarget(
        cast("Architecture", architecture or read.deploy.architecture), python or read.deploy.runtime.removeprefix("python")
    )
    registry = discover(strict=True)
    built = build_bundle(build_pipeline(read, registry), registry, target)
    place = Path(file or built.key)
    write_file(place, built.data)
    for note in built.notes:
        echo(f"note: {note}", err=True)
    sizes = f"{len(built.data) / 1e6:.1f} MB, {built.unzipped / 1e6:.1f} MB unzipped"
    echo(f"bundle for {target.architecture}, Python {target.python}: {len(built.files)} files, {sizes}", err=True)
    echo(place)
