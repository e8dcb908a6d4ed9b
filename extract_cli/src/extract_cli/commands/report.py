"""`extract report`: a run as an HTML file for people, or as a JSON document for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract_cli.complete import complete_run
from extract_cli.find_run import LATEST, find_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import echo, echo_link, print_json
from extract_cli.write_file import write_file
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from extract_core.runs.view.document import RunResults


@click.command(epilog=examples("extract report --open", "extract report sales-first -o night.html", "extract report -o json"))
@click.argument("run", metavar="[RUN]", default=LATEST, shell_complete=complete_run)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="The file to write: .html or .json; html or json for stdout. [default: report-RUN.html]",
)
@click.option("--open", "open_it", is_flag=True, help="Show the file in the browser.")
@local_option
@pipeline_option
def report(run: str, output: str | None, open_it: bool, local: bool, pipeline: Path | None) -> int:
    """Write the report of RUN (default: the latest run) to one HTML file, and print its name.

    The file needs no network: send it to a colleague, or keep it. With `-o json` the same facts are one JSON document
    (run_results.json), whose schema `extract schema run-results` prints.
    """
    from extract_cli.results import results_of

    runs = runs_of(pipeline, local=local)
    results = results_of(runs, find_run(runs.tracking, run))
    path = Path(output if output is not None else f"report-{_file_name(results.run_id)}.html")
    to_stdout = output in ("json", "html", "-")
    if open_it and (to_stdout or path.suffix == ".json"):
        raise UsageError("--open shows an HTML file: give -o FILE.html, or leave -o out")
    if output == "json":
        print_json(_json(results))
        return 0
    if path.suffix == ".json":
        import json

        text = json.dumps(_json(results), ensure_ascii=False, indent=2) + "\n"
    else:
        from extract_cli.graph.definition import definition_of
        from extract_cli.report.page import html

        text = html(results, definition_of(runs, results.run_id, pipeline), options=runs.options)
    if to_stdout:
        echo(text, nl=False)
        return 0
    write_file(path, text)
    echo_link(path, path.resolve().as_uri())
    if open_it and click.launch(path.resolve().as_uri()) != 0:
        echo(f"no browser could be started; open {path.resolve().as_uri()}", err=True)
    return 0


def _json(results: RunResults) -> dict[str, object]:
    from extract_core.runs.view.build import as_json

    return as_json(results)


def _file_name(run_id: str) -> str:
    from extract_core.plan.places import segment

    return segment(run_id)
