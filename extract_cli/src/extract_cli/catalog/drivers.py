"""The drivers of databases: what `init` and `doctor` say if one is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from extract_core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Driver:
    """The driver of a database. `engines` are the values of `db_engine`; `module` is what is imported.

    `variables` tell a job on this machine how to connect: host, user, password. `untested`: the reference job was not yet run
    on such a server.
    """

    title: str
    engines: tuple[str, ...]
    module: str
    install: str
    variables: tuple[str, str, str]
    untested: bool = False

    def missing(self, shown: str) -> UsageError:
        """What to raise if it cannot be imported; `shown` is the address of the database."""
        return UsageError(f"the database {shown} needs a driver that is not installed here; install it with: {self.install}")


POSTGRESQL: Final = Driver(
    "PostgreSQL",
    ("postgres",),
    "adbc_driver_postgresql",
    "pip install adbc-driver-postgresql pyarrow",
    ("PGHOST", "PGUSER", "PGPASSWORD"),
)
MYSQL: Final = Driver(
    "MySQL and MariaDB", ("mysql", "mariadb"), "pymysql", "pip install PyMySQL", ("MYSQL_HOST", "MYSQL_USER", "MYSQL_PWD")
)
SQLSERVER: Final = Driver(
    "SQL Server",
    ("sqlserver", "mssql"),
    "mssql_python",
    "pip install mssql-python",
    ("SQLCMDSERVER", "SQLCMDUSER", "SQLCMDPASSWORD"),
    untested=True,
)
ORACLE: Final = Driver(
    "Oracle Database",
    ("oracle",),
    "oracledb",
    "pip install oracledb",
    ("ORACLE_HOST", "ORACLE_USER", "ORACLE_PASSWORD"),
    untested=True,
)
DRIVERS: Final = (POSTGRESQL, MYSQL, SQLSERVER, ORACLE)


def driver_of(engine: str) -> Driver | None:
    """The driver of a `db_engine`; None if the database needs none (SQLite), or is not known here."""
    return next((driver for driver in DRIVERS if engine in driver.engines), None)
