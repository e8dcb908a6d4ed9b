"""The account that is deployed to: its caller, and the clients of its services in one region."""

from __future__ import annotations

from dataclasses import field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from asl_generator.deploy.faults import calling_aws
from extract_core.dataclass import dataclass
from extract_core.errors import UsageError
from extract_core.pipeline.model import NO_ACCOUNT

if TYPE_CHECKING:
    from extract_core.pipeline.model import Pipeline

_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its credentials see it. Each client is made at its first use."""

    region: str
    number: str = NO_ACCOUNT
    caller: str = ""
    _client: Any = field(default=None, repr=False)

    def client(self, service: str) -> Any:  # Any: no stubs of most services
        """The client of a service, in this region."""
        return self._client(service)


def signed_in(region: str) -> Account:
    """The account of this process's credentials. Raises DeployError without valid ones."""
    with calling_aws("see who is calling (sts:GetCallerIdentity)"):
        import boto3
        from botocore.config import Config

        config = Config(retries={"mode": "standard", "total_max_attempts": _TRIES})
        session = boto3.session.Session(region_name=region)

        make: Any = session.client  # its overloads want a literal

        @cache
        def client(service: str) -> Any:
            return make(service, config=config)

        caller = client("sts").get_caller_identity()
    return Account(region, caller["Account"], caller["Arn"], client)


def for_account(pipeline: Pipeline, account: Account) -> Pipeline:
    """The pipeline in this account, with a folder for artifacts. UsageError if extract.toml names another account."""
    if pipeline.account not in (NO_ACCOUNT, account.number):
        raise UsageError(
            f"extract.toml: pipeline.account is {pipeline.account}, but the credentials ({account.caller}) are of account "
            f"{account.number}: use other credentials, or correct pipeline.account"
        )
    options = pipeline.deploy
    if options.artifacts_uri is None:
        bucket = _bucket(f"{pipeline.name}-artifacts", account.number, pipeline.region)
        options = replace(options, artifacts_uri=f"s3://{bucket}/")
    return replace(pipeline, account=account.number, deploy=options)


def with_places(pipeline: Pipeline) -> Pipeline:
    """The pipeline with places in its account, which the stack makes: folders of one bucket, and a table for tracking."""
    folder = f"s3://{_bucket(pipeline.name, pipeline.account, pipeline.region)}"
    return replace(
        pipeline,
        config_uri=f"{folder}/config/",
        data_uri=f"{folder}/data/",
        runs_uri=f"{folder}/runs/",
        tracking=f"dynamodb://{pipeline.name}-tracking?region={pipeline.region}",
        deploy=replace(pipeline.deploy, managed=tuple(sorted({*pipeline.deploy.managed, "buckets", "tracking"}))),
    )


def _bucket(name: str, account: str, region: str) -> str:
    """A name for a bucket that is unique in all of AWS: lower case, at most 63 characters (S3 guide, "Bucket naming rules")."""
    return f"{name.lower().replace('_', '-').strip('-')}-{account}-{region}"[:63].strip("-")


def stack_name(pipeline: Pipeline) -> str:
    """The name of the stack: that of [deploy], else the pipeline's, as far as CloudFormation takes it."""
    name = pipeline.deploy.stack or pipeline.name.replace("_", "-")
    return name if name[0].isalpha() else f"extract-{name}"
