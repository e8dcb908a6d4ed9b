"""`extract report`: a run as one document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract_cli.find_run import LATEST, find_run
from extract_cli.options import local_option, pipeline_option, runs_of
from extract_cli.views.output import print_json
from extract_cli.write_file import write_file

if TYPE_CHECKING:
    from extract_core.runs.view.document import RunResults


@click.command()
@click.argument("run", metavar="[RUN]", default=LATEST)
@click.option("-o", "--output", metavar="FILE", default="json", help="The file to write. [default: json, the document on stdout]")
@local_option
@pipeline_option
def report(run: str, output: str, local: bool, pipeline: Path | None) -> int:
    """Write the results of RUN (default: the latest run) as one JSON document: run_results.json.

    Its schema: extract schema run-results
    """
    from extract_cli.results import results_of

    runs = runs_of(pipeline, local=local)
    results = results_of(runs, find_run(runs.tracking, run))
    if output in ("json", "-"):
        print_json(_json(results))
    else:
        import json

        write_file(Path(output), json.dumps(_json(results), ensure_ascii=False, indent=2) + "\n")
        click.echo(output)
    return 0


def _json(results: RunResults) -> dict[str, object]:
    from extract_core.runs.view.build import as_json

    return as_json(results)
