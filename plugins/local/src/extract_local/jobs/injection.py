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
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Injection:
    """The first `starts` job starts fail in this way, per table that `pattern` (a name or a glob) matches."""

    kind: Kind
    pattern: str
    starts: int
    text: str  # the user's words


def read_injection(text: str) -> Injection:
    """``oom:public.orders`` or ``throttle:crm.*:3``. Raises UsageError."""
    match = re.fullmatch(r"([^:]+):(.*?)(?::(\d+))?", text, re.DOTALL)
    if not match or not match[2]:
        raise UsageError(f"--inject {text!r} is not KIND:TABLE or KIND:TABLE:N; write, for example, oom:public.orders")
    kind, pattern, starts = match.groups()
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise UsageError(f"--inject {text!r}: there is no fault {kind!r} (there are: {', '.join(KINDS)}){hint}")
    if ":" in pattern:
        wrong = f"{pattern.rpartition(':')[2]!r} is not a valid N: the number of job starts that fail, at least 1"
        raise UsageError(f"--inject {text!r}: {wrong} (if a table's name has a colon, write ? for it)")
    if starts is not None and int(starts) == 0:
        raise UsageError(f"--inject {text!r}: N is the number of job starts that fail, at least 1")
    return Injection(cast("Kind", kind), pattern, int(starts or 1), text)


class Injections:
    """The faults of one run that are not yet used up. Safe for use by several threads."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._faults = [read_injection(text) for text in texts]
        self._used: Counter[tuple[int, str]] = Counter()
        self._lock = threading.Lock()

    def take(self, table: str) -> Kind | None:
        """The fault of this job start, from the first injection that is left for this table; None: no fault."""
        with self._lock:
            for number, fault in enumerate(self._faults):
                if self._used[number, table] < fault.starts and fnmatchcase(table, fault.pattern):
                    self._used[number, table] += 1
                    return fault.kind
        return None

    def unused(self) -> Sequence[str]:
        """The faults that no job start met, in the user's words."""
        with self._lock:
            met = {number for (number, _), count in self._used.items() if count}
        return [fault.text for number, fault in enumerate(self._faults) if number not in met]
