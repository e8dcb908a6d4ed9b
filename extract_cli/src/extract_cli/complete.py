"""Names that a shell completes: runs, sources, tables. If anything fails, nothing is completed; a shell shows no errors here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_cli.find_run import LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import click

    from extract_core.pipeline.model import Pipeline

_RUNS = 50  # the latest ones
_RUNS_READ = 3  # whose tables are names of tables
_MOST = 1_000  # names


def _quietly(names: Callable[[click.Context], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """The names that begin as the word does. Nothing if they cannot be read."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        try:
            fitting = {name for name in names(context) if name.startswith(incomplete)}
        except Exception:  # noqa: BLE001 - no pipeline, no store, no credentials: nothing to complete
            return []
        return sorted(fitting)[:_MOST]

    return complete


@_quietly
def complete_run(context: click.Context) -> Iterator[str]:
    """Run ids, and `latest`."""
    from extract_core.tracking.open import open_tracking

    yield LATEST
    with open_tracking(_pipeline(context).tracking) as tracking:
        yield from [record.run_id for record in tracking.runs(_RUNS)]


@_quietly
def complete_source(context: click.Context) -> Iterator[str]:
    """The sources of the folder of configs, if it is on this machine."""
    from extract_core.objects.files import file_path

    folder = file_path(_pipeline(context).config_uri)
    yield from (path.stem for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))


@_quietly
def complete_table(context: click.Context) -> Iterator[str]:
    """The tables of the run that the command names, or else of the latest runs."""
    from extract_core.tracking.open import open_tracking

    with open_tracking(_pipeline(context).tracking) as tracking:
        run = context.params.get("run") or LATEST
        source = context.params.get("source")
        latest = [record for record in tracking.runs(_RUNS) if record.planned and source in (None, record.source)]
        runs = [record.run_id for record in latest[:_RUNS_READ]] if run == LATEST else [run]
        for run_id in runs:
            yield from {row.table for row in tracking.attempts(run_id)}


def _pipeline(context: click.Context) -> Pipeline:
    """The pipeline of the command line."""
    from extract_core.pipeline.read import read_pipeline

    return read_pipeline(context.params.get("pipeline"))
