"""A Step Functions in this process with the methods of boto3's client. It needs botocore and follows its service model."""

try:
    import botocore as _botocore  # noqa: F401 - imported here, so that one message names the reason
except ImportError as error:
    raise ImportError("asl_toolkit.client needs botocore's service model of Step Functions: pip install boto3") from error

from asl_toolkit.client.errors import ClientError, OperationNotSupported
from asl_toolkit.client.stepfunctions import StepFunctions

__all__ = ["ClientError", "OperationNotSupported", "StepFunctions"]
