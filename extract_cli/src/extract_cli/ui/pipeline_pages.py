"""The pages of the pipeline as a whole: its plugins, and its pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from extract_cli.commands.pools import pools_in_use
from extract_cli.plugin_commands import unusable
from extract_cli.ui.templates import rendered

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from extract_cli.ui.site import Site


def plugins(request: Request) -> Response:
    """The installed plugins, and what is broken and why."""
    from extract_cli.root import OURS

    site: Site = request.app.state.site
    registry = site.registry()
    return HTMLResponse(rendered("ui/plugins", registry=registry, commands=unusable(frozenset(OURS))))


def pools(request: Request) -> Response:
    """The pools: their sizes, who holds their slots, how many tables wait."""
    site: Site = request.app.state.site
    with site.runs() as known:
        used = pools_in_use(known, known.pipeline.pools if known.pipeline is not None else {})
        options = known.options
    return HTMLResponse(rendered("ui/pools", pools=used, options=options))
