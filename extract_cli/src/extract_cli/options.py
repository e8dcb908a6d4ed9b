"""Options that several commands share, and the engine that they choose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from extract_core.runs.engine import Engine

pipeline_option = click.option(
    "--pipeline", type=click.Path(path_type=Path), help="extract.toml, or its folder. [default: here, or the nearest above]"
)
local_option = click.option("--local", is_flag=True, help="On this machine, even where extract.toml names AWS.")


def engine_of(pipeline: Path | None, *, local: bool) -> Engine:
    """This machine where it was asked for, or is all that extract.toml names; else AWS."""
    from extract_core.pipeline.read import read_pipeline
    from extract_core.runs.engine import load_engine

    read = read_pipeline(pipeline)
    return load_engine("local" if local or (read.is_local and read.state_machine is None) else "aws", read)
