"""Tracking in DynamoDB. The caller that makes the client needs boto3; nothing here imports it before a store is opened."""
