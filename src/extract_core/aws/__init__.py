"""The engine of AWS: runs are executions of the deployed state machine. boto3 is imported when Step Functions is first asked."""

from extract_core.aws.engine import AwsEngine

__all__ = ["AwsEngine"]
