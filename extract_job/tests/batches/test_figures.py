# ruff: noqa: DTZ001, S608, E501 - timestamps without a zone are meant; messages as they are; the values are those of the tests
"""`verify: full` of SQL Server and Oracle: their SQL, evaluated by the rules of their manuals, agrees with the files.

Nothing here ran on a server.
"""

import datetime as dt
import logging
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract_job.databases.conditions import ALL_ROWS
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.number_figures import figures_in
from extract_job.databases.oracle import mapping as oracle
from extract_job.databases.oracle.figures import LARGE, OracleFigures
from extract_job.databases.oracle.tables import base_of, decimal_digits
from extract_job.databases.sqlserver import mapping as sqlserver
from extract_job.databases.sqlserver.figures import SqlServerFigures
from extract_job.proof.arrow import figures_of
from extract_job.proof.sha256_numbers import Sha256Numbers

from . import test_oracle, test_sqlserver
from .evaluate import EXACT, answer

ENGINES = {
    "sqlserver": ("tsql", "mssql_python", "t", [(column, column[6], column[7], column[9]) for column in test_sqlserver.COLUMNS]),
    "oracle": (
        "oracle", "oracledb", "hr.T",
        [(column, column[5], column[6], column[8]) for column in test_oracle.COLUMNS if column[1] not in LARGE],
    ),
}  # fmt: skip
SQL = {"sqlserver": SqlServerFigures(), "oracle": OracleFigures()}
CHARACTER_SET = ("NLS_CHARACTERSET", [("AL32UTF8",)])


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("sqlglot").setLevel(logging.ERROR)


@pytest.fixture
def full(server, job):
    """A run with `verify: full` of a row of each type, and a row of NULLs; `stored` changes what the database has."""

    def run(engine, *, stored=lambda rows: rows, more=()):
        dialect, module, name, columns = ENGINES[engine]
        made = {"sqlserver": test_sqlserver, "oracle": test_oracle}[engine]
        table = pa.table(
            [pa.array([sent, None], kind) for _, kind, sent, _ in columns], names=[column[0][0] for column in columns]
        )
        rows = stored([{column[0]: value for column, _, _, value in columns}, {column[0]: None for column, *_ in columns}])
        figures = ("AS f0", lambda query: [answer(query, dialect, rows)])
        server(module, made.answers([column for column, *_ in columns], table, more=[*more, CHARACTER_SET, figures]))
        return job(db_engine=engine, db_name="shop", extract_table=name, verify="full")

    return run


@pytest.mark.parametrize("engine", ENGINES)
def test_the_figures_of_all_types_agree(full, engine):
    done = full(engine)
    assert done.code == 0, done.errors
    proof = done.result["proof"]
    assert (proof["verify"], proof["hash"], proof["source"]["rows"]) == ("full", "sha256-numbers", 2)
    assert proof["source"] == proof["files"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_swap_between_rows_is_found(full, engine):
    name = ENGINES[engine][3][3][0][0]
    done = full(engine, stored=lambda rows: [rows[0] | {name: None}, rows[1] | {name: rows[0][name]}])
    assert done.failure["class"] == "PROOF"


def test_rows_that_were_delivered_before_are_part_of_the_proof(server, chain):
    columns = [test_sqlserver.COLUMNS[0], test_sqlserver.AT]
    names = ["id", "at", "extract_old", "extract_keep"]
    first, second = dt.datetime(2026, 1, 1, 10), dt.datetime(2026, 1, 2, 10)
    runs = chain(db_engine="sqlserver", db_name="shop", hwm_col_name="at", hwm_column_type="TimestampType", verify="full")
    proofs = []
    for rows, old, keep in (({1: first, 2: second}, [0, 0], [0, 1]), ({2: second, 3: second}, [1, 1], [1, 1])):
        stored = [{"id": key, "at": at} for key, at in rows.items()]
        texts = pa.array([at.isoformat(timespec="microseconds") for at in rows.values()], pa.large_string())
        flags = [pa.array(values, pa.int32()) for values in (old, keep)]
        sent = pa.table([pa.array(list(rows), pa.int32()), texts, *flags], names=names)
        figures = ("AS f0", lambda query, stored=stored: [answer(query, "tsql", stored)])
        server("mssql_python", test_sqlserver.answers(columns, sent, more=[figures, *test_sqlserver.OF_AT]))
        runs.rows()
        proofs.append(runs.last.result["proof"])
    assert [proof["source"]["rows"] for proof in proofs] == [2, 2]
    assert [proof["files"]["rows"] for proof in proofs] == [2, 1]
    assert proofs[1]["left_out"]["columns"]["id"]["sum"] == "2"


def answering(engine, rows):
    """A function that evaluates queries on rows."""
    return lambda query: [answer(query, ENGINES[engine][0], rows)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_changed_value_of_each_type_changes_figures_of_its_column_and_the_digest(engine):
    columns = ENGINES[engine][3]
    made = [declared(engine, column) for column, *_ in columns]
    rows = [{column[0]: value for column, _, _, value in columns}, {column[0]: None for column, *_ in columns}]
    before = figures_in(answering(engine, rows), SQL[engine], made, '"t"', ALL_ROWS)
    for column in made:
        changed = [rows[0] | {column.name: None}, rows[1]]
        after = figures_in(answering(engine, changed), SQL[engine], made, '"t"', ALL_ROWS)
        assert [name for name in before.columns if before.columns[name] != after.columns[name]] == [column.name]
        assert before.digest != after.digest


def declared(engine, column):
    """The column that the job makes of a row of the catalog."""
    if engine == "sqlserver":
        name, kind, base, precision, scale, *_ = column
        return sqlserver.MAPPING.column("t", name, kind, base, digits=(precision, scale))
    name, kind, precision, scale, *_ = column
    return oracle.MAPPING.column("t", name, kind, base_of(kind), digits=decimal_digits(precision, scale))


def agree(engine, column, kind, values):
    answers = answering(engine, [{column.name: value} for value in values])
    of_source = figures_in(answers, SQL[engine], [column], '"t"', ALL_ROWS)
    batch = pa.record_batch([pa.array(values, kind)], names=[column.name])
    assert of_source == figures_of(batch, Sha256Numbers())


DIGITS = st.integers(1, 38).flatmap(lambda precision: st.tuples(st.just(precision), st.integers(0, precision)))
MICROSECONDS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999))


