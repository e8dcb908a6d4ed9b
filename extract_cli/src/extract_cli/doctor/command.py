"""`extract doctor`: what is installed, reachable, permitted and missing, and what to do. Writes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from extract_cli.options import pipeline_option
from extract_cli.views.output import output_option, print_json

if TYPE_CHECKING:
    from pathlib import Path

_WIDTH = 8


@click.command()
@pipeline_option
@output_option
def doctor(pipeline: Path | None, output: str) -> int:
    """Look at the installation and, where there is an extract.toml, at the pipeline: its configs, stores, tracking and AWS.

    Each line begins with ok, note (worth knowing) or wrong (it says what to do). Nothing is written.

    Exit codes: 0 nothing is wrong, 1 something is.
    """
    from extract_cli.doctor.checks import everything

    found = []
    for finding in everything(pipeline):
        found.append(finding)
        if output == "text":
            click.echo(f"{finding.state:<{_WIDTH}}{finding.what}: {finding.said}")
            if finding.remedy:
                click.echo(f"{'':<{_WIDTH}}-> {finding.remedy}")
    if output == "json":
        print_json([asdict(finding) for finding in found])
    return 1 if any(finding.state == "wrong" for finding in found) else 0
