"""AWS services as Tasks call them, through boto3 clients: optimised integrations and `aws-sdk:*`."""

from asl_toolkit.services.aws.calls import AwsCalls
from asl_toolkit.services.aws.checks import checked

__all__ = ["AwsCalls", "checked"]
