"""The buckets of a pipeline before it is deployed: which are there, in which region, which are missing."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from asl_generator.deploy.faults import DeployError, calling_aws
from asl_generator.template.stores import managed_buckets
from extract_core.dataclass import dataclass
from extract_core.errors import UsageError
from extract_core.plan.places import s3_place

if TYPE_CHECKING:
    from asl_generator.deploy.account import Account
    from extract_core.pipeline.model import Pipeline


@dataclass(frozen=True, slots=True)
class Buckets:
    """What the check found: `artifacts` is the bucket for artifacts, and whether it must be made first."""

    artifacts: str
    artifacts_missing: bool


def check_buckets(pipeline: Pipeline, account: Account) -> Buckets:
    """Whether the pipeline's buckets can be used. UsageError for one that is missing or in another region.

    Those that the stack makes may be missing, and that of the artifacts.
    """
    artifacts = s3_place(pipeline.deploy.artifacts_uri or "")[0]
    made_by_stack = managed_buckets(pipeline) if "buckets" in pipeline.deploy.managed else {}
    faults = []
    for key in ("config_uri", "data_uri", "runs_uri"):
        bucket = s3_place(getattr(pipeline, key))[0]
        region = _region_of(bucket, account)
        if region is None and bucket not in made_by_stack and bucket != artifacts:
            faults.append(
                f"extract.toml: pipeline.{key}: there is no bucket {bucket!r}; create it, or let the stack make it: write "
                f"managed = {json.dumps(sorted({*pipeline.deploy.managed, 'buckets'}))} under [deploy]"
            )
        elif region not in (None, pipeline.region) and key != "data_uri":
            faults.append(f"{_elsewhere(f'pipeline.{key}', bucket, region, pipeline.region)}: name one in {pipeline.region}")
    region = _region_of(artifacts, account)
    if region not in (None, pipeline.region):
        where = _elsewhere("deploy.artifacts_uri", artifacts, region, pipeline.region)
        faults.append(f"{where}: remove the key, so that up makes a bucket in {pipeline.region}, or name one there")
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))
    return Buckets(artifacts, region is None)


def _elsewhere(path: str, bucket: str, region: str | None, wanted: str) -> str:
    """Lambda reads its code, and a Distributed Map its items, in their own region only."""
    return f"extract.toml: {path}: the bucket {bucket!r} is in {region}, but the pipeline runs in {wanted}"


def _region_of(bucket: str, account: Account) -> str | None:
    """The region of a bucket; None if there is none. DeployError for a bucket of another account."""
    from botocore.exceptions import ClientError

    s3 = account.client("s3")
    with calling_aws(f"look for the bucket {bucket!r}", "s3:ListBucket", f"arn:aws:s3:::{bucket}"):
        try:
            return str(s3.head_bucket(Bucket=bucket).get("BucketRegion") or account.region)
        except ClientError as error:
            answer = error.response["ResponseMetadata"]
            region = answer.get("HTTPHeaders", {}).get("x-amz-bucket-region")
            if answer["HTTPStatusCode"] == 404:
                return None
            if answer["HTTPStatusCode"] == 301 and region:
                return str(region)
            if answer["HTTPStatusCode"] == 403:
                raise DeployError(
                    f"the bucket {bucket!r} cannot be used: it belongs to another account, or your role lacks s3:ListBucket on "
                    "it; names of buckets are unique in all of AWS: choose another name, or add the right"
                ) from error
            raise


def make_artifacts_bucket(bucket: str, account: Account) -> None:
    """A private bucket with versions, without an owner's ACLs, in the account's region."""
    s3 = account.client("s3")
    with calling_aws(f"create the bucket {bucket!r}", "s3:CreateBucket", f"arn:aws:s3:::{bucket}"):
        where = {} if account.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):  # by another person's deployment, at the same moment
            s3.create_bucket(Bucket=bucket, **where)
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            ),
        )
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
