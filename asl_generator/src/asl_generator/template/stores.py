"""What holds data, in the template: the tracking table and the buckets. The stack may be deleted, they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

from asl_generator.template.resources import resource
from extract_core.plan.places import s3_place
from extract_core.tracking.dynamodb.keys import TIME_TO_LIVE, table_definition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline


def store_resources(pipeline: Pipeline) -> dict[str, Json]:
    """The parts `tracking` and `buckets`, if the stack makes them."""
    managed = pipeline.deploy.managed
    made: dict[str, Json] = {}
    if "tracking" in managed:
        made["TrackingTable"] = _table(pipeline)
    if "buckets" in managed:
        for number, (bucket, is_versioned) in enumerate(managed_buckets(pipeline).items(), start=1):
            made |= _bucket(pipeline, f"Bucket{number}", bucket, is_versioned=is_versioned)
    return made


def managed_buckets(pipeline: Pipeline) -> dict[str, bool]:
    """The buckets of the pipeline's places, sorted, without that of the artifacts. True: it holds configs or plans."""
    artifacts = s3_place(pipeline.deploy.artifacts_uri)[0] if pipeline.deploy.artifacts_uri else None
    versioned = {s3_place(uri)[0] for uri in (pipeline.config_uri, pipeline.runs_uri)}
    buckets = sorted({*versioned, s3_place(pipeline.data_uri)[0]} - {artifacts})
    return {bucket: bucket in versioned for bucket in buckets}


def table_in_region(pipeline: Pipeline) -> str | None:
    """The name of the tracking table; None if the table is in another region than the stack."""
    parts = urlsplit(pipeline.tracking)
    region = dict(parse_qsl(parts.query)).get("region", pipeline.region)
    return parts.netloc if region == pipeline.region else None


def _table(pipeline: Pipeline) -> dict[str, Json]:
    properties: dict[str, Any] = {
        **table_definition(table_in_region(pipeline) or ""),
        "TimeToLiveSpecification": dict(TIME_TO_LIVE),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": True,
    }
    return resource("AWS::DynamoDB::Table", cast("Mapping[str, Json]", properties), keep=True)


def _bucket(pipeline: Pipeline, logical_id: str, bucket: str, *, is_versioned: bool) -> dict[str, Json]:
    """A private bucket. Its lifecycle removes what an interrupted upload left and old versions, never an object in use."""
    key = pipeline.deploy.kms_key
    encryption: dict[str, Json] = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    rule: dict[str, Json] = {"ServerSideEncryptionByDefault": encryption, **({"BucketKeyEnabled": True} if key else {})}
    lifecycle: list[Json] = [
        {"Id": "interrupted-uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    ]
    properties: dict[str, Json] = {
        "BucketName": bucket,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ),
    }
    if is_versioned:
        properties["VersioningConfiguration"] = {"Status": "Enabled"}
        lifecycle.append({"Id": "old-versions", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 90}})
    properties["LifecycleConfiguration"] = {"Rules": lifecycle}
    own = f"arn:{pipeline.partition}:s3:::{bucket}"
    tls_only: dict[str, Json] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [own, f"{own}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy: dict[str, Json] = {"Bucket": bucket, "PolicyDocument": {"Version": "2012-10-17", "Statement": [tls_only]}}
    return {
        logical_id: resource("AWS::S3::Bucket", properties, keep=True),
        f"{logical_id}Policy": resource("AWS::S3::BucketPolicy", policy, after=[logical_id], keep=True),
    }
