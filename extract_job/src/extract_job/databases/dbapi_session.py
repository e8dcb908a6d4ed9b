"""What the sessions of two DB-API drivers have in common: small answers."""

from contextlib import closing
from typing import Any

from extract_job.databases.login import Login

Row = tuple[Any, ...]


class DbapiSession:
    """One transaction on a connection. See `batch_source.BatchSession`."""

    def __init__(self, connection: Any, database: str, login: Login) -> None:
        self._connection = connection
        self._hidden = login.hidden
        self.database = database

    def rows(self, query: str) -> list[Row]:
        """Return all rows of a small answer."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def run(self, statement: str) -> None:
        """Run a statement that has no answer."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(statement)

    def text(self, query: str) -> str | None:
        """See `server_watermark.Questions`."""
        ((value,),) = self.rows(query)
        return None if value is None else str(value)

    def number(self, query: str) -> int:
        """See `server_watermark.Questions`."""
        return int(self.text(query) or "0")
