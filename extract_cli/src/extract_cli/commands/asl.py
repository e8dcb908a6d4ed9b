"""The commands `extract asl …`: what they print to stdout is data, what they say is on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asl_generator.machine.definition import MachineDefinition


@click.group()
def asl() -> None:
    """The state machine: build it from the installed job types."""


@asl.command()
@click.option(
    "--pipeline", type=click.Path(path_type=Path), help="The extract.toml. Default: of this folder, or the nearest above it."
)
@click.option(
    "-o",
    "--output",
    default="-",
    help="The file to write the definition to. Default, also for - and json: stdout.",
)
def build(pipeline: Path | None, output: str) -> None:
    """Print the state machine's definition (Amazon States Language)."""
    machine = _built(pipeline)
    text = machine.to_json()
    place = _put(text, output)
    kinds = f"{len(machine.job_types)} job type{'s' if len(machine.job_types) > 1 else ''} ({', '.join(machine.job_types)})"
    click.echo(f"state machine {machine.name}: {kinds}, {len(text.encode()):,} bytes{place}", err=True)


@asl.command()
@click.option(
    "--pipeline", type=click.Path(path_type=Path), help="The extract.toml. Default: of this folder, or the nearest above it."
)
@click.option("-o", "--output", default="-", help="The file to write the drawing to. Default, also for - and text: stdout.")
def graph(pipeline: Path | None, output: str) -> None:
    """Print the state machine as a Mermaid flowchart, which GitHub, GitLab and many editors draw."""
    from asl_generator.graph import mermaid
    from extract_core.errors import UsageError

    if output == "json":
        raise UsageError("a drawing is text: write --output text, or a file; the definition as JSON is: extract asl build")
    _put(mermaid(_built(pipeline).definition), output)


def _built(pipeline: Path | None) -> MachineDefinition:
    """The machine of this pipeline; notes about plugins and job types left out go to stderr."""
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
    """Print the text, or write it to a file; where it went comes back, for people."""
    if output in ("-", "json", "text"):
        click.echo(text, nl=False)
        return ""
    _write(Path(output), text)
    return f" → {output}"


@asl.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--pipeline", type=click.Path(path_type=Path), help="The extract.toml. Default: of this folder, or the nearest above it."
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What stdout gets.")
def check(files: Sequence[Path], pipeline: Path | None, output: str) -> int:
    """Check definitions in FILES, or the machine of this pipeline where none is named.

    Structure, paths, services and their parameters, without asking AWS. Exit code 1 if one has an error.
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
    found = [(machine.name, findings_of(machine.to_json(), region=read.region))]
    click.echo(command.as_json(found) if output == "json" else command.as_text(found), nl=False)
    return int(any(finding.severity is Severity.ERROR for _, findings in found for finding in findings))


def _write(path: Path, text: str) -> None:
    """Whole or not at all; through a link, and into a device as it is. UsageError where it can't be written."""
    import os
    import tempfile

    from extract_core.errors import UsageError

    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")  # a device or a pipe has no name to be replaced; a folder refuses
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            temporary.chmod(0o644)
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be written: {error.strerror or error}") from error
