"""Jobs as real processes on this machine. Each ends with the answer that its service would have sent."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, cast

from asl_toolkit import Submitted, TaskFailed
from extract_core.contract import Json, LocalCommand, LocalExit, Outcome
from extract_core.plan.group import keys_of
from extract_core.registry.routing import GROUP
from extract_core.wording import RAISED, described
from extract_local.jobs.scripts import NoScript

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from asl_toolkit import TaskRequest
    from extract_core.registry.values import InstalledJobType
    from extract_local.jobs.injection import Injections, Kind
    from extract_local.jobs.starting import JobProcess, JobStarter


TAIL_BYTES: Final = 4096
GRACE_SECONDS: Final = 5.0


class JobProcesses:
    """The handler of job states: it starts `JobType.local_command` and answers with `JobType.local_answer`.

    The output of an item's job goes to the file `log_of(item)`. An injected throttle refuses the
    start, so that the state's own Retry handles it. Any other fault kills the process at its start.
    """

    def __init__(
        self,
        installed: InstalledJobType,
        *,
        log_of: Callable[[Mapping[str, Json]], Path],
        injections: Injections,
        starter: JobStarter,
    ) -> None:
        self._job_type = installed.job_type
        self._plugin = f"job type {installed.job_type.name!r} ({installed.provider})"
        self._log_of = log_of
        self._injections = injections
        self._starter = starter
        self._ends: dict[tuple[Json, ...], Outcome] = {}

    def end_of(self, item: Mapping[str, Json]) -> Outcome | None:
        """What `local_answer` said of the end of this item's job; None if it has not ended, or never ran."""
        return self._ends.get(_attempt_of(item))

    def __call__(self, request: TaskRequest) -> Submitted:
        """Start the job of one item. The future of the result ends with the service's own answer."""
        item = cast("Mapping[str, Json]", request.input)
        arguments = cast("Mapping[str, Json]", item["arguments"])
        table = str(item["table"])
        command = self._command(item, request.state_name)
        injected = self._injections.take(table) if GROUP not in item else None  # tables with a fault have their own job
        if injected == "throttle":
            refused = self._answer(arguments, LocalExit(code=1, seconds=0.0, output_tail="", injected=injected))
            raise TaskFailed(refused.error or "States.TaskFailed", refused.cause or "")
        log, *others = (self._log_of({**item, "table": name, "attempt": attempt}) for name, attempt in keys_of(item))
        started = time.monotonic()
        process = self._start(command, log)
        for other in others:  # one log for all tables of the job
            with contextlib.suppress(OSError):
                other.unlink(missing_ok=True)
                other.symlink_to(log.name)
        if injected is not None:
            _end_group(process, signal.SIGKILL)
        completion: Future[Json] = Future()

        def wait() -> None:
            try:
                code, is_late = _end_of(process, command.seconds)
                completed(code, injected or ("timeout" if is_late else None))
            except BaseException as error:  # noqa: BLE001 - the state waits for an answer in any case
                cause = f"the end of the job of {self._plugin}: {described(error)}"
                completion.set_exception(TaskFailed("States.TaskFailed", cause))

        def completed(code: int, fault: Kind | None) -> None:
            _end_group(process, signal.SIGKILL)  # child processes of the job that are still running
            if fault is not None:
                why = f"--inject {injected}" if injected is not None else f"its time limit of {command.seconds:g} s"
                with log.open("a", encoding="utf-8") as file:
                    file.write(f"extract: {why} ended the job here\n")
            seconds = time.monotonic() - started
            answer = self._answer(arguments, LocalExit(code=code, seconds=seconds, output_tail=_tail(log), injected=fault))
            self._ends[_attempt_of(item)] = answer
            if answer.error is None:
                completion.set_result(answer.result)
            else:
                completion.set_exception(TaskFailed(answer.error, answer.cause or ""))

        threading.Thread(target=wait, name=f"job {table}", daemon=True).start()
        submitted: Json = {"ProcessId": process.pid, "Command": list(command.argv), "Log": str(log)}
        return Submitted(output=submitted, completion=completion, cancel=lambda: _cancel(process))

    def _answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """The answer of local_answer. An exception or another value is a failure of this job that names the plugin."""
        try:
            answer: object = self._job_type.local_answer(arguments, ended)
            if isinstance(answer, Outcome):
                json.dumps(answer.result, allow_nan=False)  # a service answers in JSON
        except RAISED as error:
            return Outcome.failed("States.TaskFailed", f"local_answer of {self._plugin} raised {described(error)}")
        if not isinstance(answer, Outcome):
            must = "it must be an Outcome: Outcome.succeeded(result), or Outcome.failed(error, cause)"
            return Outcome.failed("States.TaskFailed", f"local_answer of {self._plugin} returned {answer!r}; {must}")
        return answer

    def _command(self, item: Mapping[str, Json], state_name: str) -> LocalCommand:
        try:
            command: object = self._job_type.local_command(cast("Mapping[str, Json]", item["arguments"]))
        except RAISED as error:
            raise TaskFailed("States.TaskFailed", f"local_command of {self._plugin} raised {described(error)}") from error
        if command is None:
            raise TaskFailed(
                "States.TaskFailed",
                f"{self._plugin} has no local_command, so {state_name!r} cannot run on one machine; "
                "add one, or choose another job type for this table",
            )
        if not isinstance(command, LocalCommand):
            must = "it must be a LocalCommand, or None"
            raise TaskFailed("States.TaskFailed", f"local_command of {self._plugin} returned {command!r}; {must}")
        argv: list[object] = list(command.argv)
        if not argv or not all(isinstance(part, str) for part in argv):
            must = "it must be a program and its arguments, all of them strings"
            raise TaskFailed("States.TaskFailed", f"local_command of {self._plugin} returned the argv {argv!r}; {must}")
        limit: object = command.seconds
        if limit is not None and not (isinstance(limit, int | float) and limit > 0):
            must = "it must be a number above 0, or None"
            raise TaskFailed("States.TaskFailed", f"local_command of {self._plugin} returned the seconds {limit!r}; {must}")
        try:
            return self._starter.command_of(command, command.script or _script_of(item))
        except NoScript as error:
            report_config_fault(item, str(error))
            raise TaskFailed("States.TaskFailed", str(error)) from error

    def _start(self, command: LocalCommand, log: Path) -> JobProcess:
        try:
            return self._starter.start(command, log)
        except (OSError, TypeError, ValueError) as error:
            raise TaskFailed(
                "States.TaskFailed", f"the job of {self._plugin} could not be started: {command.argv[0]!r}: {error}"
            ) from error


