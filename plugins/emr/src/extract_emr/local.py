"""An EMR step on this machine: what would have run, and what EMR would have said of its end."""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import TYPE_CHECKING

from extract_core import LocalCommand, Outcome
from extract_core.parsing.process_end import exit_code, reason, was_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, LocalExit


def local_command(arguments: Mapping[str, Json]) -> LocalCommand:
    """The reference extract job with what stands after the script in Args: spark-submit gives a script the same argv."""
    args, script = arguments["args"], arguments["script"]
    if not isinstance(args, list | tuple) or script not in args:
        raise TypeError(f"$.arguments.args is not a list of texts that holds the script {script!r}: {args!r}")
    return LocalCommand(argv=[sys.executable, "-m", "extract_job", *map(str, args[args.index(script) + 1 :])])


def local_answer(arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
    """A Step as EMR describes it.

    On AWS a Step holds no output of the job: FailureDetails.Message is a line that EMR found in its log, if it found one. Here
    the job's last words stand there.
    """
    if ended.injected == "throttle":
        return Outcome.failed(
            "ElasticMapReduce.AmazonElasticMapReduceException",
            "Rate exceeded (Service: AmazonElasticMapReduce; Status Code: 400; Error Code: ThrottlingException)",
        )
    if ended.injected == "timeout":
        return Outcome.failed("States.Timeout", "")  # EMR has no time limit for a step: the state's own ends it
    state, details = _end(ended)
    now = time.time_ns() // 1_000_000
    began = now - round(ended.seconds * 1000)
    status: dict[str, Json] = {
        "State": state,
        "StateChangeReason": {},
        "Timeline": {"CreationDateTime": began, "StartDateTime": began, "EndDateTime": now},
    }
    if details:
        status["FailureDetails"] = details
    step: dict[str, Json] = {
        "ActionOnFailure": "CONTINUE",
        "Config": {"Args": arguments["args"], "Jar": "command-runner.jar", "Properties": {}},
        "Id": f"s-LOCAL{uuid.uuid4().hex[:13].upper()}",
        "Name": arguments["name"],
        "Status": status,
    }
    answer: dict[str, Json] = {"Step": step}
    return Outcome.succeeded(answer) if state == "COMPLETED" else Outcome.failed("States.TaskFailed", json.dumps(answer))


def _end(ended: LocalExit) -> tuple[str, dict[str, Json]]:
    """State and FailureDetails."""
    if ended.injected == "oom":
        message = "Container killed by YARN for exceeding memory limits. 5.6 GB of 5.5 GB physical memory used"
    elif ended.injected == "interrupt":
        message = "Container marked as failed. Exit status: -100. Diagnostics: Container released on a *lost* node"
    elif ended.injected is not None:
        message = "Exception: failure injected on this machine"
    elif was_stopped(ended):
        return "CANCELLED", {}
    elif exit_code(ended) == 0:
        return "COMPLETED", {}
    else:
        message = reason(ended)
    return "FAILED", {"Reason": "Unknown Error", "Message": message}
