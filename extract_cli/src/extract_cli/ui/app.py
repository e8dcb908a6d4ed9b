"""The web app: its addresses, and the guard in front of them."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from extract_cli.ui import pipeline_pages, problems, run_pages, source_pages, table_pages
from extract_cli.ui.guard import Guard
from extract_cli.ui.kept import PATIENCE, Results
from extract_cli.ui.live import Followers
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from extract_cli.ui.site import Site

_STATIC = {
    "style.css": (("machine.css", "report.css", "ui/style.css"), "text/css"),
    "script.js": (("report.js", "ui/script.js"), "text/javascript"),
}


def make_app(
    site: Site, *, token: str, port: int, is_stopping: Callable[[], bool] = lambda: False, patience: float = PATIENCE
) -> Guard:
    """The app for one pipeline. `is_stopping`: whether streams should end, because the server does. `patience`: see `Results`."""
    app = Starlette(
        routes=[
            Route("/", run_pages.runs),
            Route("/run", run_pages.run),
            Route("/run/events", run_pages.events),
            Route("/run/table", run_pages.table),
            Route("/sources", source_pages.sources),
            Route("/config", source_pages.config),
            Route("/plan", source_pages.plan),
            Route("/tables", table_pages.tables),
            Route("/table", table_pages.table),
            Route("/plugins", pipeline_pages.plugins),
            Route("/pools", pipeline_pages.pools),
            Route("/static/{name}", _static),
        ],
        exception_handlers={
            ExtractError: problems.of_extract,
            HTTPException: problems.of_http,  # type: ignore[dict-item]  # the handler of this class gets nothing else
            Exception: problems.of_fault,
        },
    )
    app.state.site = site
    app.state.documents, app.state.checks = Results(patience), Results(patience)
    app.state.followers = Followers()
    app.state.is_stopping = is_stopping
    return Guard(app, token=token, port=port)


def _static(request: Request) -> Response:
    parts, kind = _STATIC.get(request.path_params["name"], ((), ""))
    if not parts:
        raise HTTPException(404)
    texts = [files("extract_cli").joinpath("templates", part).read_text(encoding="utf-8") for part in parts]
    return PlainTextResponse("\n".join(texts), media_type=kind)
