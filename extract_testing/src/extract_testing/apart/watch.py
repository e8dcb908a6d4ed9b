"""What the code of a plugin does to its process: output, network, files, processes, threads, waits, and settings of the process.

Python's audit events tell most of it (docs.python.org, "Audit events table"). An event counts only if code of the plugin is on
the stack. Of a wait, only the call counts: nothing waits. Imported before the plugin, so it imports the standard library only.
"""

from __future__ import annotations

import logging
import os
import signal
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
    "_thread.start_new_thread": "thread", "os.putenv": "environment", "os.unsetenv": "environment", "os.chdir": "folder",
    "os.mkdir": "file", "os.remove": "file", "os.rename": "file", "os.rmdir": "file", "open": "file",
}  # fmt: skip
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
        sys.stdout = _Output(self)
        setattr(time, "sleep", self._sleep)  # noqa: B010 - mypy: its parameter has a name of its own
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
    """In place of stdout: what the plugin prints would be among the data of a command."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.encoding = "utf-8"

    def write(self, text: str) -> int:
        """Note it."""
        if self._watch.active and (caller := self._watch.caller()):
            self._watch.note("stdout", f"{text.strip()[:60]!r} ({caller})")
        return len(text)

    def flush(self) -> None:
        """Nothing is kept."""

    def isatty(self) -> bool:
        """It is no terminal."""
        return False


def _opens_to_write(values: tuple[Any, ...]) -> bool:  # Any: see Watch
    _, mode, flags = (*values, None, None)[:3]
    return any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool(int(flags or 0) & _WRITES)


def of_the_process() -> dict[str, str]:
    """Settings that belong to the whole process and that no plugin may change."""
    root = logging.getLogger()
    return {
        "the environment": repr(sorted(os.environ.items())),
        "the current folder": str(Path.cwd()),
        "the root logger": f"level {root.level}, {len(root.handlers)} handlers, disabled up to {root.manager.disable}",
        "signal handlers": repr([signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]),
        "the number of threads": str(threading.active_count()),
        "sys.excepthook": repr(sys.excepthook),
        "the recursion limit": str(sys.getrecursionlimit()),
    }
