"""The judge: every wrong cell, row and type is found and its table named; what is right passes."""

import ast
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract_local.demo import canonical, verify
from extract_local.demo.database import TABLES, make_database
from extract_local.demo.verify import Comparison, compare

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("price", pa.decimal128(10, 2)),
        ("rate", pa.float64()),
        ("ok", pa.bool_()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
        ("instant", pa.timestamp("us", "UTC")),
        ("note", pa.string()),
        ("data", pa.binary()),
    ]
)
DECLARED = (
    "id INTEGER, price DECIMAL(10,2), rate REAL, ok BOOLEAN, day DATE, at TIMESTAMP, instant TIMESTAMPTZ, note TEXT, data BLOB"
)
ROWS = [
    (1, 19.99, 0.1, 1, "2024-02-29", "2024-05-31 10:00:00", "2024-05-31T12:00:00+02:00", "a", b"a"),
    (2, 5, -2.5, 0, "1999-12-31", "2024-05-31 10:00:00.5", "2024-05-31 10:00:00Z", "", b""),
    (3, None, None, None, None, None, None, None, None),
    (3, None, None, None, None, None, None, None, None),
    (4, -0.01, 1e300, 1, "0001-01-01", "0001-01-01 00:00:00", "2024-01-01 00:00:00.000001+00:00", 'new\nline "q" ✓', b"\x00\xff"),
]


@pytest.fixture
def sides(tmp_path):
    """Give the database, and a function that writes rows (texts for dates and times) to a Parquet file."""
    path = tmp_path / "sales.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f'CREATE TABLE "public.t" ({DECLARED})')
        connection.executemany('INSERT INTO "public.t" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', ROWS)
        connection.commit()

    def write(rows, name="part.parquet", schema=SCHEMA):
        arrays = [column(values, kind) for values, kind in zip(zip(*rows, strict=True), SCHEMA.types, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=SCHEMA)
        pq.write_table(table.select(schema.names).cast(schema), tmp_path / name)
        return tmp_path / name

    return path, write


def column(values, kind):
    if pa.types.is_decimal(kind):
        values = [None if value is None else str(value) for value in values]
    if pa.types.is_boolean(kind):
        return pa.array([None if value is None else bool(value) for value in values], kind)
    return pa.array(values).cast(kind)


def changed(row, column, value):
    rows = [list(values) for values in ROWS]
    rows[row][column] = value
    return rows


def test_equal_sides_are_equal_whatever_the_order_and_the_files(sides):
    path, write = sides
    one, two = write(ROWS[3:], "b.parquet"), write(ROWS[:3][::-1], "a.parquet")
    (table,) = compare(path, {"public.t": [one, two]})
    assert table == Comparison("public.t", 5, 5, table.checksum_database, table.checksum_database, ok=True, difference=None)
    assert len(table.checksum_database) == 16


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (0, 0, 2),
        (0, 1, 19.98),
        (0, 1, None),
        (0, 2, 0.1000000000000001),
        (0, 3, 0),
        (0, 4, "2024-03-01"),
        (1, 5, "2024-05-31 10:00:00.500001"),
        (0, 6, "2024-05-31T12:00:00Z"),
        (0, 7, "b"),
        (1, 7, None),
        (1, 8, None),
        (4, 7, 'new\r\nline "q" ✓'),
        (4, 8, b"\x00"),
    ],
)
def test_one_spoilt_cell_is_found(sides, row, column, value):
    path, write = sides
    (table,) = compare(path, {"public.t": [write(changed(row, column, value))]})
    assert not table.ok
    assert table.table == "public.t"
    assert (table.rows_database, table.rows_parquet) == (5, 5)
    assert table.checksum_database != table.checksum_parquet
    assert table.difference.startswith("1 more in the database, such as id=")
    assert "; 1 more in Parquet, such as id=" in table.difference


def test_the_difference_shows_both_rows(sides):
    path, write = sides
    (table,) = compare(path, {"public.t": [write(changed(0, 1, 19.98))]})
    rest = (
        "rate='0.1', ok='True', day='2024-02-29', at='2024-05-31 10:00:00.000000', "
        "instant='2024-05-31 10:00:00.000000', note='1:a', data='61'"
    )
    assert table.difference == (
        f"1 more in the database, such as id='1', price='19.99', {rest}; 1 more in Parquet, such as id='1', price='19.98', {rest}"
    )


def test_values_that_change_places_are_found(sides):
    path, write = sides
    rows = changed(0, 7, "")
    rows[1][7] = "a"
    assert not compare(path, {"public.t": [write(rows)]})[0].ok


def test_a_missing_row_is_found(sides):
    path, write = sides
    (table,) = compare(path, {"public.t": [write(ROWS[1:])]})
    assert table.difference.startswith("5 rows in the database, 4 in Parquet; 1 more in the database, such as id='1', price=")
    assert (table.ok, table.rows_parquet) == (False, 4)


