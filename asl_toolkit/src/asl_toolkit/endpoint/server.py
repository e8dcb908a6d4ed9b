"""The HTTP server: it listens on 127.0.0.1, and answers each request with the operation of a client in this process."""

import contextlib
import select
import socket
import sys
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from botocore.exceptions import ClientError, ParamValidationError

from asl_toolkit.client import OperationNotSupported, StepFunctions
from asl_toolkit.client.model import method_names, service_model
from asl_toolkit.endpoint.protocol import CONTENT_TYPE, Refused, operation_of, read_request, write_answer, write_error
from asl_toolkit.errors import DefinitionError

HOST = "127.0.0.1"
_MOST_BYTES = 8 * 1024 * 1024  # of a request; the largest of AWS's has 1 MiB of definition, escaped
_LOOK = 0.1  # seconds between looks whether to close
_NAMES = ("127.0.0.1", "localhost")  # `sync-…` too: SDKs put it before the host of StartSyncExecution and TestState


class Endpoint:
    """A running endpoint. `url` is for AWS_ENDPOINT_URL_SFN. Use it in a `with`, or call `close`.

    `port` 0 takes a free one. `log` gets a line per request. Raises OSError if the port is taken.
    """

    def __init__(self, client: StepFunctions, *, port: int = 0, log: Callable[[str], None] | None = None) -> None:
        self._server = _Server(client, port, log)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_LOOK,), name="asl-endpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end the requests that wait for an activity's task. Executions continue in the client."""
        self._server.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, client: StepFunctions, port: int, log: Callable[[str], None] | None) -> None:
        super().__init__((HOST, port), _Handler)
        self.client = client
        self.log = log
        self.closing = threading.Event()
        self.methods = {operation: method for method, operation in method_names().items()}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is not an error of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet per answer
    server: _Server

    def do_POST(self) -> None:
        """Answer one request."""
        name = "?"
        try:
            body = self._body()
            self._check_host()
            name = operation_of(self.headers.get("X-Amz-Target"), service_model())
            status, answer = 200, self._call(name, body)
        except Refused as refused:
            status, answer = refused.status, write_error(refused.code, str(refused))
        if self.server.log is not None:
            self.server.log(f"{name} {status}{'' if status == 200 else ' ' + answer.decode()}")
        with contextlib.suppress(ConnectionError):  # the caller has gone
            self._send(status, answer)

    def _call(self, name: str, body: bytes) -> bytes:
        """The body of an operation's answer. Raises Refused."""
        operation = service_model().operation_model(name)
        request = read_request(body, operation.input_shape)
        client = self.server.client
        try:
            if name == "GetActivityTask":
                answer = client.poll_activity(request, self._abandoned)
            else:
                answer = getattr(client, self.server.methods[name])(**request)
        except ClientError as error:
            details = error.response["Error"]
            raise Refused(details["Code"], details["Message"]) from error
        except ParamValidationError as error:
            raise Refused("ValidationException", f"1 validation error detected: {error.kwargs['report']}") from error
        except (OperationNotSupported, DefinitionError) as error:
            raise Refused("ValidationException", str(error)) from error
        except Exception as error:
            sys.stderr.write(f"{name}: {type(error).__name__}: {error}\n")
            raise Refused("InternalFailure", f"{type(error).__name__}: {error}", 500) from error
        return write_answer(answer, operation.output_shape)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise Refused("SerializationException", "The request needs the header Content-Length", 411)
        if len(length) > 9 or int(length) > _MOST_BYTES:
            self.close_connection = True
            raise Refused("RequestEntityTooLarge", f"The request has more than {_MOST_BYTES} bytes", 413)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            raise Refused("SerializationException", f"The request ended after {len(body)} of {length} bytes")
        return body

    def _check_host(self) -> None:
        """Refuse requests for other hosts: a web page whose name leads to this computer could send them."""
        host = self.headers.get("Host", HOST).rpartition(":")[0] or self.headers.get("Host", HOST)
        if host.removeprefix("sync-") not in _NAMES:
            self.close_connection = True
            raise Refused("AccessDeniedException", f"The endpoint serves {' and '.join(_NAMES)}, not {host!r}", 403)

    def _abandoned(self) -> bool:
        """Whether the caller of a waiting request has gone, or the server is about to close."""
        if self.server.closing.is_set():
            return True
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """`Endpoint` has its own log."""
