"""A Step Functions in this process, with the methods of boto3's client. Needs botocore, whose service model it follows."""

try:
    import botocore as _botocore  # noqa: F401 - asked for here, so that the reason is said once
except ImportError as error:
    raise ImportError("asl_toolkit.client speaks botocore's service model of Step Functions: pip install boto3") from error

from asl_toolkit.client.errors import ClientError, OperationNotSupported
from asl_toolkit.client.stepfunctions import StepFunctions

__all__ = ["ClientError", "OperationNotSupported", "StepFunctions"]
