"""Options that several commands share, and what they choose: the pipeline, its runs, its engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.pipeline.model import Pipeline
    from extract_core.runs.engine import Engine

pipeline_option = click.option(
    "--pipeline", type=click.Path(path_type=Path), help="extract.toml, or its folder. [default: here, or the nearest above]"
)
local_option = click.option(
    "--local", is_flag=True, help="Use this machine, also if extract.toml names a state machine or places on AWS."
)
limit_option = click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many to show.")


def examples(*lines: str) -> str:
    """The end of a command's help: commands to copy. Click keeps the lines of a paragraph that begins with this mark."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def engine_of(path: Path | None, *, local: bool) -> Engine:
    """The engine of this pipeline."""
    from extract_cli.views.output import echo
    from extract_core.pipeline.reach import HERE
    from extract_core.runs.engine import load_engine

    pipeline, is_moved = pipeline_for(path, local=local)
    if is_moved:
        echo(
            f"note: {pipeline.file.name} names places on AWS; on this machine, configs are in {HERE['config_uri']}, rows in "
            f"{HERE['data_uri']} and watermarks in {HERE['tracking']}",
            err=True,
        )
    return load_engine(_engine_name(pipeline, local=local), pipeline)


def pipeline_for(path: Path | None, *, local: bool) -> tuple[Pipeline, bool]:
    """The pipeline, and whether its places on AWS were replaced by places of this machine, as ``--local`` asks for."""
    from extract_core.pipeline.reach import on_this_machine
    from extract_core.pipeline.read import read_pipeline

    pipeline = read_pipeline(path)
    here = on_this_machine(pipeline) if local else pipeline
    return here, here is not pipeline


def runs_of(path: Path | None, *, local: bool) -> PipelineRuns:
    """The runs of this pipeline. No engine is loaded and no plugin is imported."""
    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.runs.engine import load_engine
    from extract_core.tracking.open import open_tracking

    pipeline, _ = pipeline_for(path, local=local)
    name, options = chosen_engine(pipeline, local=local)
    return PipelineRuns(open_tracking(pipeline.tracking), lambda: load_engine(name, pipeline), options=options, pipeline=pipeline)


def chosen_engine(pipeline: Pipeline, *, local: bool) -> tuple[str, tuple[str, ...]]:
    """The pipeline's engine, and the options of a command that choose it. UsageError if it cannot reach the pipeline's places."""
    from extract_core.pipeline.reach import require_aws, require_local

    name = _engine_name(pipeline, local=local)
    if name == "local":
        require_local(pipeline)
        return name, ("--local",)
    require_aws(pipeline)
    return name, ()


def _engine_name(pipeline: Pipeline, *, local: bool) -> str:
    """`local` if the command says so, or if extract.toml names only places of this machine and no state machine."""
    return "local" if local or (pipeline.is_local and pipeline.state_machine is None) else "aws"
