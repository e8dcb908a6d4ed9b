"""The commands `extract asl …`: what they print to stdout is data, what they say is on stderr."""

from __future__ import annotations

from pathlib import Path

import click


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
    from asl_generator.build import build_pipeline
    from extract_core.pipeline import read_pipeline
    from extract_core.registry import discover

    registry = discover(strict=True)
    for notice in registry.notices:
        click.echo(f"note: {notice}", err=True)
    machine = build_pipeline(read_pipeline(pipeline), registry)
    for job_type, reason in machine.left_out.items():
        click.echo(f"note: job type {job_type!r} is left out: {reason}", err=True)
    text = machine.to_json()
    if output in ("-", "json", "text"):
        click.echo(text, nl=False)
        place = ""
    else:
        _write(Path(output), text)
        place = f" → {output}"
    kinds = f"{len(machine.job_types)} job type{'s' if len(machine.job_types) > 1 else ''} ({', '.join(machine.job_types)})"
    click.echo(f"state machine {machine.name}: {kinds}, {len(text.encode()):,} bytes{place}", err=True)


def _write(path: Path, text: str) -> None:
    """Whole or not at all; through a link, and into a device as it is. UsageError where it can't be written."""
    import os
    import tempfile

    from extract_core.errors import UsageError

    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")  # a device or a pipe has no name to be replaced; a folder refuses
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            temporary.chmod(0o644)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be written: {error.strerror or error}") from error
