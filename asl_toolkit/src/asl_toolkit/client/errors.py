"""The exceptions of the client: a subclass of ClientError for each error of botocore's model."""

import uuid
from typing import Any

from botocore.exceptions import ClientError

from asl_toolkit.client.model import service_model
from asl_toolkit.errors import AslError

__all__ = ["ClientError", "Exceptions", "OperationNotSupported"]


class OperationNotSupported(AslError):  # noqa: N818 - named after what happened
    """Step Functions has the operation or the member of a request, but this client does not. The text says what to do."""


class Exceptions:
    """`client.exceptions`: `StateMachineDoesNotExist` and all others that the service's model names."""

    def __init__(self) -> None:
        self.ClientError = ClientError
        self._classes = {shape.error_code: type(shape.error_code, (ClientError,), {}) for shape in service_model().error_shapes}

    def __getattr__(self, name: str) -> type[ClientError]:
        """The class of an error code."""
        try:
            return self.__dict__["_classes"][name]  # type: ignore[no-any-return] # a dict of classes
        except KeyError:
            known = ", ".join(sorted(self.__dict__.get("_classes", ())))
            raise AttributeError(f"there is no exception {name!r}; there are {known}") from None

    def make(self, code: str, message: str, operation: str) -> ClientError:
        """An error as botocore raises it."""
        response: dict[str, Any] = {
            "Error": {"Code": code, "Message": message},
            "message": message,
            "ResponseMetadata": response_metadata(400),
        }
        return getattr(self, code)(response, operation)  # type: ignore[no-any-return] # a class of exceptions


def response_metadata(status: int = 200) -> dict[str, Any]:
    """The metadata that boto3 adds to every answer."""
    return {"RequestId": str(uuid.uuid4()), "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