def test_a_doubled_row_is_found(sides):
    path, write = sides
    (table,) = compare(path, {"public.t": [write(ROWS), write(ROWS[:1], "again.parquet")]})
    assert table.difference.startswith("5 rows in the database, 6 in Parquet; 1 more in Parquet, such as id='1', price=")


def test_one_row_doubled_for_another_is_found(sides):
    path, write = sides
    assert not compare(path, {"public.t": [write([*ROWS[1:], ROWS[1]])]})[0].ok


def test_no_files_are_no_rows(sides):
    path, _ = sides
    (table,) = compare(path, {"public.t": []})
    assert (table.ok, table.rows_parquet) == (False, 0)
    assert table.difference.startswith("5 rows in the database, 0 in Parquet; 4 more in the database, such as ")


@pytest.mark.parametrize(
    ("column", "kind", "said"),
    [
        ("price", pa.decimal128(12, 2), "decimal128(12, 2), but DECIMAL(10,2) in the database is decimal128(10, 2)"),
        ("price", pa.float64(), "double, but DECIMAL(10,2) in the database is decimal128(10, 2)"),
        ("day", pa.string(), "string, but DATE in the database is date32[day]"),
        ("at", pa.timestamp("ms"), "timestamp[ms], but TIMESTAMP in the database is timestamp[us]"),
        ("note", pa.binary(), "binary, but TEXT in the database is string"),
    ],
)
def test_a_wrong_type_is_found(sides, column, kind, said):
    path, write = sides
    schema = SCHEMA.set(SCHEMA.get_field_index(column), pa.field(column, kind))
    (table,) = compare(path, {"public.t": [write(ROWS[:1], schema=schema)]})
    assert (table.ok, table.difference) == (False, f"part.parquet: column {column!r} is {said}")


def test_columns_in_another_order_are_found(sides):
    path, write = sides
    (table,) = compare(path, {"public.t": [write(ROWS, schema=pa.schema([*list(SCHEMA)[1:], SCHEMA.field(0)]))]})
    assert table.difference == (
        "part.parquet has the columns ['price', 'rate', 'ok', 'day', 'at', 'instant', 'note', 'data', 'id'], "
        "the database ['id', 'price', 'rate', 'ok', 'day', 'at', 'instant', 'note', 'data']"
    )


def test_a_table_that_is_not_there_is_found(sides):
    path, write = sides
    (table,) = compare(path, {"public.returns": [write(ROWS)]})
    assert table == Comparison("public.returns", 0, 0, "", "", ok=False, difference="the database has no table 'public.returns'")


def test_a_broken_parquet_file_is_found(sides, tmp_path):
    path, _ = sides
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 no")
    (table,) = compare(path, {"public.t": [broken]})
    assert not table.ok
    assert table.difference.startswith(f"cannot read '{broken}': ")


def test_an_unknown_type_is_a_difference_and_no_exception(tmp_path):
    path = tmp_path / "sales.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (shape GEOMETRY)")
    assert compare(path, {"t": []})[0].difference == "the type 'GEOMETRY' is not known to the comparison"


def test_a_value_of_another_type_in_the_database_is_a_difference(tmp_path):
    path = tmp_path / "sales.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER)")
        connection.execute("INSERT INTO t VALUES ('x')")
        connection.commit()
    problem = "the database has a value that is not of its declared type: str, not int"
    assert compare(path, {"t": []})[0].difference == problem


def test_without_a_database_the_comparison_fails(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^there is no database '.*none\.db' to compare with$"):
        compare(tmp_path / "none.db", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", [verify, canonical])
def test_the_comparison_uses_no_code_of_the_product(module):
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in plain | froms if name.split(".")[0] not in sys.stdlib_module_names}
    assert ours <= {"pyarrow", "pyarrow.parquet", "extract_local.demo.canonical"}


def test_the_extract_job_passes_on_every_table_of_the_demo(tmp_path):
    path = tmp_path / "sales.db"
    make_database(path, rows=2000)
    code = "import sys\nfrom extract_job.program import run\nfrom extract_job.stopping import StopRequest\n"
    code += "sys.exit(max(run(line.split('|'), StopRequest()) for line in sys.stdin.read().splitlines()))"
    lines = [
        f"--extract_table|{table}|--run_id|r|--attempt|1|--extract_s3_uri|{(tmp_path / table).as_uri()}|--result_uri|"
        f"{(tmp_path / table / 'result.json').as_uri()}|--db_engine|sqlite|--db_name|{path}"
        for table in TABLES
    ]
    subprocess.run([sys.executable, "-c", code], input="\n".join(lines), text=True, check=True, capture_output=True)
    tables = compare(path, {table: [tmp_path / table / "part-00000.parquet"] for table in TABLES})
    assert [(comparison.table, comparison.difference) for comparison in tables] == [(table, None) for table in TABLES]
