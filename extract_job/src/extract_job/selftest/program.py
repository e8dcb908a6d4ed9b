"""Creates a table per type and per watermark, reads it back with the job, and prints a verdict for each."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from extract_job.arguments.model import Arguments
from extract_job.arguments.pairs import pairs_of
from extract_job.arguments.parsing import arguments_of
from extract_job.databases.names import quoted
from extract_job.errors import ArgumentError, FailureClass, JobError
from extract_job.job import extract
from extract_job.result import Result
from extract_job.selftest.case import Case, MarkCase
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
    """Run the self test; return the exit code: 0 all is right, 1 something is not, 2 wrong use."""
    try:
        pairs = pairs_of(argv)
        if others := sorted(pairs.keys() - _ALLOWED):
            raise ArgumentError(f"selftest does not take {', '.join('--' + key for key in others)}; {_USE}")
        if missing := sorted({"db_engine", "db_name"} - pairs.keys()):
            raise ArgumentError(f"missing arguments: {', '.join('--' + key for key in missing)}; {_USE}")
        with tempfile.TemporaryDirectory(prefix="extract-selftest-") as folder:
            arguments = _arguments(pairs, Path(folder))
            own = import_module(f"extract_job.selftest.{_MODULES.get(arguments.engine, arguments.engine)}")
            with writer(arguments) as run:
                _probe(run)
                verdicts = [_tried(case, arguments, run, out) for case in own.CASES]
                for number, case in enumerate(own.MARKS):
                    verdicts.append(_tried_mark(case, _Runs(pairs, Path(folder) / str(number)), run, out))
    except JobError as error:
        out.write(f"selftest: {error}\n")
        return error.exit_code
    counts = {word: verdicts.count(word) for word in dict.fromkeys(verdicts)}
    out.write(f"{len(verdicts)} checks: {', '.join(f'{count} {word}' for word, count in counts.items())}\n")
    return 1 if "wrong" in counts or "ok" not in counts else 0


def _arguments(pairs: Mapping[str, str], folder: Path) -> Arguments:
    places = {"extract_s3_uri": f"{folder.as_uri()}/data/", "result_uri": (folder / "result.json").as_uri()}
    return arguments_of({"extract_table": TABLE, "run_id": "selftest", "attempt": "1"} | places | dict(pairs))


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
        return _said(out, "not on this server", case.declared, str(error))
    try:
        for number, sql in enumerate((*(sql for sql, _ in case.values), "NULL")):
            run(f"INSERT INTO {table} (id, v) VALUES ({number}, {sql})")  # noqa: S608 - ours
        values, kind, verify = _read(arguments)
    except JobError as error:
        return _said(out, "wrong", case.declared, str(error))
    finally:
        run(f"DROP TABLE {table}")
    expected = [*(value for _, value in case.values), None]
    if (values, kind) != (expected, case.arrow):
        return _said(out, "wrong", case.declared, f"expected {expected!r} as {case.arrow}, read {values!r} as {kind}")
    return _said(
        out,
        "ok",
        case.declared,
        f"{case.arrow}, {len(case.values)} value{'s' if len(case.values) > 1 else ''} and NULL, verify: {verify}",
    )


def _tried_mark(case: MarkCase, runs: "_Runs", run: Run, out: TextIO) -> str:
    """Try one watermark: a first run, and one after a newer row and a late row with the first mark have arrived."""
    table, (first, second) = quoted(TABLE), case.values
    what = f"watermark of {case.declared}"
    try:
        run(f"CREATE TABLE {table} (id INT NOT NULL PRIMARY KEY, v {case.declared} NOT NULL)")
    except JobError as error:
        return _said(out, "not on this server", what, str(error))
    try:
        run(f"INSERT INTO {table} (id, v) VALUES (1, {first})")  # noqa: S608 - ours
        ids = [runs.ids(case)]
        for number, value in ((2, second), (3, first)):
            run(f"INSERT INTO {table} (id, v) VALUES ({number}, {value})")  # noqa: S608 - ours
        ids += [runs.ids(case), runs.ids(case)]
    except JobError as error:
        return _said(out, "wrong", what, str(error))
    finally:
        run(f"DROP TABLE {table}")
    # A late row with an older mark is read if it is within the lag; with the lag of this run, it always is.
    if ids != [[1], [2, 3], []]:
        return _said(out, "wrong", what, f"expected the rows [[1], [2, 3], []] in three runs, read {ids!r}")
    return _said(out, "ok", what, f"marks {' and '.join(runs.marks[:2])}")


class _Runs:
    """Incremental runs, one after the other, each after the result of the last one."""

    def __init__(self, pairs: Mapping[str, str], folder: Path) -> None:
        self._pairs = pairs
        self._folder = folder
        self.marks: list[str] = []

    def ids(self, case: MarkCase) -> list[int]:
        """Run once more; return the keys of the rows that it delivered."""
        number = len(self.marks)
        past = {"low_watermark": self.marks[-1], "last_result": self._place(number - 1)} if self.marks else {}
        lag = {} if case.mark_type == "StringType" else {"lag": "2d" if case.mark_type in _TIMES else "10000000000000000"}
        words = {"extract_type": "PE", "hwm_col_name": "v", "hwm_column_type": case.mark_type, "result_uri": self._place(number)}
        arguments = _arguments({**self._pairs, **words, **lag, **past}, self._folder / str(number))
        result = extract(arguments, StopRequest(), lambda _: None)
        self.marks.append(str(result.high_watermark))
        return sorted(int(row["id"]) for row in _rows(arguments, result))

    def _place(self, number: int) -> str:
        return (self._folder / str(number) / "result.json").as_uri()


_TIMES = ("DateType", "TimestampType")


def _read(arguments: Arguments) -> tuple[list[object], str, str]:
    """Run the job; return the values in the order of their keys, the Arrow type, and what was proved: `count` or `full`.

    `full` is tried first. It is refused for some types, and by some servers.
    """
    try:
        result = extract(replace(arguments, verify="full"), StopRequest(), lambda _: None)
    except JobError as error:
        if error.failure is not FailureClass.CONFIG:
            raise
        result = extract(arguments, StopRequest(), lambda _: None)
    values = {int(row["id"]): row["v"] for row in _rows(arguments, result)}
    proved = str((result.proof or {}).get("verify"))
    return [values[number] for number in sorted(values)], (result.schema or ())[1].arrow, proved


def _rows(arguments: Arguments, result: Result) -> list[dict[str, Any]]:
    """Return the rows in the files, with the names of the columns in small letters, as Oracle has them in large ones."""
    import pyarrow.parquet as pq

    tables = [pq.read_table(Path(str(arguments.folder)) / file.name) for file in result.files]
    return [row for table in tables for row in table.rename_columns(["id", "v"]).to_pylist()]


def _said(out: TextIO, verdict: str, what: str, why: str) -> str:
    out.write(f"{verdict:<20}{what:<44}{why}\n")
    out.flush()
    return verdict
