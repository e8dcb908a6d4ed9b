"""The Runtime API of Lambda for one function that runs in a process, with AWS's own runtime client in it.

Source: Lambda guide, "Using the Lambda runtime API for custom runtimes" (version 2018-06-01): next, response, error, init/error.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

VERSION = "/2018-06-01/runtime"
_START = """
import sys
sys.path[:0] = sys.argv[2:]
from awslambdaric.__main__ import main
main(["awslambdaric", sys.argv[1]])
"""


@dataclass
class RuntimeApi:
    """The server: `ask` hands an event out and waits for what the function posts."""

    events: queue.Queue[tuple[str, bytes, int]] = field(default_factory=queue.Queue)
    answers: queue.Queue[tuple[str, str, Any]] = field(default_factory=queue.Queue)
    count: int = 0

    def __post_init__(self) -> None:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                assert self.path == f"{VERSION}/invocation/next", self.path
                request, body, seconds = api.events.get()
                self.send_response(200)
                deadline = int((time.time() + seconds) * 1000)
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": request,
                    "Lambda-Runtime-Deadline-Ms": str(deadline),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:night",
                    "Content-Type": "application/json",
                    "Content-Length": str(len(body)),
                }
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size) if size else _chunks(self.rfile)
                kind = self.path.rpartition("/")[2]
                request = "" if "/init/" in self.path else self.path.split("/")[-2]
                api.answers.put((request, kind if request else "init/error", json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """For AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self.server.server_address[1]}"

    def start(
        self, handler: str, task_root: Path, path: Sequence[Path], environ: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        """A cold start: a process with `task_root`, then `path`, and Python's own modules to import from."""
        command = [sys.executable, "-I", "-S", "-c", _START, handler, str(task_root), *map(str, path)]
        own = {
            "AWS_LAMBDA_RUNTIME_API": self.address,
            "AWS_LAMBDA_FUNCTION_NAME": "night",
            "LAMBDA_TASK_ROOT": str(task_root),
            "_HANDLER": handler,
        }
        with log.open("ab") as file:
            return subprocess.Popen(command, cwd=task_root, env={**environ, **own}, stdout=file, stderr=file)

    def ask(self, event: Any, *, seconds: int = 60) -> tuple[str, Any]:
        """``("response", answer)`` or ``("error", {errorType, errorMessage, …})``. queue.Empty after `seconds`."""
        self.count += 1
        request = f"request-{self.count}"
        self.events.put((request, json.dumps(event).encode(), seconds))
        answered, kind, answer = self.answers.get(timeout=seconds)
        assert answered in (request, ""), answered
        return kind, answer

    def stop(self) -> None:
        """Close the server."""
        self.server.shutdown()
        self.server.server_close()


def _chunks(stream: Any) -> bytes:
    """A body that is sent in chunks."""
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body
