"""Creates the demo's source database, and changes it later: new rows, and the missing table."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from extract_local.demo.rows import CURRENCIES, FIRST_DAY, LINES_AN_ORDER, RETURN_REASONS, ROW_OF, Load, day, mixed
from extract_local.demo.schema import (
    EMPTY_TABLE,
    INCREMENTAL,
    MISSING_TABLE,
    MISSING_TABLE_COLUMNS,
    TABLES,
    create,
)

__all__ = [
    "EMPTY_TABLE",
    "INCREMENTAL",
    "MISSING_TABLE",
    "TABLES",
    "add_column",
    "add_late_order",
    "add_rows",
    "create_missing_table",
    "make_database",
]

LEAST_ROWS = 1000
_OF_520_000 = MappingProxyType(
    {
        "public.products": 1_500,
        "public.customers": 24_000,
        "public.addresses": 30_000,
        "public.orders": 66_000,
        "public.payments": 60_000,
        "public.shipments": 40_000,
        "crm.contacts": 16_000,
        "crm.attachments": 4_000,
    }
)
"""Rows of the tables that grow in proportion. Other tables depend on them, and `web.events` gets the rest."""


def make_database(path: Path, *, rows: int = 520_000, progress: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Create the database at `path` with `rows` rows in total, replacing a file there in one step; returns the rows per table.

    The same number always gives the same rows. `progress` is called with each table and its rows when it is filled. Raises
    ValueError below 1,000 rows, and OSError or sqlite3.Error from the disk.
    """
    if rows < LEAST_ROWS:
        raise ValueError(f"the demo's database has at least {LEAST_ROWS} rows, not {rows}")
    counts = _counts(rows)
    load = Load(counts)
    temporary = path.with_name(f".{path.name}.making")
    temporary.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            # Safe here, because an unfinished file never gets the final name.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            for table, columns in TABLES.items():
                connection.execute(create(table, columns))
                _fill(connection, table, load, 1, counts[table])
                if progress:
                    progress(table, counts[table])
            connection.execute("COMMIT")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return dict(counts)


def add_rows(path: Path, *, orders: int = 400) -> dict[str, int]:
    """Add rows to each table of `INCREMENTAL`, all above its current watermark; returns the added rows per table.

    `orders` new orders, with lines, payments, customers, contacts, events and a few days of exchange rates. Raises
    sqlite3.Error if the database is not the demo's.
    """
    added = {
        "public.customers": max(1, orders // 8),
        "public.orders": orders,
        "public.order_lines": orders * LINES_AN_ORDER,
        "public.payments": max(1, orders * 3 // 4),
        "public.exchange_rates": 2 * len(CURRENCIES),
        "crm.contacts": max(1, orders // 5),
        "web.events": orders * 2,
    }
    with _transaction(path) as connection:
        counts = {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in TABLES}  # noqa: S608 - table names come from this package's own schema
        newest = max(
            connection.execute(f'SELECT max(updated_at) FROM "{table}"').fetchone()[0]  # noqa: S608 - table names come from this package's own schema
            for table in ("public.customers", "public.orders")
        )
        tomorrow = (date.fromisoformat(newest[:10]) - FIRST_DAY).days + 1
        load = Load({table: count + added.get(table, 0) for table, count in counts.items()}, first_day=tomorrow, days=1)
        for table, count in added.items():
            _fill(connection, table, load, counts[table] + 1, count)
    return added


def add_late_order(path: Path) -> str:
    """Add an order as a transaction would that began before the last run and commits now; returns its `updated_at`.

    Its `updated_at` is five minutes before the newest one.
    """
    with _transaction(path) as connection:
        (newest,) = connection.execute('SELECT max(updated_at) FROM "public.orders"').fetchone()
        late = (datetime.fromisoformat(newest) - timedelta(minutes=5)).isoformat(" ")
        connection.execute(
            'INSERT INTO "public.orders" SELECT order_id + 1, customer_id, status, total, comment, ordered_at, ? '
            'FROM "public.orders" ORDER BY order_id DESC LIMIT 1',
            (late,),
        )
    return late


def add_column(path: Path) -> None:
    """Add the column `web_site` to `public.suppliers`."""
    with _transaction(path) as connection:
        connection.execute('ALTER TABLE "public.suppliers" ADD COLUMN web_site TEXT')


def create_missing_table(path: Path, *, rows: int = 500) -> int:
    """Create `MISSING_TABLE` with `rows` rows, which fixes the demo's failed table. Returns the number of rows."""
    with _transaction(path) as connection:
        (orders,) = connection.execute('SELECT count(*) FROM "public.orders"').fetchone()
        connection.execute(create(MISSING_TABLE, MISSING_TABLE_COLUMNS))
        connection.executemany(
            f'INSERT INTO "{MISSING_TABLE}" VALUES (?, ?, ?, ?, ?)',  # noqa: S608 - table names come from this package's own schema
            (
                (
                    number,
                    bits % orders + 1,
                    RETURN_REASONS[bits % 5],
                    None if bits % 6 == 0 else bits % 90000 / 100,
                    day(bits % 900),
                )
                for number, bits in ((number, mixed(number, 20)) for number in range(1, rows + 1))
            ),
        )
    return rows


def _counts(rows: int) -> dict[str, int]:
    counts = {"public.categories": 24, "public.suppliers": 40, "public.warehouses": 12, "crm.campaigns": 60, EMPTY_TABLE: 0}
    counts |= {table: max(5, share * rows // 520_000) for table, share in _OF_520_000.items()}
    counts["public.product_suppliers"] = 2 * counts["public.products"]
    counts["public.stock_levels"] = counts["public.warehouses"] * counts["public.products"]
    counts["public.order_lines"] = LINES_AN_ORDER * counts["public.orders"]
    counts["public.exchange_rates"] = max(1, rows // 520) * len(CURRENCIES)
    counts["web.events"] = rows - sum(counts.values())
    return {table: counts[table] for table in TABLES}


def _fill(connection: sqlite3.Connection, table: str, load: Load, first: int, count: int) -> None:
    """Insert rows `first` … `first + count - 1`."""
    if count:
        row_of = ROW_OF[table]
        places = ", ".join("?" * len(row_of(first, load)))
        rows = (row_of(number, load) for number in range(first, first + count))
        connection.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)  # noqa: S608 - table names come from this package's own schema


@contextmanager
def _transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the existing database, and commit at the end or roll back."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
