"""A Glue job run on this machine: what would have run, and what Glue would have said of its end."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_core import LocalCommand, Outcome
from extract_core.parsing.process_end import exit_code, reason, was_stopped

if TYPE_CHECKING:
    from extract_core import Json, LocalExit

_DPUS: Final = {"Standard": 1.0, "G.025X": 0.25, "Z.2X": 2.0}
"""DPUs of a worker; a name like ``G.4X`` or ``R.4X`` says its own (Glue guide, "Worker types"; R counts M-DPUs)."""

_INJECTED: Final = {
    "oom": ("FAILED", "Command Failed due to Out of Memory"),
    "interrupt": ("FAILED", "ExecutorLostFailure: Exit status: -100. Diagnostics: Container released on a *lost* node"),
    "timeout": ("TIMEOUT", None),
}


def local_command(arguments: Mapping[str, Json]) -> LocalCommand:
    """The reference extract job, with the run's Arguments as ``--key value``: a Glue job gets the same ones in its argv."""
    passed = arguments["arguments"]
    if not isinstance(passed, Mapping):
        raise TypeError(f"$.arguments.arguments is not an object of arguments: {passed!r}")
    return LocalCommand(argv=[sys.executable, "-m", "extract_job", *(str(part) for pair in passed.items() for part in pair)])


def local_answer(arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
    """A JobRun as Glue describes it. Its ErrorMessage holds the job's last words: Glue too puts the exception there."""
    if ended.injected == "throttle":
        return Outcome.failed(
            "Glue.AWSGlueException",
            "Rate exceeded (Service: AWSGlue; Status Code: 400; Error Code: ThrottlingException; Request ID: local; Proxy: null)",
        )
    state, said = _end(ended)
    now = time.time_ns() // 1_000_000
    worker_type, workers = str(arguments["worker_type"]), arguments["number_of_workers"]
    run: dict[str, Json] = {
        "Arguments": arguments["arguments"],
        "Attempt": 0,
        "CompletedOn": now,
        "ExecutionClass": arguments["execution_class"],
        "ExecutionTime": round(ended.seconds),
        "Id": f"jr_local_{uuid.uuid4().hex}",
        "JobName": arguments["job_name"],
        "JobRunState": state,
        "LastModifiedOn": now,
        "MaxCapacity": _dpus(worker_type) * (workers if isinstance(workers, int) else 0),
        "NumberOfWorkers": workers,
        "PredecessorRuns": [],
        "StartedOn": now - round(ended.seconds * 1000),
        "Timeout": arguments["timeout"],
        "WorkerType": worker_type,
    }
    if said:
        run["ErrorMessage"] = said
    return Outcome.succeeded(run) if state == "SUCCEEDED" else Outcome.failed("States.TaskFailed", json.dumps(run))


def _end(ended: LocalExit) -> tuple[str, str | None]:
    """JobRunState and ErrorMessage."""
    if ended.injected in _INJECTED:
        return _INJECTED[ended.injected]
    if ended.injected is None and exit_code(ended) == 0:
        return "SUCCEEDED", None
    if was_stopped(ended):
        return "STOPPED", None
    return "FAILED", reason(ended) if ended.injected is None else "Exception: failure injected on this machine"


def _dpus(worker_type: str) -> float:
    known = _DPUS.get(worker_type)
    return known if known is not None else float(worker_type.partition(".")[2].rstrip("X") or 1)