@settings(max_examples=40)
@given(data=st.data(), digits=DIGITS, engine=st.sampled_from(sorted(ENGINES)))
def test_sums_of_decimals_are_exact(data, digits, engine):
    precision, scale = digits
    units = st.integers(-(10**precision) + 1, 10**precision - 1)
    numbers = data.draw(st.lists(st.none() | units | st.just(10**precision - 1), min_size=1, max_size=12))
    values = [None if number is None else Decimal(number).scaleb(-scale, EXACT) for number in numbers]
    agree(
        engine, Column("c", "x", Kind.DECIMAL, "decimal", '"c"', '"c"', precision, scale), pa.decimal128(precision, scale), values
    )


@pytest.mark.parametrize("scale", [0, 18, 38])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_sum_may_have_more_digits_than_the_database_has(engine, scale):
    column = Column("c", "x", Kind.DECIMAL, "decimal", '"c"', '"c"', 38, scale)
    agree(engine, column, pa.decimal128(38, scale), [Decimal(10**38 - 1).scaleb(-scale, EXACT)] * 12)


@settings(max_examples=40)
@given(values=st.lists(st.none() | MICROSECONDS, min_size=1, max_size=5), engine=st.sampled_from(sorted(ENGINES)))
def test_moments_count_in_the_calendar_of_the_files(values, engine):
    agree(engine, Column("c", "x", Kind.TIMESTAMP, "TIMESTAMP", '"c"', '"c"'), pa.timestamp("us"), values)
    instants = [None if value is None else value.replace(tzinfo=dt.UTC) for value in values]
    agree(engine, Column("c", "x", Kind.INSTANT, "datetimeoffset", '"c"', '"c"'), pa.timestamp("us", "UTC"), instants)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "values",
    [[0.1, None, -2.5], [float("inf"), 5e-324, 1.7976931348623157e308], [None], [float("nan"), 1.0]],
    ids=["numbers", "ends", "NULL", "NaN"],
)
def test_doubles(engine, values):
    if engine == "sqlserver" and any(value != value for value in values):  # noqa: PLR0124 - NaN
        pytest.skip("SQL Server has no NaN")
    agree(engine, Column("c", "x", Kind.DOUBLE, "float", '"c"', '"c"'), pa.float64(), values)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("count", [1, 90, 91, 300])
def test_tables_of_many_columns(engine, count):
    columns = [Column(f"c{number}", "x", Kind.BINARY, "raw", f'"c{number}"') for number in range(count)]
    row = {column.name: bytes([number % 256]) if number % 7 else None for number, column in enumerate(columns)}
    sql = SQL[engine]
    digest = next(figure for figure in sql.figures(columns) if figure.key == "digest")
    (of_source,) = answer(f"SELECT {digest.sql} FROM t", ENGINES[engine][0], [row])
    batch = pa.record_batch([pa.array([value], pa.binary()) for value in row.values()], names=list(row))
    assert Sha256Numbers()(batch)[0] == (int(of_source),)


def test_sql_server_2017_is_refused(full):
    done = full("sqlserver", more=[("SERVERPROPERTY", [("14.0.3456.2", "2026-11-30T20:00:00.000000")])])
    assert done.errors[-1] == (
        "extract_job: verify: full requires SQL Server 2019 (version 15), and this is 14.0.3456.2; set verify: count, which compares "
        "the number of rows"
    )


def test_another_character_set_is_refused(full):
    done = full("oracle", more=[("NLS_CHARACTERSET", [("WE8MSWIN1252",)])])
    assert done.errors[-1] == (
        "extract_job: verify: full requires the character set AL32UTF8, and this database has WE8MSWIN1252; set verify: count, which "
        "compares the number of rows"
    )


@pytest.mark.parametrize("kind", sorted(LARGE))
def test_a_type_without_a_hash_is_refused(server, job, kind):
    columns = [test_oracle.COLUMNS[0], ("DOC", kind, None, None, 0)]
    server("oracledb", test_oracle.answers(columns, test_oracle.table_of(test_oracle.COLUMNS[:1])))
    done = job(db_engine="oracle", db_name="shop", extract_table="hr.T", verify="full")
    assert done.errors[-1] == (
        f"extract_job: verify: full cannot check column 'DOC' of table 'hr.T': SQL of Oracle has no hash of {kind}; set verify: "
        "count, or leave the column out with exclude_columns"
    )
