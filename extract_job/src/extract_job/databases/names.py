"""Names in SQL: quoted, and what one that is not there may have been meant to be."""

import difflib
from collections.abc import Sequence


def quoted(name: str) -> str:
    """Quote an identifier, whatever is in it, as SQL has it and every engine here."""
    return '"' + name.replace('"', '""') + '"'


def nearest(name: str, names: Sequence[str]) -> str:
    """Say what a missing name may have been meant to be."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"nearest: {', '.join(map(repr, near))}"
    if not names:
        return "it has none"
    shown = ", ".join(map(repr, sorted(names)[:5]))
    return f"it has {shown}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")
