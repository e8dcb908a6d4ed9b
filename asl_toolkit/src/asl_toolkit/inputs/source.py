"""A definition that was found in a file."""

from collections.abc import Callable
from dataclasses import dataclass

from asl_toolkit.errors import AslError
from asl_toolkit.json_value import Json


class CannotRead(AslError):  # noqa: N818 - named after what happened
    """A file or a template has no definition that can be read here; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A definition, and its place.

    `definition` is JSON text (then `check` finds the places) or a value; `place` gives the line and column of a pointer. In a
    template, `kind` is the machine's type and `name` its logical id. `label` is the file, with that id.
    `unreadable` says why a machine of a template has no definition here; the other machines of the template have theirs.
    """

    file: str
    label: str
    definition: Json
    place: Callable[[str], tuple[int, int]] | None = None
    kind: str | None = None
    name: str = ""
    unreadable: CannotRead | None = None
