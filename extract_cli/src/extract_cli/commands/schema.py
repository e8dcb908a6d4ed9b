"""`extract schema`: the JSON Schema of source configs, for editors, and that of run results, for programs."""

from __future__ import annotations

import click

from extract_cli.options import examples
from extract_cli.views.output import print_json


@click.command(epilog=examples("extract schema", "extract schema run-results"))
@click.argument("document", type=click.Choice(["config", "run-results"]), default="config")
def schema(document: str) -> int:
    """Write the JSON Schema (draft 2020-12) of DOCUMENT: config (default) or run-results.

    The schema of source configs is assembled from the installed job types. Put it beside the configs, and name it in the first
    line of each, as extract init does:

      extract schema > extract.schema.json

      # yaml-language-server: $schema=../extract.schema.json

    run-results is the document that `extract report -o json` prints.
    """
    if document == "run-results":
        from extract_core.runs.view.schema import results_schema

        print_json(results_schema())
        return 0
    from extract_cli.installed import load_registry
    from extract_core.config.schema import source_schema

    print_json(source_schema(load_registry()))
    return 0
