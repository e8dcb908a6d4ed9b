"""Options that several commands share, and the engine that they choose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from extract_core.engine import Engine

pipeline_option = click.option(
    "--pipeline", type=click.Path(path_type=Path), help="extract.toml, or its folder. [default: here, or the nearest above]"
)
local_option = click.option("--local", is_flag=True, help="Run on this machine.")


def engine_of(pipeline: Path | None, *, local: bool) -> Engine:
    """The engine that was asked for, or the only one that this pipeline can use."""
    from extract_core.engine import load_engine
    from extract_core.pipeline import read_pipeline

    read = read_pipeline(pipeline)
    if not local and not read.is_local:
        raise UsageError(
            "this pipeline keeps its data in S3, and this version starts runs on this machine only: add --local with folders in "
            "extract.toml, or start the deployed state machine with: aws stepfunctions start-execution"
        )
    return load_engine("local", read)