def report_config_fault(item: Mapping[str, Json], message: str) -> None:
    """Put the reason where the job would have put it: its failure class is then CONFIG, as it is for the service."""
    from extract_core.errors import ObjectError
    from extract_core.objects.routed import open_objects

    error = {"class": "CONFIG", "message": message, "retryable": False}
    reason = {"version": 2, "run_id": item["run_id"], "attempt": item["attempt"], "table": item["table"], "error": error}
    with contextlib.suppress(ObjectError):  # the reason is in the cause too
        open_objects().write(str(item["result_uri"]), json.dumps(reason).encode())


def _attempt_of(item: Mapping[str, Json]) -> tuple[Json, ...]:
    return item.get("run_id"), item.get("table"), item.get("attempt")


def _script_of(item: Mapping[str, Json]) -> str | None:
    """The script_name of the table's config, which an item has only if it is not the reference job's."""
    script = item.get("script_name")
    return script if isinstance(script, str) else None


def _end_of(process: JobProcess, seconds: float | None) -> tuple[int, bool]:
    """Wait for the job, and end it after `seconds`. Returns its exit code, and whether it was ended."""
    if seconds is None:
        return process.wait(), False
    late = threading.Event()

    def end() -> None:
        late.set()
        _cancel(process)

    timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), end)
    timer.daemon = True
    timer.start()
    try:
        return process.wait(), late.is_set()
    finally:
        timer.cancel()


def _cancel(process: JobProcess) -> None:
    """Send SIGTERM to the job, and SIGKILL after a grace period. Returns at once; this process does not end before the job."""
    _end_group(process, signal.SIGTERM)

    def kill() -> None:
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            _end_group(process, signal.SIGKILL)
            process.wait()

    threading.Thread(target=kill, name=f"end job {process.pid}").start()


def _end_group(process: JobProcess, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _tail(log: Path) -> str:
    """The last lines that a job wrote, without terminal codes."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).strip()
