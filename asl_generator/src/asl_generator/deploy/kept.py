"""What a deleted stack leaves: the tracking table and the buckets; and their deletion, if the user asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asl_generator.deploy.faults import calling_aws
from extract_core.dataclass import dataclass
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asl_generator.deploy.account import Account

_WORDS: Final = {"AWS::DynamoDB::Table": "the table", "AWS::S3::Bucket": "the bucket"}


@dataclass(frozen=True, slots=True)
class Storage:
    """A table or a bucket."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{_WORDS[self.type]} {self.name}"


def kept_by(cloudformation: Any, stack_id: str) -> tuple[Storage, ...]:
    """The tables and buckets of the stack, sorted."""
    with calling_aws("list the resources of the stack", "cloudformation:DescribeStackResources"):
        resources = cloudformation.describe_stack_resources(StackName=stack_id)["StackResources"]
    named = {
        Storage(of["ResourceType"], of["PhysicalResourceId"])
        for of in resources
        if of.get("ResourceType") in _WORDS and of.get("PhysicalResourceId")
    }
    return tuple(sorted(named, key=lambda thing: (thing.type, thing.name)))


def delete_kept(things: Iterable[Storage], account: Account) -> Iterator[str]:
    """Delete them with all that they hold. Yields a line per thing that is deleted."""
    for thing in things:
        if thing.type == "AWS::DynamoDB::Table":
            _delete_table(thing.name, account)
            yield f"deleted {thing}"
        else:
            yield f"deleted {thing} with {counted(_delete_bucket(thing.name, account), 'object')}"


def _delete_table(name: str, account: Account) -> None:
    dynamodb = account.client("dynamodb")
    with calling_aws(f"delete the table {name!r}", "dynamodb:DeleteTable"):
        try:
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=name)
            dynamodb.delete_table(TableName=name)
        except dynamodb.exceptions.ResourceNotFoundException:
            return


def _delete_bucket(bucket: str, account: Account) -> int:
    """The number of versions of objects that were deleted with it."""
    s3, count = account.client("s3"), 0
    with calling_aws(f"delete the bucket {bucket!r}", "s3:DeleteBucket", f"arn:aws:s3:::{bucket}"):
        try:
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
                if objects:
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
                count += len(objects)
            s3.delete_bucket(Bucket=bucket)
        except s3.exceptions.NoSuchBucket:
            return count
    return count
