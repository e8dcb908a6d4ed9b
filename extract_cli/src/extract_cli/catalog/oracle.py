"""Reads an Oracle database through python-oracledb, and says what to do if it cannot be reached."""

from __future__ import annotations

import os
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.drivers import ORACLE
from extract_cli.catalog.oracle_catalog import Catalog, code_of, said_by
from extract_cli.catalog.tls import REMEDY, tls_of
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.tables import Database

_PORT: Final = 1521
_PATIENCE: Final = 15  # seconds to connect, and for one query
_SETTINGS: Final = "NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_NUMERIC_CHARACTERS = '.,' TIME_ZONE = 'UTC'"
_PLACE: Final = "correct host and port in the URL, or start the listener"
_SERVICE: Final = (
    "correct the name after the host in the URL: a service, not a SID; SELECT SYS_CONTEXT('USERENV', 'SERVICE_NAME') FROM DUAL "
    "shows it in a session that you have"
)
_LOGIN: Final = "correct the user, or the password in the URL or in ORACLE_PASSWORD"
_REMEDIES: Final = {
    # https://docs.oracle.com/en/error-help/db/ and https://python-oracledb.readthedocs.io/en/latest/user_guide/troubleshooting.html
    "ORA-01005": "give the password in the URL or in ORACLE_PASSWORD",
    "ORA-01017": _LOGIN,
    "ORA-01045": "grant this user CREATE SESSION",
    "ORA-12505": _SERVICE,
    "ORA-12514": _SERVICE,
    "ORA-12541": _PLACE,
    "ORA-28000": "unlock this user: ALTER USER … ACCOUNT UNLOCK",
    "ORA-28001": "give this user a new password",
    "DPY-4001": "give user and password: oracle://user@host/service, and the password in the URL or in ORACLE_PASSWORD",
    "DPY-6001": _SERVICE,
    "DPY-6003": _SERVICE,
    "DPY-6005": _PLACE,
}


def read_oracle(address: Address, *, compared: Collection[str] | None = None) -> Database:
    """The tables of an Oracle database, of all schemas. `compared` is as for `read_database`.

    Raises UsageError if it cannot be reached or the driver is missing.
    """
    try:
        import oracledb
    except ImportError as error:
        raise ORACLE.missing(address.shown) from error
    password = address.password if address.password is not None else os.environ.get("ORACLE_PASSWORD", "")
    try:
        with closing(oracledb.connect(**_parameters(address, password))) as connection:
            connection.call_timeout = _PATIENCE * 1000
            with closing(connection.cursor()) as cursor:
                cursor.execute(f"ALTER SESSION SET {_SETTINGS}")
                cursor.execute("SET TRANSACTION READ ONLY")
                return Catalog(cursor, oracledb.Error).database(address, compared=compared)
    except (oracledb.Error, OSError) as error:  # OSError: the driver does not wrap a host without an address
        # Not from the error: its text could hold the password.
        said = said_by(error)
        said = said.replace(password, "…") if len(password) > 2 else said
        raise UsageError(f"the database {address.shown} can't be read: {said}{_remedy(error, said)}") from None


def _parameters(address: Address, password: str) -> dict[str, Any]:
    """https://python-oracledb.readthedocs.io/en/latest/user_guide/connection_handling.html."""
    tls = tls_of(address.host)
    values: dict[str, Any] = {
        "host": address.host or "localhost",
        "port": address.port or _PORT,
        "service_name": address.name,
        "user": address.user or os.environ.get("ORACLE_USER") or None,
        "password": password or None,
        "protocol": "tcps" if tls.verify else "tcp",
        "tcp_connect_timeout": _PATIENCE,
    }
    return values | ({"ssl_context": tls.context(), "ssl_server_dn_match": True} if tls.verify else {})


def _remedy(error: Exception, said: str) -> str:
    if re.search("certificate|SSL|TLS", said):
        return f"; {REMEDY}"
    remedy = _PLACE if isinstance(error, OSError) else _REMEDIES.get(code_of(error))
    return f"; {remedy}" if remedy else ""
