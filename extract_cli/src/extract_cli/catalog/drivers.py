"""The drivers of databases: what `init` and `doctor` say if one is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Driver:
    """The driver of a database. `engines` are the values of `db_engine`; `module` is what is imported.

    `variables` tell a job on this machine how to connect: host, user, password.
    """

    title: str
    engines: tuple[str, ...]
    module: str
    install: str
    variables: tuple[str, str, str]


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
DRIVERS: Final = (POSTGRESQL, MYSQL)


def driver_of(engine: str) -> Driver | None:
    """The driver of a `db_engine`; None if the database needs none (SQLite), or is not known here."""
    return next((driver for driver in DRIVERS if engine in driver.engines), None)
