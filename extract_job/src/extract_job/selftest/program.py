"""Creates a table per type, reads it back with the job, and prints a verdict per type."""

import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TextIO

from extract_job.arguments.model import Arguments
from extract_job.arguments.pairs import pairs_of
from extract_job.arguments.parsing import arguments_of
from extract_job.databases.names import quoted
from extract_job.errors import ArgumentError, JobError
from extract_job.job import extract
from extract_job.selftest.case import Case
from extract_job.selftest.writing import Run, writer
from extract_job.stopping import StopRequest

TABLE = "extract_selftest"
_MODULES = {"postgres": "postgresql"}
_ALLOWED = frozenset({"db_engine", "db_name", "db_secret", "db_port"})
_USE = (
    "usage: python -m extract_job selftest --db_engine ENGINE --db_name NAME [--db_secret SECRET] [--db_port PORT]; it creates, "
    f"reads and drops a table {TABLE!r}"
)


def main(argv: Sequence[str], out: TextIO) -> int:
    """Run the self test; return the exit code: 0 all types are right, 1 one is not, 2 wrong use."""
    try:
        pairs = pairs_of(argv)
        if others := sorted(pairs.keys() - _ALLOWED):
            raise ArgumentError(f"selftest does not take {', '.join('--' + key for key in others)}; {_USE}")
        if missing := sorted({"db_engine", "db_name"} - pairs.keys()):
            raise ArgumentError(f"missing arguments: {', '.join('--' + key for key in missing)}; {_USE}")
        with tempfile.TemporaryDirectory(prefix="extract-selftest-") as folder:
            arguments = _arguments(pairs, Path(folder))
            cases: tuple[Case, ...] = import_module(
                f"extract_job.selftest.{_MODULES.get(arguments.engine, arguments.engine)}"
            ).CASES
            with writer(arguments) as run:
                _probe(run)
                verdicts = [_tried(case, arguments, run, out) for case in cases]
    except JobError as error:
        out.write(f"selftest: {error}\n")
        return error.exit_code
    counts = {word: verdicts.count(word) for word in dict.fromkeys(verdicts)}
    out.write(f"{len(verdicts)} types: {', '.join(f'{count} {word}' for word, count in counts.items())}\n")
    return 1 if "wrong" in counts or "ok" not in counts else 0


def _arguments(pairs: dict[str, str], folder: Path) -> Arguments:
    places = {"extract_s3_uri": f"{folder.as_uri()}/data/", "result_uri": (folder / "result.json").as_uri()}
    return arguments_of({"extract_table": TABLE, "run_id": "selftest", "attempt": "1"} | places | pairs)


def _probe(run: Run) -> None:
    """Raise `JobError` if this user cannot create the table, so that no type is blamed for it."""
    try:
        run(f"CREATE TABLE {quoted(TABLE)} (id INT NOT NULL PRIMARY KEY)")
    except JobError as error:
        remedy = f"drop it if it exists, or use a user and a database in which table {TABLE!r} may be created"
        raise JobError(f"cannot create table {TABLE!r}: {error}; {remedy}", error.failure) from None
    run(f"DROP TABLE {quoted(TABLE)}")


def _tried(case: Case, arguments: Arguments, run: Run, out: TextIO) -> str:
    """Try one type; return `ok`, `wrong`, or `not on this server` if the server does not have the type."""
    table = quoted(TABLE)
    try:
        run(f"CREATE TABLE {table} (id INT NOT NULL PRIMARY KEY, v {case.declared})")
    except JobError as error:
        return _said(out, "not on this server", case, str(error))
    try:
        for number, sql in enumerate((*(sql for sql, _ in case.values), "NULL")):
            run(f"INSERT INTO {table} (id, v) VALUES ({number}, {sql})")  # noqa: S608 - ours
        found, kind = _read(arguments)
    except JobError as error:
        return _said(out, "wrong", case, str(error))
    finally:
        run(f"DROP TABLE {table}")
    expected = [*(value for _, value in case.values), None]
    if (found, kind) != (expected, case.arrow):
        return _said(out, "wrong", case, f"expected {expected!r} as {case.arrow}, read {found!r} as {kind}")
    return _said(out, "ok", case, f"{case.arrow}, {len(case.values)} value{'s' if len(case.values) > 1 else ''} and NULL")


def _read(arguments: Arguments) -> tuple[list[object], str]:
    """Run the job; return the values in the order of their keys, and the Arrow type."""
    import pyarrow.parquet as pq

    result = extract(arguments, StopRequest(), lambda _: None)
    folder = Path(str(arguments.folder))
    tables = [pq.read_table(folder / file.name) for file in result.files]
    rows = {int(row["id"]): row["v"] for table in tables for row in table.rename_columns(["id", "v"]).to_pylist()}
    return [rows[number] for number in sorted(rows)], str(tables[0].schema.field(1).type)


def _said(out: TextIO, verdict: str, case: Case, why: str) -> str:
    out.write(f"{verdict:<20}{case.declared:<36}{why}\n")
    out.flush()
    return verdict
