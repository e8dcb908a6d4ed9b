"""Which rows of a stored table the last snapshot has seen: PostgreSQL knows it by their transactions.

Each row version has the number of the transaction that wrote it, `xmin`. A version that is visible
now, and that the last snapshot saw, was delivered:

- before the xmin of the last snapshot: it saw the version;
- from the xmax of the last snapshot on: it did not;
- in the band between them it depends on the time of the commit. The list in the snapshot does not
  help, because it has no subtransactions (savepoints, exception blocks). So an attempt remembers the
  transactions of the band whose rows it has seen. All rows of one transaction, or subtransaction,
  become visible at the same time. So the transaction stands for its rows.

`xmin` has 32 bits, and the 64 bits of its transaction follow from the current one: it is the nearest
number before it. This is wrong for frozen rows of an earlier epoch, which keep their raw xmin
(https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND): 2^32
transactions after they were written, they look new. Before that, they look older than 2^31
transactions, which no row is that is not frozen. So an attempt remembers these transactions as well,
and the next attempt recognises them, if fewer than 2^31 transactions lie between the two. A new
transaction may have the number of an old one. So the number of rows is remembered with it: if there
are more rows now, all of them count as new.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import iter_unpack, pack

from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import MOST_REMEMBERED, Memory, problem_of, too_many
from extract_job.databases.postgresql.connection import Session
from extract_job.databases.postgresql.server import Snapshot, read_snapshot
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import Past, Window
from extract_job.last_result import LastResult
from extract_job.marks import Watermark

EPOCH = 2**32
HALF = 2**31
_PERMANENT = 3
"""Smaller transactions are not real: 1 is initdb's, 2 is how PostgreSQL before 9.4 froze rows."""
_RAW = "xmin::text::bigint"
_TREE = """
WITH RECURSIVE tree(oid) AS (
  SELECT {table}::regclass::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
)
SELECT c.oid::bigint, c.relkind IN ('r', 'p') AND COALESCE(a.amname, 'heap') = 'heap'
FROM tree JOIN pg_class c ON c.oid = tree.oid LEFT JOIN pg_am a ON a.oid = c.relam ORDER BY c.oid
"""


@dataclass(frozen=True, slots=True)
class Transactions:
    """The transactions of a stored table in the snapshot of this attempt."""

    session: Session
    sql: str
    snapshot: Snapshot
    tables: tuple[int, ...]

    def past(self, last: LastResult, watermark: Watermark, identity: str | None) -> Past:
        """Return what the last attempt knows of this table."""
        problem = problem_of(last, watermark, "transactions") or self._problem(last, identity)
        if problem is not None or last.overlap is None:
            return Past(problem=problem)
        return Past(last.overlap.begin, last.members["high_watermark"])

    def _problem(self, last: LastResult, identity: str | None) -> str | None:
        source = last.members.get("source")
        before = source.get("identity") if isinstance(source, dict) else None
        if before != identity:
            return (
                f"the database is another one, was restored, upgraded or promoted (its identity was {before!r} and is "
                f"{identity!r})"
            )
        try:
            snapshot = read_snapshot(last.members.get("snapshot"))
        except ValueError as error:
            return f"the snapshot of the last attempt cannot be read ({error})"
        if not snapshot.xmax <= self.snapshot.xmax < snapshot.xmax + HALF:
            return f"the transactions of the server do not continue those of the last attempt ({snapshot.xmax})"
        return None

    def delivered(self, last: LastResult, overlap: Condition) -> Condition:
        """Return the condition for rows of the overlap that the last attempt has seen.

        A partition that was attached meanwhile may have old rows, so tables count by their oid.
        """
        snapshot = read_snapshot(last.members.get("snapshot"))
        known = overlap & Condition(f"tableoid::bigint = ANY ({_array(last.overlap.tables if last.overlap else ())})")
        seen = f"{_RAW} < {_PERMANENT} OR {self._whole()} < {snapshot.xmin}"
        remembered = dict(iter_unpack("<II", last.records))
        if remembered:
            counted = self._counted(known & Condition(f"{_RAW} = ANY ({_array(remembered)})"), MOST_REMEMBERED)
            seen += f" OR {_RAW} = ANY ({_array(number for number, rows in counted if rows <= remembered[number])})"
        return known & Condition(seen)

    def unchanged(self, rows: Condition, earlier: Snapshot, count: int) -> bool:
        """Return whether these rows are the `count` row versions that an earlier snapshot saw.

        If no version was written since, all of them were there before. Then an equal number means that none is gone.
        """
        if not earlier.xmax <= self.snapshot.xmax < earlier.xmax + HALF:
            return False
        written = f"{_RAW} >= {_PERMANENT} AND {self._whole()} >= {earlier.xmin}"
        query = f"SELECT count(*), count(*) FILTER (WHERE {written}) FROM {self.sql} WHERE {rows.sql}"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`; the rest are numbers
        ((now, since),) = self.session.rows(query)
        return int(since) == 0 and int(now) == count

    def memory(self, name: str, window: Window) -> Memory | None:
        """Return the transactions in the next overlap whose rows the next attempt could mistake.

        Raises `JobError` if they are too many.
        """
        if window.next_overlap is None:
            return None
        counted: list[tuple[int, int]] = []
        if self.snapshot.xmin < self.snapshot.xmax or self.snapshot.xmax >= HALF:
            whole = self._whole()
            mistakable = f"{whole} >= {self.snapshot.xmin} OR {whole} < {self.snapshot.xmax - HALF}"
            counted = self._counted(window.next_overlap & Condition(mistakable), MOST_REMEMBERED + 1)
        if len(counted) > MOST_REMEMBERED:
            raise too_many(name, window.next_begin or "", window.high or "", "transactions")
        records = b"".join(pack("<II", number, min(rows, EPOCH - 1)) for number, rows in counted)
        return Memory("transactions", records, len(counted), tables=self.tables)

    def _counted(self, rows: Condition, most: int) -> list[tuple[int, int]]:
        """Return the transactions of these rows, and the number of their rows."""
        query = f"SELECT {_RAW}, count(*) FROM {self.sql} WHERE {rows.sql} GROUP BY 1 ORDER BY 1 LIMIT {most}"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`; the rest are numbers
        return [(int(number), int(count)) for number, count in self.session.rows(query)]

    def _whole(self) -> str:
        """Return the SQL of xmin with all its bits: the nearest number before the end of the snapshot."""
        newest = self.snapshot.xmax - 1
        return f"({newest} - (({newest} - {_RAW}) & {EPOCH - 1}))"


def transactions_of(session: Session, table: SourceTable, snapshot: Snapshot | None) -> Transactions | None:
    """Return None for a view, a foreign table and all else whose rows have no transactions.

    The table may have partitions and children.
    """
    if snapshot is None:
        return None
    rows = session.rows(_TREE.format(table=literal(table.stored)))
    if not all(stored for _, stored in rows):
        return None
    return Transactions(session, table.sql, snapshot, tuple(oid for oid, _ in rows))


def _array(numbers: Iterable[int]) -> str:
    return f"'{{{','.join(map(str, numbers))}}}'::bigint[]"


def literal(text: str) -> str:
    """Quote a text; standard_conforming_strings is on, so a backslash needs no escape."""
    return "'" + text.replace("'", "''") + "'"
