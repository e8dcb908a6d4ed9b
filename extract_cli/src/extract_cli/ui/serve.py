"""Serves the app on loopback until the process is stopped."""

from __future__ import annotations

import socket
from contextlib import suppress
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

import uvicorn

from extract_cli.ui.app import make_app
from extract_cli.ui.guard import TOKEN
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from extract_cli.ui.site import Site

HOST: Final = "127.0.0.1"


def serve(site: Site, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. `port` 0 is any free one. `ready` gets the address, with its token.

    Raises UsageError if the port is taken.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise UsageError(f"cannot listen on port {port} of {HOST}: {error.strerror}; choose another with --port") from error
    with listening:
        port = listening.getsockname()[1]
        token = token_urlsafe(24)
        app = make_app(site, token=token, port=port, is_stopping=lambda: server.should_exit)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=3
        )
        server = uvicorn.Server(config)
        listening.listen(128)
        ready(f"http://{HOST}:{port}/?{TOKEN}={token}")
        with suppress(KeyboardInterrupt):  # uvicorn raises it after it has shut down: this is how the app ends
            server.run(sockets=[listening])
