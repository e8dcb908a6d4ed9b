"""``.extract/executions/<run>/``: the files of one local execution, and the lock that shows that it is running.

- ``machine.asl.json``  the definition that ran
- ``input.json``        the event
- ``events.jsonl``      history events as they happen, in the form of GetExecutionHistory; those of a large run go on in
  ``events.more.jsonl.gz`` (`event_log`)
- ``end.json``          how it ended: status, output, error, cause
- ``pace.json``         how many tables may run at once, if `extract pace` changed it
- ``jobs/``             the output of each job (stdout and stderr), one file per table and attempt
- ``lock``              held (flock) by the process that runs it
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from extract_core.errors import ExtractError, RunNameTaken
from extract_core.objects.files import FileObjects, file_uri
from extract_core.plan.execution import ENDED
from extract_core.runs.engine import ExecutionEnd
from extract_local.executions.event_log import EventReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from extract_core.contract import Json

log: Final = logging.getLogger(__name__)


def segment(name: str) -> str:
    """A name as one safe path segment: characters that are not safe are percent-encoded."""
    encoded = quote(name, safe=" ()[]=,+@")
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")


class ExecutionFolder:
    """One execution's folder. `create` makes it and takes its lock for this process; `of` only reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @classmethod
    def of(cls, executions: Path, run_id: str) -> ExecutionFolder:
        """The folder of a run, which may not exist."""
        return cls(executions / segment(run_id))

    @classmethod
    def create(cls, executions: Path, execution_id: str, definition: str, event: Json) -> ExecutionFolder:
        """A new folder of this execution (an ARN), locked until `close`. RunNameTaken if its run id was used before."""
        run_id = run_id_of(execution_id)
        path = executions / segment(run_id)
        try:
            executions.mkdir(parents=True, exist_ok=True)
            path.mkdir()
            (path / "jobs").mkdir()
        except FileExistsError:
            raise RunNameTaken(
                f"run {run_id!r} was used before ({str(path)!r}); leave out --run-id, or choose another id"
            ) from None
        except OSError as error:
            raise ExtractError(f"the execution folder {str(path)!r} cannot be created: {error}") from error
        folder = cls(path)
        folder._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(folder._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(folder._lock, _says(execution_id, os.fstat(folder._lock).st_ino))
        (path / "machine.asl.json").write_text(definition, encoding="utf-8")
        _put(path / "input.json", event)
        return folder

    @property
    def jobs(self) -> Path:
        """Where the jobs' output goes."""
        return self.path / "jobs"

    def is_of(self, execution_id: str) -> bool:
        """Whether this execution ran here, so that its lock says whether it runs.

        A copy of the folder (its lock is another file), the folder of another execution of this name, and a folder that this user
        may not read say nothing.
        """
        try:
            lock = self.path / "lock"
            return lock.read_bytes() in (b"", _says(execution_id, lock.stat().st_ino))  # empty: of an earlier version
        except OSError:
            return False

    @property
    def is_running(self) -> bool:
        """Whether a process holds the lock."""
        if self._lock is not None:
            return True
        try:
            handle = os.open(self.path / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # none, or another user's
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def end(self, end: ExecutionEnd) -> None:
        """Store how the execution ended."""
        _put(self.path / "end.json", {"status": end.status, "output": end.output, "error": end.error, "cause": end.cause})

    def ended(self) -> ExecutionEnd | None:
        """How it ended. None: it is running, its process died, or the file cannot be read."""
        try:
            end = json.loads((self.path / "end.json").read_bytes())
            return ExecutionEnd(
                status=ENDED[ENDED.index(end["status"])], cause=None if end["cause"] is None else str(end["cause"])
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            log.warning("%s cannot be read, and counts as missing: %s", self.path / "end.json", error)
            return None

    def put_pace(self, at_once: int) -> None:
        """Write how many tables may run at once, for the process that runs the execution."""
        _put(self.path / "pace.json", at_once)

    def pace(self) -> int | None:
        """How many tables may run at once. None: as the run began."""
        try:
            return int(json.loads((self.path / "pace.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def events(self) -> Iterator[Mapping[str, Json]]:
        """The history events so far. A line that a crash cut or a disk damaged is left out."""
        with EventReader(self.path) as reader:
            yield from reader.new()

    def follow(self, *, seconds: float = 0.2) -> Iterator[Mapping[str, Json]]:
        """The history events so far, then each new one until the execution has ended; reads every `seconds`."""
        with EventReader(self.path) as reader:
            while True:
                running = self.is_running  # before reading, so that all events of an ended execution are read
                yield from reader.new()
                if not running:
                    return
                time.sleep(seconds)

    def job_log(self, table: str, attempt: int) -> Path:
        """The file with the output of this attempt's job."""
        return self.jobs / f"{segment(table)}.{attempt}.log"

    def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def run_id_of(execution_id: str) -> str:
    """The name of the execution with this ARN, which is the run id."""
    return execution_id.rpartition(":")[2]


def _says(execution_id: str, inode: int) -> bytes:
    """What a lock says of itself: which execution holds it, and which file it is, so that a copy is not taken for it."""
    return f"{execution_id}\n{inode}\n".encode()


def _put(path: Path, value: Json) -> None:
    """Write the whole file or nothing, also if the power fails."""
    data = (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")
    FileObjects().write(file_uri(path), data)
