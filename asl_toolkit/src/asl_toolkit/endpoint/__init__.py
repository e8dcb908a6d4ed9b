"""Step Functions over HTTP on this computer, for boto3, the AWS CLI and every other SDK. It needs botocore."""

from asl_toolkit.endpoint.server import Endpoint

__all__ = ["Endpoint"]
