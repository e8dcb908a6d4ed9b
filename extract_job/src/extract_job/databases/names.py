"""Names in SQL: how they are quoted, and what to say about a name that does not exist."""

import difflib
from collections.abc import Callable, Sequence

from extract_job.errors import FailureClass, JobError


def quoted(name: str) -> str:
    """Quote an identifier as standard SQL does; every database here accepts this."""
    return '"' + name.replace('"', '""') + '"'


def nearest(name: str, names: Sequence[str]) -> str:
    """Return the end of a message about the missing `name`: the nearest names, or some of all."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"nearest: {', '.join(map(repr, near))}"
    if not names:
        return "there are none"
    shown = ", ".join(map(repr, sorted(names)[:5]))
    return f"there are {shown}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")


_WORDS = {"hwm_col_name": "the watermark"}
"""What a config calls an argument, if it has another word for it."""


def column_name(table: str, argument: str, name: str, names: Sequence[str], fold: Callable[[str], str] = str) -> str:
    """Return the column among `names` that `--argument` means by `name`.

    `fold` maps spellings that the database takes for the same name to one text. Raises `JobError`.
    """
    for known in names:
        if fold(known) == fold(name):
            return known
    where = f"{_WORDS[argument]}, --{argument}" if argument in _WORDS else f"--{argument}"
    raise JobError(f"table {table!r} has no column {name!r} ({where}); {nearest(name, names)}", FailureClass.CONFIG)
