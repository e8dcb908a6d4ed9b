"""moto's server as a process: S3, DynamoDB, CloudFormation, Lambda, IAM and the other services of the account."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from extract_core.errors import ExtractError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.1


@contextmanager
def moto_server(port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server, once it listens on 127.0.0.1; it ends with the block. What it writes goes to `log`.

    Raises UsageError if moto is missing or the port is taken, and ExtractError if the server does not start.
    """
    if find_spec("moto") is None or find_spec("flask") is None:
        raise UsageError("the emulator needs moto's server: pip install 'moto[server]'")
    require_free(port)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - this Python, and moto
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=dict(os.environ), start_new_session=True
        )
    try:
        _wait(port, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def require_free(port: int) -> None:
    """UsageError if another program listens at this port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"the emulator cannot listen on port {port}: {error.strerror}; choose another one: extract emulate --port NUMBER"
            ) from error


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        if process.poll() is not None:
            raise ExtractError(f"moto's server ended with exit code {process.returncode}; its log is {str(log)!r}")
        if time.monotonic() > deadline:
            raise ExtractError(f"moto's server did not answer within {_START_SECONDS:.0f} seconds; its log is {str(log)!r}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(_LOOK_SECONDS)
        else:
            return
