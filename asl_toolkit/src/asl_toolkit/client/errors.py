"""The exceptions of the client: botocore's ClientError where it is installed, so that callers catch what they catch on AWS."""

from typing import Any

try:
    from botocore.exceptions import ClientError
except ImportError:

    class ClientError(Exception):  # type: ignore[no-redef] # botocore is an extra
        """What botocore raises for an answer that is an error."""

        def __init__(self, error_response: dict[str, Any], operation_name: str) -> None:
            self.response = error_response
            self.operation_name = operation_name
            error = error_response["Error"]
            super().__init__(
                f"An error occurred ({error['Code']}) when calling the {operation_name} operation: {error['Message']}"
            )


__all__ = ["ClientError", "Exceptions"]

_NAMES = (
    "ExecutionAlreadyExists",
    "ExecutionDoesNotExist",
    "ExecutionNotRedrivable",
    "InvalidArn",
    "InvalidDefinition",
    "InvalidExecutionInput",
    "InvalidName",
    "InvalidOutput",
    "InvalidToken",
    "StateMachineAlreadyExists",
    "StateMachineDoesNotExist",
    "TaskDoesNotExist",
    "ValidationException",
)


class Exceptions:
    """`client.exceptions`: a class for each error code, all of them a ClientError."""

    def __init__(self) -> None:
        self.ClientError = ClientError
        self._classes = {name: type(name, (ClientError,), {}) for name in _NAMES}

    def __getattr__(self, name: str) -> type[Exception]:
        """The class of an error code."""
        try:
            return self.__dict__["_classes"][name]  # type: ignore[no-any-return] # a dict of classes
        except KeyError:
            raise AttributeError(f"there is no exception {name!r}; there are {', '.join(_NAMES)}") from None

    def make(self, code: str, message: str, operation: str) -> Exception:
        """An error as botocore raises it."""
        response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return getattr(self, code)(response, operation)  # type: ignore[no-any-return] # a class of exceptions
