"""The document of a run, `run_results.json`, as the commands make it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from extract_cli.views.output import echo
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.contract import Json
    from extract_core.runs.view.document import Prices, RunResults, RunState
    from extract_core.tracking.records import RunRecord

_FEW: Final = 200
"""Tables of a run on AWS whose history is read: with a DISTRIBUTED Map it takes a request per table."""


def results_of(runs: PipelineRuns, record: RunRecord, *, close: bool = True) -> RunResults:
    """The document of this run. A run that died is closed first, unless `close` is False."""
    from extract_core.objects.routed import open_objects
    from extract_core.runs.view.build import run_results

    record, state = runs.settled(record) if close else (record, runs.state(record))
    return run_results(
        runs.tracking,
        open_objects(),
        record,
        cast("RunState", state),
        history=_history(runs, record),
        prices=_prices(runs),
        options=runs.options,
    )


def _prices(runs: PipelineRuns) -> dict[str, Prices]:
    """The price lists of extract.toml, by job type."""
    from extract_core.runs.view.document import Prices

    if runs.pipeline is None or runs.pipeline.prices is None:
        return {}
    listed = runs.pipeline.prices
    return {name: Prices(as_of=listed.as_of, region=runs.pipeline.region, usd=usd) for name, usd in listed.usd.items()}


def _history(runs: PipelineRuns, record: RunRecord) -> list[Mapping[str, Json]] | None:
    """The events of the run's execution. None if they are not known, or would take long to read."""
    if "--local" not in runs.options and (record.planned or 0) > _FEW:
        return None
    try:
        return list(runs.engine.history(record.run_id)) or None
    except ExtractError as error:
        echo(f"note: the counts of the machine's states are left out: {error}", err=True)
        return None
