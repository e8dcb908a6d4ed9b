"""A Step Functions in this process, with the methods of boto3's client."""

from asl_toolkit.client.errors import ClientError
from asl_toolkit.client.stepfunctions import StepFunctions

__all__ = ["ClientError", "StepFunctions"]
