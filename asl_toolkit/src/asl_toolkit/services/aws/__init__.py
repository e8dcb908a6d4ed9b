"""AWS services as Tasks call them, through boto3 clients: optimised integrations and `aws-sdk:*`."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asl_toolkit.services.aws.calls import AwsCalls
    from asl_toolkit.services.aws.checks import checked

__all__ = ["AwsCalls", "checked"]
_MODULES = {"AwsCalls": "asl_toolkit.services.aws.calls", "checked": "asl_toolkit.services.aws.checks"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, because the checker needs only the names of services."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
