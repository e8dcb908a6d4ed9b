"""What asking Glue of a run, and stopping one, needs: of the roles of the core's functions, not of the machine's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Statement
from extract_glue.aws import LOG_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core import Target
    from extract_glue.settings import GlueDeployment


def diagnose_statements(target: Target[GlueDeployment]) -> Iterable[Statement]:
    """A job with a security configuration logs to a group whose name goes on (``/aws-glue/jobs-…``): it is meant, too.

    A log group of one's own (``--custom-logGroup-prefix``) needs a statement of one's own.
    """
    yield Statement(actions=("glue:GetJobRun",), resources=_jobs(target))
    logs = f"arn:{target.partition}:logs:{target.region}:{target.account}:log-group:{LOG_GROUP}*:log-stream:*"
    yield Statement(actions=("logs:GetLogEvents",), resources=(logs,))


def stop_statements(target: Target[GlueDeployment]) -> Iterable[Statement]:
    """On the deployment's jobs."""
    yield Statement(actions=("glue:BatchStopJobRun", "glue:GetJobRun"), resources=_jobs(target))


def _jobs(target: Target[GlueDeployment]) -> tuple[str, ...]:
    where = f"arn:{target.partition}:glue:{target.region}:{target.account}:job/"
    return tuple(where + name for name in target.deployment.allowed())
