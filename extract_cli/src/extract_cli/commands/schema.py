"""`extract schema`: the JSON Schema of source configs, for editors."""

from __future__ import annotations

import click

from extract_cli.installed import load_registry
from extract_cli.views.output import print_json


@click.command()
def schema() -> int:
    """Write the JSON Schema (draft 2020-12) of source configs, assembled from the installed job types.

    Put it beside the configs, and name it in the first line of each, as extract init does:

      extract schema > extract.schema.json

      # yaml-language-server: $schema=../extract.schema.json
    """
    from extract_core.config.schema import source_schema

    print_json(source_schema(load_registry()))
    return 0
