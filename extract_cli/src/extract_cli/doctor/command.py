"""`extract doctor`: what is installed, reachable, permitted and missing. Writes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo, output_option, print_json

if TYPE_CHECKING:
    from pathlib import Path

_WIDTH = 8


@click.command(epilog=examples("extract doctor", "extract doctor --output json"))
@pipeline_option
@output_option
def doctor(pipeline: Path | None, output: str) -> int:
    """Check the installation and, if there is an extract.toml, the pipeline: its configs, stores, tracking and AWS.

    Each line begins with ok, note or wrong. A line that is wrong says what to do. Nothing is written.

    Exit codes: 0 nothing is wrong, 1 something is.
    """
    from extract_cli.doctor.checks import everything

    checks = []
    for check in everything(pipeline):
        checks.append(check)
        if output == "text":
            echo(f"{check.state:<{_WIDTH}}{check.what}: {check.said}")
            if check.remedy:
                echo(f"{'':<{_WIDTH}}-> {check.remedy}")
    if output == "json":
        print_json([asdict(check) for check in checks])
    return 1 if any(check.state == "wrong" for check in checks) else 0
