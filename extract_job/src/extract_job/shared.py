"""A job that several tables share: they take turns, in the order of the list.

`--extract_arguments` names an object `{"tables": [{…}, …], "turn_seconds": 600}` with the arguments of
each table. A table has its own report, at its own `result_uri`, which is put before the next turn
begins. So if the job dies, the first table without a report was at work, and those after it were not
begun.

The turns are taken in a child process. If it crashes, is killed (for example for its memory), or needs
more than `turn_seconds` for one table, only that table is lost: this process reports it with
`"alone": true`, which asks for a next attempt with its own job, and a new child goes on.
"""

import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from extract_job.arguments.parsing import arguments_of
from extract_job.errors import ArgumentError, FailureClass, JobError
from extract_job.failure import put_reason, put_wrong_pairs
from extract_job.job import extract
from extract_job.stopping import Stopped, StopRequest

GRACE_SECONDS = 5.0
"""Between SIGTERM and SIGKILL, for a child whose turn is over."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SharedRun:
    """The arguments of each table, in the order of their turns. `turn_seconds` None: no limit."""

    tables: tuple[Mapping[str, str], ...]
    turn_seconds: float | None


def shared_run(pairs: Mapping[str, str]) -> SharedRun | None:
    """Return the tables if these are the arguments of a shared job, else None; raise `ArgumentError`."""
    if "tables" not in pairs or "extract_table" in pairs:
        return None
    try:
        tables, limit = json.loads(pairs["tables"]), json.loads(pairs.get("turn_seconds", "null"))
    except ValueError as error:
        raise ArgumentError(f"the arguments of a shared job are not valid: {error}") from error
    are_pairs = isinstance(tables, list) and all(
        isinstance(table, dict) and all(isinstance(value, str) for value in table.values()) for table in tables
    )
    if not are_pairs or not tables:
        raise ArgumentError("the arguments of a shared job must have tables: a list of objects of strings, at least one")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or limit <= 0):
        raise ArgumentError(f"turn_seconds {limit!r} must be a number of seconds above 0")
    return SharedRun(tuple(tables), limit)


def run_shared(run: SharedRun, stop: StopRequest, say: Say) -> int:
    """Extract the tables one after the other; return 0 if all succeeded, else 1. Raises `Stopped` on a signal."""
    first = failures = 0
    while first < len(run.tables):
        turns = _Turns(run, first, stop, say)
        try:
            while (ended := turns.next()) is not None:
                first = ended.place + 1
                failures += ended.failed
        finally:
            turns.end()
        if turns.lost is not None:
            place, why = turns.lost
            _report(run.tables[place], why, say)
            first, failures = place + 1, failures + 1
    count = len(run.tables)
    say(f"shared job: {count - failures} of {count} tables succeeded")
    return 1 if failures else 0


@dataclass(frozen=True, slots=True)
class _Ended:
    place: int
    failed: bool


class _Turns:
    """A child process that takes the turns from the table `first` on, and what it says of them."""

    def __init__(self, run: SharedRun, first: int, stop: StopRequest, say: Say) -> None:
        self._limit = run.turn_seconds
        self._at_work, self._since = first, time.monotonic()
        self._lines: list[str] = []
        self.lost: tuple[int, str] | None = None
        """The table whose turn ended with the child, and why."""
        self._reads, writes = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._pid: int | None = os.fork()
        if not self._pid:
            os.close(self._reads)
            _child(run, first, stop, say, writes)
        os.close(writes)
        self._done, self._count = first, len(run.tables)

    def next(self) -> _Ended | None:
        """The next turn that ended; None: there is none, and `lost` says if a turn ended with the child."""
        while not self._lines:
            left = None if self._limit is None else max(0.0, self._since + self._limit - time.monotonic())
            if not select.select([self._reads], [], [], left)[0]:
                self._kill()
                self.lost = (self._at_work, f"it took more than its {self._limit:g} s")
                return None
            data = os.read(self._reads, 1 << 16)
            if not data:
                code = self._wait()
                if self._done < self._count:
                    how = (
                        f"signal {-code} ({_name(-code)}) ended its process"
                        if code < 0
                        else f"its process ended with code {code}"
                    )
                    self.lost = (self._at_work, how)
                return None
            self._lines += data.decode("ascii").splitlines()  # a line is far shorter than what a pipe writes at once
        place, code = map(int, self._lines.pop(0).split())
        self._at_work, self._done, self._since = place + 1, place + 1, time.monotonic()
        return _Ended(place, code != 0)

    def end(self) -> None:
        """End the child if it still runs, as after a signal to this process."""
        if self._pid is not None:
            self._kill()
        os.close(self._reads)

    def _kill(self) -> None:
        pid = self._pid
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)  # it is not waited for, so the number is its own
        until = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < until:
            if os.waitpid(pid, os.WNOHANG)[0]:
                self._pid = None
                return
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
        self._wait()

    def _wait(self) -> int:
        pid, self._pid = self._pid, None
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid is not None else 0


def _child(run: SharedRun, first: int, stop: StopRequest, say: Say, writes: int) -> None:
    """Take the turns, with one line per turn; this process does not return."""
    code = 1
    try:
        for place in range(first, len(run.tables)):
            code = _turn(run, place, stop, say)
            os.write(writes, f"{place} {code}\n".encode("ascii"))
            gc.collect()
            gc.freeze()  # what is left are modules: the next search does not visit them
        code = 0
    except Stopped:
        code = 128 + (stop.signal or 0)
    except BaseException:  # noqa: BLE001 - what the interpreter would have printed at the end of a process
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _turn(run: SharedRun, place: int, stop: StopRequest, say: Say) -> int:
    pairs = run.tables[place]
    name = pairs.get("extract_table", "a table without a name")
    say(f"table {place + 1} of {len(run.tables)}: {name}")
    try:
        arguments = arguments_of(pairs)
    except JobError as error:
        say(str(error))
        put_wrong_pairs(pairs, error)
        return error.exit_code
    if arguments.job_engine == "auto":  # a driver of Spark has one session, and the tables are small
        arguments = replace(arguments, job_engine="arrow")
    started = time.monotonic()
    try:
        result = extract(arguments, stop, say, shared=True)
    except JobError as error:
        say(f"{name}: {error}")
        return error.exit_code
    say(f"{name}: {result.rows} rows, {result.bytes} bytes, {time.monotonic() - started:.2f} s")
    return 0


def _report(pairs: Mapping[str, str], why: str, say: Say) -> None:
    message = f"{why}, in a job that it shares with other tables: it runs alone next"
    say(f"{pairs.get('extract_table')}: {message}")
    error = JobError(message, FailureClass.INTERRUPTED, retryable=True)
    with suppress(KeyError, ValueError):
        put_reason(pairs, error, say, alone=True)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
