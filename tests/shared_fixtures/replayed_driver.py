"""Drivers that replay the shapes which those of SQL Server and Oracle have: no server of theirs can run here.

The Arrow types are those that the drivers document and test themselves:
https://github.com/microsoft/mssql-python/blob/main/tests/test_004_cursor_arrow.py and
https://python-oracledb.readthedocs.io/en/latest/user_guide/dataframes.html.
"""

import re
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import pyarrow as pa


@dataclass
class Server:
    """What a driver answers: pairs of a regular expression, and rows, an Arrow table, an error, or a function
    that makes the answer of the query. The first that fits counts."""

    answers: list
    queries: list = field(default_factory=list)
    logins: list = field(default_factory=list)
    refusal: Exception | None = None

    def answer(self, query):
        self.queries.append(query)
        for pattern, answer in self.answers:
            if re.search(pattern, query, re.DOTALL):
                if isinstance(answer, Exception):
                    raise answer
                return answer(query) if callable(answer) else answer
        raise AssertionError(f"no answer to {query}")


class Cursor:
    def __init__(self, server):
        self._server = server
        self._answer = []

    def execute(self, query):
        if not re.match(r"(SET|ALTER) ", query):
            self._answer = self._server.answer(query)
        else:
            self._server.queries.append(query)

    def fetchall(self):
        return self._answer

    def arrow_reader(self, batch_size):
        return pa.RecordBatchReader.from_batches(self._answer.schema, self._answer.to_batches(max_chunksize=batch_size))

    def close(self):
        pass


class Connection:
    def __init__(self, server):
        self._server = server

    def cursor(self):
        return Cursor(self._server)

    def fetch_df_batches(self, statement, size):
        answer = self._server.answer(statement)
        for first in range(0, max(1, answer.num_rows), size):
            yield answer.slice(first, size)

    def commit(self):
        self._server.queries.append("COMMIT")

    def close(self):
        pass


class MssqlError(Exception):
    """As mssql_python.exceptions.Error: two texts, no number."""

    def __init__(self, driver_error, ddbc_error):
        self.driver_error, self.ddbc_error = driver_error, ddbc_error
        super().__init__(f"Driver Error: {driver_error}; DDBC Error: {ddbc_error}")


class OracleError(Exception):
    """As oracledb.Error: an object with the number."""

    def __init__(self, code, message):
        text = f"{message}\nHelp: https://docs.oracle.com/error-help/db/ora-{code:05}/"
        super().__init__(SimpleNamespace(code=code, full_code=message.partition(":")[0], message=text))

    def __str__(self):
        return self.args[0].message


def driver(monkeypatch, module, answers):
    """Put a driver in the place of `module`, and return its server."""
    made = Server(answers)

    def connect(*words, **named):
        made.logins.append((*words, named) if words else (named,))
        if made.refusal:
            raise made.refusal
        return Connection(made)

    replaying = ModuleType(module)
    replaying.connect, replaying.Error = connect, MssqlError if module == "mssql_python" else OracleError
    monkeypatch.setitem(sys.modules, module, replaying)
    return made
