"""What asking EMR of a step, and cancelling one, needs: of the roles of the core's functions, not of the machine's."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from extract_core import Statement
from extract_emr.logs import folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from extract_core import Target
    from extract_emr.settings import EmrDeployment

Deployment = TypeVar("Deployment", bound="BaseModel")


def diagnose_statements(target: Target[EmrDeployment]) -> Iterable[Statement]:
    """On the deployment's clusters, and on the logs of their steps."""
    actions = ("elasticmapreduce:DescribeCluster", "elasticmapreduce:DescribeStep")
    yield Statement(actions=actions, resources=clusters_of(target))
    logs = [below(target, target.deployment.log_uri, f"{cluster}/steps/") for cluster in target.deployment.allowed()]
    yield from read_logs(logs)


def stop_statements(target: Target[EmrDeployment]) -> Iterable[Statement]:
    """On the deployment's clusters."""
    actions = ("elasticmapreduce:CancelSteps", "elasticmapreduce:DescribeStep")
    yield Statement(actions=actions, resources=clusters_of(target))


def clusters_of(target: Target[EmrDeployment]) -> tuple[str, ...]:
    """The ARNs of the deployment's clusters."""
    where = f"arn:{target.partition}:elasticmapreduce:{target.region}:{target.account}:cluster/"
    return tuple(where + cluster for cluster in target.deployment.allowed())


def below(target: Target[Deployment], log_uri: str | None, prefix: str) -> str | None:
    """The ARN of what lies below this prefix of a log folder in S3; None where there is no such folder."""
    place = folder(log_uri)
    return f"arn:{target.partition}:s3:::{place[0]}/{place[1]}{prefix}*" if place else None


def read_logs(places: Iterable[str | None]) -> Iterable[Statement]:
    """Read these objects, if there are any."""
    found = tuple(place for place in places if place)
    if found:
        yield Statement(actions=("s3:GetObject",), resources=found)
