"""What the code of a plugin does to its process: output, network, files, processes, threads, waits, and settings of the process.

Python's audit events show most of it (docs.python.org, "Audit events table"). An event counts only if code of the plugin is on
the stack. A wait counts when it is called: nothing waits. Imported before the plugin, so it imports the standard library only.
"""

from __future__ import annotations

import atexit
import builtins
import decimal
import gc
import locale
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any, Final

_EVENTS: Final = {
    "socket.connect": "network", "socket.getaddrinfo": "network", "socket.gethostbyname": "network", "socket.sendto": "network",
    "subprocess.Popen": "process", "os.system": "process", "os.posix_spawn": "process", "os.fork": "process",
    "os.exec": "process",
    "os.putenv": "environment", "os.unsetenv": "environment", "os.chdir": "folder",
    "os.mkdir": "file", "os.remove": "file", "os.rename": "file", "os.rmdir": "file", "open": "file",
}  # fmt: skip
_CLIENTS: Final = ("boto3", "botocore")
"""A client makes calls, and importing these takes half a second."""
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND


class Watch:
    """Collects what happens, by kind and place, once it is started. `package` is the plugin's outermost package."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.seen = dict[tuple[str, str], str]()
        self.active = False
        self.place = "import"

    def start(self) -> None:
        """From now on."""
        sys.dont_write_bytecode = True
        sys.addaudithook(self._event)
        sys.stdout, sys.stderr, sys.stdin = _Output(self, "stdout"), _Output(self, "stderr"), _Input(self)
        setattr(time, "sleep", self._sleep)  # noqa: B010 - mypy: its parameter has its own name
        setattr(threading.Thread, "start", self._noted("thread", threading.Thread.start))  # noqa: B010 - as above
        random.seed = self._noted("process settings", random.seed)
        setattr(builtins, "__import__", self._importing(builtins.__import__))  # noqa: B010 - as above
        warnings.simplefilter = self._warnings(warnings.simplefilter)
        warnings.filterwarnings = self._warnings(warnings.filterwarnings)
        self.active = True

    def note(self, kind: str, what: str) -> None:
        """Something happened now, in the call that `place` names."""
        self.seen.setdefault((kind, self.place), what)

    def _event(self, event: str, values: tuple[Any, ...]) -> None:  # Any: of each event
        kind = _EVENTS.get(event)
        if kind is None or not self.active or (event == "open" and not _opens_to_write(values)) or not self.caller():
            return
        self.active = False  # the note itself must not be noted
        self.note(kind, f"{event} {' '.join(str(value) for value in values[:2])[:80]} ({self.caller()})")
        self.active = True
        if kind == "network":
            raise OSError("the contract kit lets no plugin use the network while it plans, builds or reads a status")

    def _sleep(self, seconds: float) -> None:
        if self.active and (caller := self.caller()):
            self.note("wait", f"time.sleep({seconds}) ({caller})")

    def _noted(self, kind: str, function: Any) -> Any:  # Any: whichever function
        def called(*arguments: Any, **named: Any) -> Any:  # Any: as above
            if self.active and (caller := self.caller()):
                self.note(kind, f"{function.__qualname__} ({caller})")
            return function(*arguments, **named)

        return called

    def _importing(self, function: Any) -> Any:  # Any: of builtins
        def imported(name: str, *arguments: Any, **named: Any) -> Any:  # Any: as above
            if self.active and self.place != "import" and name.partition(".")[0] in _CLIENTS and (caller := self.caller()):
                self.note("network", f"it imports {name} ({caller})")
            return function(name, *arguments, **named)

        return imported

    def _warnings(self, function: Any) -> Any:  # Any: of the warnings module
        def changed(*arguments: object, **named: object) -> None:
            if self.active and sys._getframe(1).f_globals.get("__name__", "").partition(".")[0] == self.package:  # noqa: SLF001 - who called
                self.note("warnings", f"warnings.{function.__name__} ({self.caller()})")
            function(*arguments, **named)

        return changed

    def caller(self) -> str:
        """File and line of the innermost code of the plugin on the stack; empty if there is none."""
        frame: Any = sys._getframe(1)  # noqa: SLF001 - who called; Any: see typeshed
        while frame is not None:
            if frame.f_globals.get("__name__", "").partition(".")[0] == self.package:
                return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            frame = frame.f_back
        return ""


class _Output:
    """In place of stdout and stderr: what the plugin prints would be among the data, or the messages, of a command."""

    def __init__(self, watch: Watch, name: str) -> None:
        self._watch, self._name = watch, name
        self._real = sys.__stderr__ if name == "stderr" else None
        self.encoding = "utf-8"

    def write(self, text: str) -> int:
        """Note it. What logging and warnings write is not of the plugin."""
        if self._watch.active and text.strip() and (caller := self._watch.caller()) and not _by_a_logger():
            self._watch.note("stdout", f"{text.strip()[:60]!r} on {self._name} ({caller})")
        if self._real is not None:
            self._real.write(text)
        return len(text)

    def flush(self) -> None:
        """Do nothing: no text is buffered."""

    def isatty(self) -> bool:
        """It is not a terminal."""
        return False


class _Input:
    """In place of stdin: a command that reads it would wait without end."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def read(self, _size: int = -1) -> str:
        """Note it; there is nothing."""
        if self._watch.active:
            self._watch.note("wait", f"it reads stdin ({self._watch.caller()})")
        return ""

    readline = read

    def isatty(self) -> bool:
        """It is not a terminal."""
        return False


def _by_a_logger() -> bool:
    frame: Any = sys._getframe(1)  # noqa: SLF001 - who called; Any: see typeshed
    while frame is not None:
        if frame.f_globals.get("__name__", "") in ("logging", "warnings"):
            return True
        frame = frame.f_back
    return False


def _opens_to_write(values: tuple[Any, ...]) -> bool:  # Any: see Watch
    _, mode, flags = (*values, None, None)[:3]
    return any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool(int(flags or 0) & _WRITES)


def as_at_the_start() -> None:
    """Undo what this process has from the one that started it, which has imported the plugin: ignored signals and the umask."""
    os.umask(0o022)
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # Python itself ignores these
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def of_the_process() -> dict[str, str]:
    """Settings that belong to the whole process and that no plugin may change."""
    root, mask = logging.getLogger(), os.umask(0)
    os.umask(mask)
    return {
        "the environment": repr(sorted(os.environ.items())),
        "the current folder": str(Path.cwd()),
        "the root logger": f"level {root.level}, {len(root.handlers)} handlers, disabled up to {root.manager.disable}",
        "signal handlers": repr([signal.getsignal(number) for number in sorted(signal.valid_signals())]),
        "the number of threads": str(threading.active_count()),
        "sys.excepthook": repr(sys.excepthook),
        "sys.path": repr(sys.path),
        "the recursion limit": str(sys.getrecursionlimit()),
        "the umask": f"{mask:o}",
        "the time limit of sockets": str(socket.getdefaulttimeout()),
        "the garbage collector": str(gc.isenabled()),
        "the locale": str(locale.setlocale(locale.LC_ALL)),
        "the decimal context": repr(decimal.getcontext()),
        "functions at exit": str(atexit._ncallbacks()),  # noqa: SLF001 - there is no other way to count them
    }
