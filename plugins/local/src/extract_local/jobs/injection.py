"""Faults that a run on this machine injects: ``--inject KIND:TABLE[:N]``."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from extract_core.errors import UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind: TypeAlias = Literal["throttle", "oom", "interrupt", "fail", "timeout"]
"""Faults of a start of the job."""
QUESTION: Final = "question"
"""The fault of a question about the job: it is throttled."""
KINDS: Final[tuple[str, ...]] = (*get_args(Kind), QUESTION)


@dataclass(frozen=True, slots=True)
class Injection:
    """The first `starts` job starts, or questions, fail in this way, per table that `pattern` (a name or a glob) matches."""

    kind: str
    pattern: str
    starts: int
    text: str  # the user's words


def read_injection(text: str) -> Injection:
    """``oom:public.orders`` or ``throttle:crm.*:3``. Raises UsageError."""
    match = re.fullmatch(r"([^:]+):(.*?)(?::(\d{1,9}))?", text, re.DOTALL)
    if not match or not match[2]:
        raise UsageError(f"--inject {text!r} is not KIND:TABLE or KIND:TABLE:N; write, for example, oom:public.orders")
    kind, pattern, starts = match.groups()
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise UsageError(f"--inject {text!r}: there is no fault {kind!r} (there are: {', '.join(KINDS)}){hint}")
    if ":" in pattern:
        wrong = f"{pattern.rpartition(':')[2]!r} is not a valid N: write how many job starts or questions fail, at least 1"
        raise UsageError(f"--inject {text!r}: {wrong} (if a table's name has a colon, write ? for it)")
    if starts is not None and int(starts) == 0:
        raise UsageError(f"--inject {text!r}: N is how many job starts or questions fail, at least 1")
    return Injection(kind, pattern, int(starts or 1), text)


class Injections:
    """The faults of one run that are not yet used up. Safe for use by several threads."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._faults = [read_injection(text) for text in texts]
        self._used: Counter[tuple[int, str]] = Counter()
        self._lock = threading.Lock()

    def take(self, table: str) -> Kind | None:
        """The fault of this job start, from the first injection that is left for this table; None: no fault."""
        return cast("Kind | None", self._take(table, of_question=False))

    def take_question(self, table: str) -> bool:
        """Whether this question about the job of the table is to fail."""
        return self._take(table, of_question=True) is not None

    def _take(self, table: str, *, of_question: bool) -> str | None:
        with self._lock:
            for number, fault in enumerate(self._faults):
                fits = (fault.kind == QUESTION) == of_question and fnmatchcase(table, fault.pattern)
                if fits and self._used[number, table] < fault.starts:
                    self._used[number, table] += 1
                    return fault.kind
        return None

    def wants(self, table: str) -> bool:
        """Whether a fault of a job start, or of a question, is meant for this table."""
        return any(fnmatchcase(table, fault.pattern) for fault in self._faults)

    def unused(self) -> Sequence[str]:
        """The faults that no job start and no question met, in the user's words."""
        with self._lock:
            met = {number for (number, _), count in self._used.items() if count}
        return [fault.text for number, fault in enumerate(self._faults) if number not in met]
