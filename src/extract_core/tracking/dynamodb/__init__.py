"""Tracking in DynamoDB. The caller that makes the client needs boto3; nothing here imports it before a store is opened."""

from extract_core.tracking.dynamodb.keys import TIME_TO_LIVE, table_definition
from extract_core.tracking.dynamodb.store import DynamoDBTracking

__all__ = ["TIME_TO_LIVE", "DynamoDBTracking", "table_definition"]
