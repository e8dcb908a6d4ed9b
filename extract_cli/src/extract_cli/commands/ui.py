"""`extract ui`: a web app on this machine that shows runs, tables, plans and configs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.options import chosen_engine, examples, local_option, pipeline_option
from extract_cli.views.output import echo, hint
from extract_core.errors import UsageError
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog=examples("extract ui --open", "extract ui --port 8080"))
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="The port on 127.0.0.1. [default: any free one]")
@click.option("--open", "open_it", is_flag=True, help="Show the app in the browser.")
@local_option
@pipeline_option
def ui(port: int, open_it: bool, local: bool, pipeline: Path | None) -> int:
    """Show runs, tables, plans, configs and plugins in the browser, until Ctrl-C. Prints the address.

    The app only reads: no page changes anything. It listens on this machine alone, and the address has a token. It reads the
    same stores as the other commands, with your credentials.
    """
    try:
        from extract_cli.ui.serve import serve
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        raise UsageError(f"extract ui needs {error.name}; {how_to_install('extract-sfn-cli[ui]')}") from error
    from extract_cli.ui.site import Site

    site = Site(pipeline, local=local)
    chosen_engine(site.pipeline(), local=local)  # a wrong place is reported here and not on each page

    def ready(address: str) -> None:
        echo(address)
        hint("Ctrl-C ends it")
        if open_it and click.launch(address) != 0:
            hint("no browser could be started: open the address")

    serve(site, port=port, ready=ready)
    return 0
