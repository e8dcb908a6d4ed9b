"""What the transaction knows of its server: version, identity, snapshot, clock."""

from dataclasses import dataclass

from extract_job.databases.postgresql.connection import Session
from extract_job.result import SourceInfo

XID8_SINCE = 130_000
"""The server version from which pg_current_snapshot() exists."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The transactions that a snapshot sees: all before `xmin`, none from `xmax` on.

    Between the two, it sees those that had committed by then
    (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT).
    """

    text: str
    xmin: int
    xmax: int


def read_snapshot(text: object) -> Snapshot:
    """Read the text of pg_current_snapshot(), like `795:799:795,797`; raise ValueError if it is not one."""
    if not isinstance(text, str):
        raise ValueError("it is missing")  # noqa: TRY004 - a fault of the object
    xmin, xmax, _ = text.split(":")
    return Snapshot(text, int(xmin), int(xmax))


def current_snapshot(session: Session) -> Snapshot | None:
    """Return the snapshot of the transaction, or None if the server is too old."""
    ((version,),) = session.rows("SELECT current_setting('server_version_num')::int")
    if version < XID8_SINCE:
        return None
    ((text,),) = session.rows("SELECT pg_current_snapshot()::text")
    return read_snapshot(text)


def source_info(session: Session) -> SourceInfo:
    """Return version, time and identity of the server."""
    ((version, time, database),) = session.rows(
        "SELECT current_setting('server_version'), "
        "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
        "(SELECT oid::text FROM pg_database WHERE datname = current_database())"
    )
    parts = [_optional(session, query) for query in (_SYSTEM, _TIMELINE)]
    identity = "/".join([*parts, database])
    return SourceInfo("postgresql", version, f"{time}+00:00", identity)


_SYSTEM = "SELECT system_identifier::text FROM pg_control_system()"
# On a primary, the name of the WAL file shows the timeline at once; the control file shows it after a checkpoint.
_TIMELINE = """
SELECT CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END::text
"""


def _optional(session: Session, query: str) -> str:
    """Return the answer, or `?` if the server does not allow the question (some services do not)."""
    answer = session.rows_if_allowed(query)
    return str(answer[0][0]) if answer else "?"
