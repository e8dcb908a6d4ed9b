"""``.extract/executions/<run>/``: the files of one local execution, and the lock that shows that it is running.

- ``machine.asl.json``  the definition that ran
- ``input.json``        the event
- ``events.jsonl``      history events as they happen, in the form of GetExecutionHistory
- ``end.json``          how it ended: status, output, error, cause
- ``pace.json``         how many tables may run at once, if `extract pace` changed it
- ``jobs/``             the output of each job (stdout and stderr), one file per table and attempt
- ``lock``              held (flock) by the process that runs it
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from extract_core.errors import ExtractError, RunNameTaken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.contract import Json


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
    def create(cls, executions: Path, run_id: str, definition: str, event: Json) -> ExecutionFolder:
        """A new folder, locked until `close`. RunNameTaken if this run id was used before."""
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
        (path / "machine.asl.json").write_text(definition, encoding="utf-8")
        _put(path / "input.json", event)
        return folder

    @property
    def jobs(self) -> Path:
        """Where the jobs' output goes."""
        return self.path / "jobs"

    @property
    def is_running(self) -> bool:
        """Whether a process holds the lock."""
        if self._lock is not None:
            return True
        try:
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def end(self, end: Mapping[str, Json]) -> None:
        """Store how the execution ended."""
        _put(self.path / "end.json", end)

    def ended(self) -> Mapping[str, Json] | None:
        """How it ended. None: it is running, or its process died."""
        try:
            return cast("Mapping[str, Json]", json.loads((self.path / "end.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def put_pace(self, at_once: int) -> None:
        """Say to the process that runs it how many tables may run at once."""
        _put(self.path / "pace.json", at_once)

    def pace(self) -> int | None:
        """How many tables may run at once. None: as the run began."""
        try:
            return int(json.loads((self.path / "pace.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def events(self) -> Iterator[Mapping[str, Json]]:
        """The history events so far. A last line that a crash cut is left out."""
        try:
            with (self.path / "events.jsonl").open(encoding="utf-8") as lines:
                for line in lines:
                    if line.endswith("\n"):
                        yield json.loads(line)
        except FileNotFoundError:
            return

    def follow(self, *, seconds: float = 0.2) -> Iterator[Mapping[str, Json]]:
        """The history events so far, then each new one until the execution has ended; reads every `seconds`."""
        try:
            lines = (self.path / "events.jsonl").open(encoding="utf-8")
        except FileNotFoundError:
            return
        with lines:
            rest = ""
            while True:
                running = self.is_running  # before reading, so that all events of an ended execution are read
                for line in lines:
                    rest += line
                    if rest.endswith("\n"):
                        yield json.loads(rest)
                        rest = ""
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


def _put(path: Path, value: Json) -> None:
    """Write the whole file or nothing."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    Path(temporary).replace(path)
