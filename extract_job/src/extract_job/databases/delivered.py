"""Which rows of the overlap were delivered before, and what the next attempt must remember.

The digests of whole rows are a multiset: of two equal rows, one may be old and one new.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

from extract_job.databases.conditions import Condition
from extract_job.databases.window import Past, Window
from extract_job.errors import FailureClass, JobError
from extract_job.last_result import LastResult
from extract_job.marks import Watermark

MOST_REMEMBERED = 1_000_000
"""Digests or transactions that one attempt remembers at most; 1,000,000 digests are 16 MB."""
DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Memory:
    """What the next attempt must know; see `result.Overlap` for the fields.

    `records` are digests of `DIGEST_BYTES` each, or transactions with the number of their rows, 4
    bytes each.
    """

    by: str
    records: bytes
    count: int
    tables: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()


class Digests:
    """Recognises rows by a digest of all their values, as they arrive."""

    def __init__(self, known: bytes) -> None:
        size = DIGEST_BYTES
        self._known = Counter(known[start : start + size] for start in range(0, len(known), size))
        self._remembered = bytearray()
        self._lock = Lock()

    def is_new(self, digest: bytes, *, overlap: bool, remember: bool) -> bool:
        """Return whether to deliver a row; `overlap`: it may be an old one."""
        with self._lock:  # parts of a table are read at once
            if remember:
                self._remembered += digest
            if overlap and self._known[digest] > 0:
                self._known[digest] -= 1
                return False
        return True

    @property
    def remembered(self) -> bytes:
        """The digests of the rows to remember so far."""
        return bytes(self._remembered)

    def remember(self, digests: bytes) -> None:
        """Remember rows that another process has recognised."""
        self._remembered += digests

    def memory(self, columns: Iterable[str]) -> Memory:
        """Return the digests of the rows to remember, delivered now or before."""
        return Memory("digests", self.remembered, len(self._remembered) // DIGEST_BYTES, columns=tuple(columns))


def digest_of(row: tuple[object, ...]) -> bytes:
    """Return the digest of the values of a row; numbers, texts and blobs of one spelling differ."""
    return hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def past_by_digests(last: LastResult, watermark: Watermark | None, columns: Sequence[str]) -> Past:
    """Return what the last attempt knows, if it remembers rows by digests of these columns."""
    problem, overlap = problem_of(last, watermark, "digests"), last.overlap
    if problem is None and overlap is not None:
        if overlap.columns == tuple(columns):
            return Past(overlap.begin, last.members["high_watermark"])
        problem = "the table's columns have changed, so that old rows cannot be recognised"
    return Past(problem=problem or "nothing is known")


def problem_of(last: LastResult, watermark: Watermark | None, by: str) -> str | None:
    """Return why the last attempt does not know its rows in this way; None: it does."""
    overlap = last.overlap
    if last.problem is not None or overlap is None or watermark is None:
        return last.problem or "nothing is known"
    if not isinstance(last.members.get("high_watermark"), str):
        return "the last result has an overlap without a high mark"
    if overlap.column != watermark.column:
        return f"the last attempt used the watermark column {overlap.column!r}"
    if overlap.by != by:
        return f"the last attempt recognises rows by {overlap.by}, and this one by {by}"
    return None


def check_count(table: str, window: Window, count_up_to: Callable[[Condition, int], int]) -> None:
    """Raise `JobError` if the next attempt would have to recognise too many rows.

    `count_up_to(rows, most)` counts rows, but stops at `most`.
    """
    if window.next_overlap is not None and count_up_to(window.next_overlap, MOST_REMEMBERED + 1) > MOST_REMEMBERED:
        raise too_many(table, window.next_begin or "", window.high or "", "rows")


def too_many(table: str, begin: str, high: str, what: str) -> JobError:
    """Return the error for an overlap that is too large to remember."""
    return JobError(
        f"table {table!r}: more than {MOST_REMEMBERED} {what} have a mark from {begin!r} to {high!r}, and the next attempt would "
        "have to recognise each of them; set a shorter lag, use a watermark column with finer marks, or run a full extract",
        FailureClass.CONFIG,
    )
