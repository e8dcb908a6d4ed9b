"""What readers of Parquet do with files of one table whose types differ: the facts behind `schema.read_together`."""

import itertools
from datetime import UTC, date, datetime, time
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from extract_job.schema import read_together

VALUES = {
    pa.int16(): [300, -5],
    pa.int32(): [70_000, -5],
    pa.int64(): [2**40 + 1, -5],
    pa.float32(): [0.5, 1.5],
    pa.float64(): [0.1, 1.5],
    pa.decimal128(5, 2): [Decimal("1.23"), Decimal("999.99")],
    pa.decimal128(10, 2): [Decimal("1.23"), Decimal("99999999.99")],
    pa.decimal128(10, 4): [Decimal("5.1234"), Decimal("1.0000")],
    pa.decimal128(38, 18): [Decimal("5.123400000000000001"), Decimal(1)],
    pa.string(): ["abc", "5"],
    pa.bool_(): [True, False],
    pa.date32(): [date(2024, 5, 31), date(1, 1, 1)],
    pa.time64("us"): [time(1, 2, 3, 4)],
    pa.timestamp("us"): [datetime(2024, 5, 31, 23, 30, 0, 123456)],  # noqa: DTZ001 - a timestamp without a zone is meant
    pa.timestamp("us", tz="UTC"): [datetime(2024, 5, 31, 23, 30, 0, 123456, tzinfo=UTC)],
    pa.binary(): [b"abc", b"\xff"],
}
READERS = ("DuckDB", "DuckDB by name", "pyarrow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("types")
    for kind, values in VALUES.items():
        pq.write_table(pa.table({"c": pa.array(values, kind)}), path / f"{kind}.parquet")
    return path


def read(reader, folder, kinds):
    """Return the values that a reader finds in the files, or None if it refuses them."""
    files = [str(folder / f"{kind}.parquet") for kind in kinds]
    try:
        if reader == "pyarrow":
            return ds.dataset(files).to_table()["c"].to_pylist()
        by_name = "true" if reader == "DuckDB by name" else "false"
        with duckdb.connect() as connection:
            connection.execute("SET timezone = 'UTC'")
            rows = connection.execute(f"SELECT c FROM read_parquet($1, union_by_name = {by_name})", [files])  # noqa: S608 - a constant
            return [row[0] for row in rows.fetchall()]
    except (duckdb.Error, pa.ArrowException):
        return None


@pytest.mark.parametrize(("before", "now"), list(itertools.permutations(VALUES, 2)), ids=str)
def test_what_passes_is_never_misread(folder, before, now):
    if read_together(str(before), str(now)):
        for kinds in ((before, now), (now, before)):
            expected = [value for kind in kinds for value in VALUES[kind]]
            answers = [read(reader, folder, kinds) for reader in READERS]
            assert all(answer in (None, expected) for answer in answers)
            assert expected in answers


MISREAD = [
    (pa.decimal128(5, 2), pa.decimal128(10, 4)), (pa.int32(), pa.decimal128(10, 2)), (pa.float32(), pa.float64()),
    (pa.date32(), pa.timestamp("us")), (pa.string(), pa.int64()), (pa.bool_(), pa.int32()),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now"), MISREAD, ids=str)
def test_these_are_misread_and_do_not_pass(folder, before, now):
    assert not read_together(str(before), str(now))
    expected = [(type(value), value) for kind in (before, now) for value in VALUES[kind]]
    answers = [read(reader, folder, (before, now)) for reader in READERS]
    assert any(answer is not None and [(type(value), value) for value in answer] != expected for answer in answers)


def test_narrower_types_and_decimals_beyond_spark_do_not_pass():
    assert not read_together("int64", "int32")
    assert not read_together("decimal128(10, 2)", "decimal128(5, 2)")
    assert not read_together("decimal128(38, 2)", "decimal256(40, 2)")
