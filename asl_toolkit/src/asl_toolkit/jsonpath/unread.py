"""Paths that this reader cannot read and AWS may accept (PATH_UNSURE): the machine runs until it comes to such a path."""

from typing import NoReturn

from asl_toolkit.errors import RuntimeFailure, SyntaxFault
from asl_toolkit.json_value import Json
from asl_toolkit.jsonpath.path import JsonPath
from asl_toolkit.jsonpath.reference import ReferencePath, parse_reference


class UnreadPath(JsonPath):
    """A path that fails when it is evaluated."""

    __slots__ = ("_fault",)

    def __init__(self, fault: SyntaxFault) -> None:
        super().__init__((), definite=True)
        self._fault = fault

    def find(self, root: Json) -> NoReturn:  # noqa: ARG002 - as JsonPath
        """Raises RuntimeFailure."""
        raise _not_run(self._fault)


class UnreadReference(ReferencePath):
    """A ResultPath that fails when a result is to be placed."""

    fault: SyntaxFault

    def place(self, root: Json, value: Json) -> NoReturn:  # noqa: ARG002 - as ReferencePath
        """Raises RuntimeFailure."""
        raise _not_run(self.fault)


def read_reference(text: str) -> ReferencePath:
    """The reference path of a checked definition."""
    try:
        return parse_reference(text)
    except SyntaxFault as fault:
        unread = UnreadReference(text, ())
        unread.fault = fault
        return unread


def _not_run(fault: SyntaxFault) -> RuntimeFailure:
    """AWS may read the path, so no Retry and no Catch of the machine may hide this."""
    return RuntimeFailure(f"asl-toolkit cannot read this path, but AWS may: {fault}. Write a simpler path.", "NotRunHere.Path")
