"""`python -P -m extract_job.forking FD`: runs many jobs, each in a process forked from this one.

A start of Python with Arrow takes ten times as long as the copy of a small table. This process
imports all of it once. It reads requests from the socket with the number FD, one JSON object per
line: `{"id", "argv", "cwd", "env", "log"}`. Per request it forks a process, which leads a session
and runs the job with these arguments, as `python -P -m extract_job` would; its output is appended
to the file `log`. The answers are `{"id", "pid"}` or `{"id", "error"}`, and, when the process has
ended, `{"id", "code"}`; a negative code is a signal, as in `subprocess`. It ends when the other end
of the socket is closed; jobs that still run go on.

It needs `os.pidfd_open` (Linux 5.3). This process has one thread: only then can it fork safely
(https://docs.python.org/3/library/os.html#os.fork).
"""

import importlib
import json
import os
import selectors
import socket
import sys
from contextlib import suppress
from typing import Any

MODULES = (
    "extract_job.program",
    "extract_job.engines.arrow",
    "extract_job.databases.sqlite.source",
    "extract_job.databases.sqlite.arrow",
    "extract_job.databases.postgresql.source",
    "extract_job.databases.postgresql.arrow",
    "adbc_driver_postgresql.dbapi",
)
"""What jobs import on their way. A module that is missing here is imported by the job that needs it."""


def serve(channel: socket.socket) -> None:
    """Fork a job per request until the other end is closed."""
    for module in MODULES:
        with suppress(ImportError):
            importlib.import_module(module)
    with selectors.DefaultSelector() as ready:
        ready.register(channel, selectors.EVENT_READ)
        rest = b""
        while True:
            for key, _ in ready.select():
                if key.data is not None:
                    ready.unregister(key.fd)
                    os.close(key.fd)
                    number, pid = key.data
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    _answer(channel, {"id": number, "code": code})
                    continue
                data = channel.recv(1 << 16)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    request = json.loads(line)
                    try:
                        pid = _fork(request, channel, ready)
                    except OSError as error:
                        _answer(channel, {"id": request["id"], "error": str(error)})
                        continue
                    _answer(channel, {"id": request["id"], "pid": pid})
                    ready.register(os.pidfd_open(pid), selectors.EVENT_READ, (request["id"], pid))


def _fork(request: dict[str, Any], channel: socket.socket, ready: selectors.BaseSelector) -> int:
    """Return the process id once the job leads its session, so that a signal to its group reaches it."""
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    leads, led = os.pipe()
    pid = os.fork()
    if pid:
        os.close(led)
        os.read(leads, 1)
        os.close(leads)
        os.close(log)
        return pid
    code = 1
    try:
        os.setsid()
        os.close(led)
        os.close(leads)
        for key in list(ready.get_map().values()):
            if key.data is not None:
                os.close(key.fd)
        ready.close()
        channel.close()
        code = _job(request, log)
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _job(request: dict[str, Any], log: int) -> int:
    from extract_job.program import main

    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(request["env"])
    try:
        os.chdir(request["cwd"])
        return main(request["argv"])
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - what the interpreter would have printed at the end of a process
        sys.excepthook(*sys.exc_info())
        return 1


def _answer(channel: socket.socket, message: dict[str, Any]) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as channel_:
        serve(channel_)
