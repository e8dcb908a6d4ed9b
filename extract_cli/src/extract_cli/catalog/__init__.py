"""The tables of a database, and what a config could say of them: for `extract init --from-database`.

database = read_database("postgresql://reader@db.example.com/sales")
proposals = [propose(table) for table in database.tables]
"""

from extract_cli.catalog.database import read_database
from extract_cli.catalog.drivers import POSTGRESQL, READ, driver_of
from extract_cli.catalog.propose import Proposal, propose
from extract_cli.catalog.tables import Column, Database, Table

__all__ = ["POSTGRESQL", "READ", "Column", "Database", "Proposal", "Table", "driver_of", "propose", "read_database"]
