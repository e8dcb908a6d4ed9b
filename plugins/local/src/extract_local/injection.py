"""Faults that a run on this machine is told to have: ``--inject KIND:TABLE[:N]``."""

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
    """The first `starts` starts of the job of each table that `pattern` (a name or a glob) matches go wrong in this way."""

    kind: Kind
    pattern: str
    starts: int
    text: str  # as it was given


def read_injection(text: str) -> Injection:
    """``oom:public.orders`` or ``throttle:crm.*:3``. Raises UsageError."""
    found = re.fullmatch(r"([^:]+):(.*?)(?::(\d+))?", text, re.DOTALL)
    if not found or not found[2]:
        raise UsageError(f"--inject {text!r} is not KIND:TABLE or KIND:TABLE:N; write, for example, oom:public.orders")
    kind, pattern, starts = found.groups()
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise UsageError(f"--inject {text!r}: there is no fault {kind!r} (there are: {', '.join(KINDS)}){hint}")
    if ":" in pattern:
        wrong = f"{pattern.rpartition(':')[2]!r} is no number of starts; N is how many go wrong, from 1 on"
        raise UsageError(f"--inject {text!r}: {wrong} (where a table's name holds a colon, write ? for it)")
    if starts is not None and int(starts) == 0:
        raise UsageError(f"--inject {text!r}: N is how many starts of the job go wrong, from 1 on")
    return Injection(cast("Kind", kind), pattern, int(starts or 1), text)


class Injections:
    """What is still to be injected in one run. Safe to ask from any thread."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        self._given = [read_injection(text) for text in given]
        self._used: Counter[tuple[int, str]] = Counter()
        self._lock = threading.Lock()

    def take(self, table: str) -> Kind | None:
        """The fault of the start that is under way, by the first injection that has some left for this table; None: none."""
        with self._lock:
            for number, each in enumerate(self._given):
                if self._used[number, table] < each.starts and fnmatchcase(table, each.pattern):
                    self._used[number, table] += 1
                    return each.kind
        return None

    def unused(self) -> Sequence[str]:
        """Those that no start has met, as they were given."""
        with self._lock:
            met = {number for (number, _), count in self._used.items() if count}
        return [each.text for number, each in enumerate(self._given) if number not in met]
