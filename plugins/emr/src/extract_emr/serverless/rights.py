"""What asking EMR Serverless of a job run, and cancelling one, needs: of the roles of the core's functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Statement
from extract_emr.rights import below, read_logs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core import Target
    from extract_emr.serverless.settings import ServerlessDeployment


def diagnose_statements(target: Target[ServerlessDeployment]) -> Iterable[Statement]:
    """On the applications' job runs, and on their logs."""
    yield Statement(actions=("emr-serverless:GetJobRun",), resources=job_runs_of(target))
    deployment = target.deployment
    yield from read_logs(below(target, deployment.log_uri, f"applications/{each}/jobs/") for each in deployment.allowed())


def stop_statements(target: Target[ServerlessDeployment]) -> Iterable[Statement]:
    """On the applications' job runs."""
    yield Statement(actions=("emr-serverless:CancelJobRun",), resources=job_runs_of(target))


def applications_of(target: Target[ServerlessDeployment]) -> tuple[str, ...]:
    """The ARNs of the deployment's applications."""
    where = f"arn:{target.partition}:emr-serverless:{target.region}:{target.account}:/applications/"
    return tuple(where + application for application in target.deployment.allowed())


def job_runs_of(target: Target[ServerlessDeployment]) -> tuple[str, ...]:
    """The ARNs of these applications' job runs."""
    return tuple(f"{application}/jobruns/*" for application in applications_of(target))
