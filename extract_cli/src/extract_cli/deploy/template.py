"""`extract deploy template`: the CloudFormation template of the pipeline."""

from __future__ import annotations

from pathlib import Path

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo
from extract_cli.write_file import write_file
from extract_core.pausing import collector_paused


@click.command(epilog=examples("extract deploy template", "extract deploy template --format json -o template.json"))
@click.option(
    "--format", "format_", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="Format of the template."
)
@click.option("-o", "--output", "file", metavar="FILE", default="-", help="The file to write. [default: stdout, also for -]")
@pipeline_option
@collector_paused()
def template(format_: str, file: str, pipeline: Path | None) -> None:
    """Print the CloudFormation template of the pipeline. It does not call AWS.

    The same extract.toml and the same plugins give the same bytes.
    """
    from asl_generator.build import build_pipeline
    from asl_generator.template.assemble import check_size, template_of
    from asl_generator.template.text import as_json, as_yaml
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    registry = discover(strict=True)
    document = template_of(read, build_pipeline(read, registry), registry)
    text = as_json(document) if format_ == "json" else as_yaml(document)
    check_size(text)
    if file == "-":
        echo(text, nl=False)
    else:
        write_file(Path(file), text)
    place = "" if file == "-" else f" → {file}"
    echo(f"template of {read.name}: {len(text.encode()):,} bytes{place}", err=True)
