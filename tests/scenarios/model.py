"""What the guarantee says, computed without any code of the job: which rows a run must deliver, and what must be live.

A row is (id, mark, token). Each insert and each update gets its own token, so a token is one version of a row. A run
delivers a version if it is committed, its mark is in the window (`low - lag` to the newest mark, both included), and no run
since the base has delivered it. A base is a run without a low mark: it delivers all rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

Row = tuple[int | None, int | None, int]
"""id, mark, token."""


@dataclass(frozen=True, slots=True)
class Version:
    """A committed version. `touch` counts the writes that left the values as they are but made a new version (PostgreSQL)."""

    row: Row
    touch: int = 0


@dataclass(slots=True)
class Expectation:
    """What the next run delivers. `behind`: it must fail instead, because the newest mark is below the low mark."""

    rows: Counter[Row]
    delivered: set[object]
    low: int | None
    high: int | None
    behind: bool


@dataclass(slots=True)
class Model:
    """The committed rows of the table, and what the committed runs have delivered."""

    lag: int
    has_versions: bool
    rows: dict[int, Version] = field(default_factory=dict)
    """By id."""
    low: int | None = None
    """The committed mark."""
    has_base: bool = False
    delivered: set[object] = field(default_factory=set)
    """Identities of the versions that the runs since the base delivered."""
    live: Counter[Row] = field(default_factory=Counter)
    """The rows of all files since the base."""

    def identity(self, version: Version) -> object:
        """What the job can tell apart: PostgreSQL knows versions; elsewhere, a version is its values."""
        return version if self.has_versions else version.row

    def expect(self, *, reingest: bool = False) -> Expectation:
        """What a run delivers now."""
        low = None if reingest or not self.has_base else self.low
        marks = [version.row[1] for version in self.rows.values() if version.row[1] is not None]
        newest = max(marks, default=None)
        if low is None:
            rows = Counter(version.row for version in self.rows.values())
            return Expectation(rows, {self.identity(version) for version in self.rows.values()}, None, newest, behind=False)
        if newest is None or newest < low:
            return Expectation(Counter(), set(), low, None, behind=True)
        fresh = [
            version
            for version in self.rows.values()
            if version.row[1] is not None and version.row[1] >= low - self.lag and self.identity(version) not in self.delivered
        ]
        return Expectation(
            Counter(version.row for version in fresh), {self.identity(version) for version in fresh}, low, newest, behind=False
        )

    def commit(self, expectation: Expectation) -> None:
        """Note that a run was committed as expected."""
        if expectation.low is None:
            self.delivered, self.live = set(), Counter()
        self.has_base = expectation.high is not None
        self.low = expectation.high
        self.delivered |= expectation.delivered
        self.live += expectation.rows

    def put(self, row: Row, key: int) -> None:
        """Insert or replace a row, as committed."""
        self.rows[key] = Version(row)

    def touched(self, key: int) -> None:
        """A write that left the values as they are."""
        version = self.rows[key]
        self.rows[key] = replace(version, touch=version.touch + 1)
