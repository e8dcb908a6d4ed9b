"""How a Glue job run is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import objects, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json

_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "STOPPED", "EXPIRED"})


def stop_run(aws: object, job: str, run_id: str) -> None:
    """End the run. Raises botocore's ClientError, or RuntimeError, if Glue refuses; a run that has ended is fine."""
    glue = client(aws, "glue")
    refusals: list[Mapping[str, Json]] = []
    stopped(
        lambda: refusals.extend(objects(glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id]), "Errors")),
        ended=("EntityNotFoundException",),
    )
    for refusal in refusals:
        # Glue refuses a run that has ended with the same InvalidInputException as one that it can't stop: its state tells.
        state = text(answer(aws, "glue", "get_job_run", JobName=job, RunId=run_id), "JobRun", "JobRunState")
        if state not in _ENDED:
            parts = (text(refusal, "ErrorDetail", "ErrorCode"), text(refusal, "ErrorDetail", "ErrorMessage"))
            why = ": ".join(filter(None, parts)) or "no reason was given"
            raise RuntimeError(f"the Glue job run {run_id} of {job!r} could not be stopped: {why}")
