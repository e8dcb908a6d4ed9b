"""The settings of the transaction, so that those of a user, a database or a server change neither rows nor values.

Each of these can be set for a role or a database
(https://www.postgresql.org/docs/current/runtime-config-client.html).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments

SEARCH_PATH = "pg_catalog, pg_temp"
"""No table, function or operator of a user can stand in for one of PostgreSQL. postgres_fdw reads with the same path
(https://www.postgresql.org/docs/current/postgres-fdw.html#id-1.11.7.47.14)."""
_VALUES = {
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "extra_float_digits": "1",
    "gin_fuzzy_search_limit": "0",  # else an index may return some of the rows
    "idle_in_transaction_session_timeout": "0",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "transaction_timeout": "0",  # since PostgreSQL 17
    "transform_null_equals": "off",
    "xmloption": "content",
}


def statement(arguments: "Arguments") -> str:
    """Return the SELECT that sets all settings that the server knows, until the transaction ends.

    With row_security off, the server raises an error instead of hiding rows
    (https://www.postgresql.org/docs/current/ddl-rowsecurity.html).
    """
    values = _VALUES | {
        "lock_timeout": f"{arguments.lock_wait_seconds}s",
        "row_security": "on" if arguments.row_security == "allow" else "off",
    }
    rows = ", ".join(f"('{name}', '{value}')" for name, value in values.items())
    return (
        f"SELECT set_config(wanted.name, wanted.setting, true) FROM (VALUES {rows}) AS wanted(name, setting) "  # noqa: S608 - ours
        "JOIN pg_settings AS known ON known.name = wanted.name"
    )


def options(environ: Mapping[str, str]) -> str:
    """Return libpq's options with which the driver recognises the types of the database, whatever the user's settings are.

    The driver compares the names of functions as `pg_type.typreceive::text` shows them. Options in a URI replace PGOPTIONS,
    so these are kept.
    """
    own = "-c quote_all_identifiers=off -c search_path=pg_catalog"
    return f"{environ.get('PGOPTIONS', '')} {own}".strip()
