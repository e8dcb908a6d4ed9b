"""Stops the jobs that a dead execution left running: Step Functions only tries to (its guide, "Run a job"), and they cost money.

Each job is stopped with a time limit: if one fails or hangs, the others are stopped all the same.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import Outcome
from extract_core.dataclass import dataclass
from extract_core.registry.signatures import with_deployment
from extract_core.status.planned import deployment_of
from extract_core.status.time_limit import within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.runs.items_in_history import Key
    from extract_core.runs.started_jobs import StartedJob

log: Final = logging.getLogger("extract_core")

SECONDS: Final = 60.0
"""That one job type has to stop one job. Its client gives up after 26 (`extract_core.parsing.asking.client`)."""

_AT_ONCE: Final = 8
"""Jobs of services that are stopped at once: more requests would be throttled."""
_AT_ONCE_HERE: Final = 64
"""Jobs on this machine: each is a process that is waited for, 5 seconds if it does not heed SIGTERM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedJob:
    """A job that its job type was to stop; `error` is why it may still run.

    `known`: the answer to its start is known. Without it most job types cannot tell which job it is. `had_ended`: it had ended
    before, by itself.
    """

    table: str
    attempt: int
    job_type: str
    known: bool
    error: str | None = None
    had_ended: bool = False

    def as_json(self) -> dict[str, Json]:
        """The members, for a job that was there to be stopped."""
        return {name: value for name, value in asdict(self).items() if name != "had_ended"}

    @property
    def note(self) -> str:
        """For the message of the attempt."""
        if self.error is not None:
            return f"its job may still run, it could not be stopped: {self.error}"
        if self.had_ended:
            return "its job had ended by itself; its result was not recorded"
        return "its job is stopped" if self.known else "whether its job was started is not known: it may still run"


def stop_jobs(parts: Parts, jobs: Mapping[Key, StartedJob]) -> dict[Key, StoppedJob]:
    """Stop these jobs, several at once, and return the result of each. Does nothing if there is no service to call.

    A job that has ended counts as stopped, so a second call does no harm.
    """
    if not jobs or (parts.aws is None and parts.stop_here is None):
        return {}
    sessions = _Sessions(parts.aws)
    at_once = _AT_ONCE if parts.stop_here is None else _AT_ONCE_HERE
    with ThreadPoolExecutor(min(at_once, len(jobs)), thread_name_prefix="stop") as pool:
        stopped = pool.map(lambda key: _stop(parts, key, jobs[key], sessions), jobs)
        return dict(zip(jobs, stopped, strict=True))


def _stop(parts: Parts, key: Key, job: StartedJob, sessions: _Sessions) -> StoppedJob:
    table, attempt = key
    name = str(job.item.get("job_type"))
    outcome = Outcome.succeeded(job.answer, job.item)
    error, had_ended = None, False
    try:
        if parts.stop_here is not None:
            had_ended = job.answer is not None and not parts.stop_here(outcome)
        else:
            job_type, session = parts.registry.job_type(name), sessions.mine()
            deployment = partial(deployment_of, parts, job_type, outcome)
            within(SECONDS, lambda: with_deployment(job_type.stop, outcome, session, deployment=deployment))
    except Exception as raised:  # noqa: BLE001 - a plugin's, or its service's: the other jobs are stopped all the same
        error = f"{type(raised).__name__}: {raised}"
    fields = {"run_id": job.item.get("run_id"), "table": table, "attempt": attempt, "job_type": name, "job": job.answer}
    if had_ended:
        log.info("the job of %s had ended", table, extra={"extract": fields})
    elif error is None:
        log.info("the job type of %s was told to stop its job", table, extra={"extract": fields})
    else:
        log.error("the job of %s could not be stopped: %s", table, error, extra={"extract": fields})
    return StoppedJob(table=table, attempt=attempt, job_type=name, known=job.answer is not None, error=error, had_ended=had_ended)


class _Sessions:
    """A boto3 session a thread: sessions are not safe between threads (boto3 guide, "Multithreading")."""

    def __init__(self, make: Callable[[], object] | None) -> None:
        self._make = make
        self._mine: Any = threading.local()

    def mine(self) -> object:
        """This thread's."""
        if not hasattr(self._mine, "session"):
            self._mine.session = self._make() if self._make is not None else None
        return self._mine.session
