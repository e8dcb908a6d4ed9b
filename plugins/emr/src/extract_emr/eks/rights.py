"""What asking EMR on EKS of a job run, and cancelling one, needs: of the roles of the core's functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Statement
from extract_emr.logs import folder
from extract_emr.rights import below, read_logs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core import Target
    from extract_emr.eks.settings import EksDeployment


def diagnose_statements(target: Target[EksDeployment]) -> Iterable[Statement]:
    """On the virtual clusters' job runs, and on their logs: the folder of the driver's has to be looked for."""
    yield Statement(actions=("emr-containers:DescribeJobRun",), resources=job_runs_of(target))
    deployment = target.deployment
    yield from read_logs(below(target, deployment.log_uri, f"{cluster}/jobs/") for cluster in deployment.allowed())
    place = folder(deployment.log_uri)
    if place:
        prefixes = [f"{place[1]}{cluster}/jobs/*" for cluster in deployment.allowed()]
        bucket = f"arn:{target.partition}:s3:::{place[0]}"
        yield Statement(actions=("s3:ListBucket",), resources=(bucket,), condition={"StringLike": {"s3:prefix": prefixes}})


def stop_statements(target: Target[EksDeployment]) -> Iterable[Statement]:
    """On the virtual clusters' job runs."""
    yield Statement(actions=("emr-containers:CancelJobRun",), resources=job_runs_of(target))


def clusters_of(target: Target[EksDeployment]) -> tuple[str, ...]:
    """The ARNs of the deployment's virtual clusters."""
    where = f"arn:{target.partition}:emr-containers:{target.region}:{target.account}:/virtualclusters/"
    return tuple(where + cluster for cluster in target.deployment.allowed())


def job_runs_of(target: Target[EksDeployment]) -> tuple[str, ...]:
    """The ARNs of these clusters' job runs."""
    return tuple(f"{cluster}/jobruns/*" for cluster in clusters_of(target))
