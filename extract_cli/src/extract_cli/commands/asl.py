"""The commands `extract asl …`. Data goes to stdout, notes to stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract_cli.options import pipeline_option
from extract_cli.views.output import output_option
from extract_cli.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asl_generator.machine.definition import MachineDefinition


@click.group()
def asl() -> None:
    """Build, draw and check the state machine of the installed job types."""


file_option = click.option(
    "-o", "--output", metavar="FILE", default="-", help="The file to write. [default: stdout, also for -, text and json]"
)


@asl.command()
@pipeline_option
@file_option
def build(pipeline: Path | None, output: str) -> None:
    """Print the state machine's definition (Amazon States Language)."""
    machine = _built(pipeline)
    text = machine.to_json()
    place = _put(text, output)
    kinds = f"{len(machine.job_types)} job type{'s' if len(machine.job_types) > 1 else ''} ({', '.join(machine.job_types)})"
    click.echo(f"state machine {machine.name}: {kinds}, {len(text.encode()):,} bytes{place}", err=True)


@asl.command()
@pipeline_option
@file_option
def graph(pipeline: Path | None, output: str) -> None:
    """Print the state machine as a Mermaid flowchart. GitHub, GitLab and many editors can draw it."""
    from asl_generator.graph import mermaid
    from extract_core.errors import UsageError

    if output == "json":
        raise UsageError("a drawing is text: give --output text, or a file; for the definition as JSON, see: extract asl build")
    _put(mermaid(_built(pipeline).definition), output)


def _built(pipeline: Path | None) -> MachineDefinition:
    """The machine of this pipeline. Notes about plugins, and about job types that are left out, go to stderr."""
    from asl_generator.build import build_pipeline
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    registry = discover(strict=True)
    for notice in registry.notices:
        click.echo(f"note: {notice}", err=True)
    machine = build_pipeline(read_pipeline(pipeline), registry)
    if machine.left_out:
        click.echo(f"note: left out, since extract.toml has no section for them: {', '.join(machine.left_out)}", err=True)
    return machine


def _put(text: str, output: str) -> str:
    """Print the text, or write it to a file. Returns where it was written, for a message."""
    if output in ("-", "json", "text"):
        click.echo(text, nl=False)
        return ""
    write_file(Path(output), text)
    return f" → {output}"


@asl.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@pipeline_option
@output_option
def check(files: Sequence[Path], pipeline: Path | None, output: str) -> int:
    """Check the definitions in FILES, or the machine of this pipeline if no file is given.

    The check reads structure, paths, services and their parameters. It does not call AWS. Exit code 1 if there is an error.
    """
    from asl_toolkit.check import Severity, command
    from asl_toolkit.check import check as findings_of

    if files:
        return command.main(["--output", output, *map(str, files)])
    from asl_generator.build import build_pipeline
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    machine = build_pipeline(read, discover(strict=True))
    of_machine = [(machine.name, findings_of(machine.to_json(), region=read.region))]
    click.echo(command.as_json(of_machine) if output == "json" else command.as_text(of_machine), nl=False)
    return int(any(finding.severity is Severity.ERROR for _, findings in of_machine for finding in findings))
