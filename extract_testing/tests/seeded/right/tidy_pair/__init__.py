"""Right: a package with two job types, hooks for both, and helpers that they share."""

import logging

from extract_core import FailureClass, JobState, hookimpl

logger = logging.getLogger(__name__)


@hookimpl
def extract_job_types():
    from tidy_pair.job import Recipe, Serverless

    return [Serverless(), Recipe()]


@hookimpl
def extract_amend_arguments(table, job_type):
    if job_type != "pair_serverless" or table.watermark.mode != "incremental":
        return None
    return {"--late_rows": "keep"}


@hookimpl
def extract_run_finished(table, job_type, status):
    if status.state is JobState.SUCCEEDED:
        return
    cause = status.failure or FailureClass.UNKNOWN
    logger.warning("%s of %s ended %s (%s)", table["table"], job_type, status.state, cause)


@hookimpl(trylast=True)
def extract_state_machine(definition):
    if "TimeoutSeconds" in definition:
        return None
    return {**definition, "TimeoutSeconds": 24 * 3600}
