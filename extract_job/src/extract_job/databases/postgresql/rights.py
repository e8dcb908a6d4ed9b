"""Whether this user may read all rows and columns of a table, asked before the first row.

For a view the server decides as it reads: the rights of its owner count, and `failures` words the refusal.
"""

from extract_job.databases.names import quoted
from extract_job.databases.postgresql.connection import Session
from extract_job.errors import FailureClass, JobError

# row_security_active is true although row_security is off: then the server would refuse the read.
# https://www.postgresql.org/docs/current/functions-info.html
_RIGHTS = """
SELECT current_user::text, has_schema_privilege(c.relnamespace, 'USAGE'), has_table_privilege(c.oid, 'SELECT'),
  current_setting('row_security') = 'off' AND row_security_active(c.oid)
FROM pg_class c WHERE c.oid = {oid}
"""
_HIDDEN = """
SELECT a.attname::text FROM pg_attribute a
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attnum
"""


def check_rights(session: Session, name: str, schema: str, table: str, oid: int) -> None:
    """Raise `JobError` (PERMISSION) that names the missing right and the statement that grants it."""
    ((user, has_schema, has_table, is_filtered),) = session.rows(_RIGHTS.format(oid=oid))
    sql = f"{quoted(schema)}.{quoted(table)}"
    if not has_schema:
        raise _refused(
            f"table {name!r}: user {user!r} has no USAGE right on schema {schema!r}; "
            f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {quoted(user)}"
        )
    if not has_table:
        columns = [column for (column,) in session.rows(_HIDDEN.format(oid=oid))]
        count = len(session.rows(f"SELECT 1 FROM pg_attribute WHERE attrelid = {oid} AND attnum > 0 AND NOT attisdropped"))  # noqa: S608 - a number
        of = "" if len(columns) == count else f" of {_listed(columns)}"
        remedy = f"GRANT SELECT ON {sql} TO {quoted(user)}"
        remedy += ", or read a view without these columns" if of else ""
        raise _refused(f"table {name!r}: user {user!r} has no SELECT right{of}; {remedy}")
    if is_filtered:
        raise _refused(
            f"table {name!r} has row-level security, which hides rows from user {user!r}; let the job use a role with BYPASSRLS, "
            "or set row_security: allow to read the visible rows only"
        )


def _listed(columns: list[str]) -> str:
    shown = ", ".join(map(repr, columns[:5])) + (f" and {len(columns) - 5} more" if len(columns) > 5 else "")
    return f"column {shown}" if len(columns) == 1 else f"columns {shown}"


def _refused(message: str) -> JobError:
    return JobError(message, FailureClass.PERMISSION)
