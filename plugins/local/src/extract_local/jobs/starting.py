"""Starts the process of a job.

The reference job is forked from one process that has imported it, so that a small table costs milliseconds and not the start
of Python and Arrow. Any other command is a process that this one starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import weakref
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from extract_core.registry.pydantic_scan import without
from extract_local.jobs.scripts import REFERENCE_JOB, own_script

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from extract_core.contract import LocalCommand

_JOB: Final = REFERENCE_JOB
_INTERPRETER: Final = ("PYTHON", "LD_")
"""Variables that Python or the loader reads at its start begin so."""


class ForkedJob:
    """A job that runs, with the members of `subprocess.Popen` that its runner uses."""

    def __init__(self, argv: Sequence[str], pid: int, code: Future[int]) -> None:
        self.args = list(argv)
        self.pid = pid
        self._code = code

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; a negative one is a signal. Raises subprocess.TimeoutExpired."""
        try:
            return self._code.result(timeout)
        except FutureTimeoutError as error:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from error


JobProcess: TypeAlias = subprocess.Popen[bytes] | ForkedJob


class JobStarter:
    """Starts jobs in `working_folder`, each as the leader of a session: Ctrl-C reaches only the runner, which stops the jobs."""

    def __init__(self, working_folder: Path) -> None:
        self._working_folder = working_folder
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._can_fork = hasattr(os, "pidfd_open")

    def command_of(self, command: LocalCommand, script: str | None) -> LocalCommand:
        """The command of this table: its own script in place of the reference job. Raises NoScript if it is not here."""
        return own_script(command, script, self._working_folder)

    def start(self, command: LocalCommand, log: Path) -> JobProcess:
        """Start a job whose output is appended to `log`. Raises OSError, TypeError and ValueError for a faulty command."""
        return self._forked(command, log) or self._own_process(command, log)

    def close(self) -> None:
        """End the process that forks. Jobs that run go on."""
        with self._lock:
            if self._server is not None:
                self._server.end()
                self._server = None

    def _own_process(self, command: LocalCommand, log: Path) -> JobProcess:
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the command of a plugin
                list(command.argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._working_folder,
                env={**without(os.environ), **command.env},
                start_new_session=True,
            )

    def _forked(self, command: LocalCommand, log: Path) -> ForkedJob | None:
        """None: the command is not the reference job, or it cannot be forked here."""
        argv = list(command.argv)
        if not self._can_fork or argv[: len(_JOB)] != _JOB or any(name.startswith(_INTERPRETER) for name in command.env):
            return None
        request = {"argv": argv[len(_JOB) :], "cwd": str(self._working_folder), "env": {**without(os.environ), **command.env}}
        try:
            with self._lock:
                self._server = self._server or _Server()
                started, code = self._server.ask({**request, "log": str(log)})
            return ForkedJob(argv, started.result(), code)
        except OSError:
            self._can_fork = False
            return None


class _Server:
    """The forking process and the socket to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this program
                [sys.executable, "-P", "-m", "extract_job.forking", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._numbers = count()
        self._waiting: dict[int, tuple[Future[int], Future[int]]] = {}
        """By the id of a request: the process id to come, and the exit code to come."""
        self.end = weakref.finalize(self, _end, ours, self._process, self._waiting)
        self._channel = ours
        threading.Thread(target=_listen, args=(ours, self._waiting), name="job forks", daemon=True).start()

    def ask(self, request: Mapping[str, object]) -> tuple[Future[int], Future[int]]:
        """Ask for a job; the futures of its process id and its exit code. Raises OSError if the forking process has ended."""
        number = next(self._numbers)
        answers = self._waiting[number] = (Future[int](), Future[int]())
        try:
            self._channel.sendall(json.dumps({"id": number, **request}).encode() + b"\n")
        except OSError:
            del self._waiting[number]
            raise
        return answers


def _listen(channel: socket.socket, waiting: dict[int, tuple[Future[int], Future[int]]]) -> None:
    """Hand on the answers until the forking process ends; then all that wait get an error."""
    with contextlib.suppress(OSError), channel.makefile("rb") as lines:
        for line in lines:
            _hand_on(json.loads(line), waiting)
    while waiting:
        with contextlib.suppress(KeyError):
            _, answers = waiting.popitem()
            for answer in answers:
                if not answer.done():
                    answer.set_exception(OSError("the process that forks jobs has ended"))


def _hand_on(message: dict[str, Any], waiting: dict[int, tuple[Future[int], Future[int]]]) -> None:
    started, code = waiting.get(message["id"]) or (Future[int](), Future[int]())  # at the end, the runner waits for none
    if "pid" in message:
        started.set_result(message["pid"])
        return
    waiting.pop(message["id"], None)
    if "error" in message:
        started.set_exception(OSError(message["error"]))
    else:
        code.set_result(message["code"])


def _end(channel: socket.socket, process: subprocess.Popen[bytes], waiting: dict[int, tuple[Future[int], Future[int]]]) -> None:
    waiting.clear()  # those who wait for the end of a job do not get a wrong one
    with contextlib.suppress(OSError):
        channel.shutdown(socket.SHUT_RDWR)
    channel.close()
    process.wait()
