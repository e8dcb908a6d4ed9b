"""The rows of the overlap: the server marks them, and digests of their values tell which of them are old."""

from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import Digests, digest_of
from extract_job.databases.mysql.connection import Row
from extract_job.databases.window import Window

_NO_ROWS = Condition("0")


def flags(window: Window) -> tuple[str, ...]:
    """Return the expressions at the end of the SELECT list: may be an old row, must be remembered."""
    if window.next_overlap is None:
        return ()
    return f"({(window.overlap or _NO_ROWS).sql})", f"({window.next_overlap.sql})"


def recognised(digests: Digests, row: Row, *, overlap: bool, remember: bool) -> bool:
    """Return whether to deliver a row, by its two flags."""
    return not (overlap or remember) or digests.is_new(digest_of(row), overlap=overlap, remember=remember)
