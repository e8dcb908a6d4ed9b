"""The definition of the machine that a run was executed by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from extract_cli.views.output import echo
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.contract import Json


def definition_of(runs: PipelineRuns, run_id: str, pipeline: Path | None) -> Mapping[str, Json] | None:
    """The definition that the execution kept, or else the one that extract.toml and the installed job types give today.

    None if it cannot be built; stderr says why.
    """
    try:
        stored = runs.engine.places(run_id).get("state machine")
        if isinstance(stored, Path) and stored.is_file():
            definition: Mapping[str, Json] = json.loads(stored.read_text(encoding="utf-8"))
            return definition
        from asl_generator.build import build_pipeline
        from extract_core.pipeline.read import read_pipeline
        from extract_core.registry.loading import discover

        return build_pipeline(read_pipeline(pipeline), discover()).definition
    except (ExtractError, ValueError, OSError) as error:
        echo(f"note: the graph of the state machine is left out: {error}", err=True)
        return None
