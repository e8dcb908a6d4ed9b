"""The tables of a database, and what a config could say of them: for `extract init --from-database`.

database = read_database("postgresql://reader@db.example.com/sales")
proposals = [propose(table) for table in database.tables]
"""

from extract_cli.catalog.database import read_database
from extract_cli.catalog.drivers import DRIVERS, POSTGRESQL, driver_of
from extract_cli.catalog.propose import LARGE, Proposal, is_large, propose
from extract_cli.catalog.tables import Column, Database, Table

__all__ = [
    "DRIVERS", "LARGE", "POSTGRESQL", "Column", "Database", "Proposal", "Table", "driver_of", "is_large", "propose",
    "read_database",
]  # fmt: skip
