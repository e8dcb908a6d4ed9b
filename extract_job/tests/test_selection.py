"""`columns`, `exclude_columns`, `rename`, `where` and `target_file_mb`: which columns and rows the files hold."""

import json

import pytest

from extract_job.arguments.selection import OVERFLOWS, Selection
from extract_job.databases.mapping import Kind, Mapping, TypeLine
from extract_job.databases.selection import Described, Dialect, selected
from extract_job.errors import JobError
from extract_job.parquet import GROUP_ROWS

SOME = {"country": ["DE", "AT", None], "amount": {">=": "10", "<": "1000"}}


MOMENTS = """CREATE TABLE t (id INTEGER PRIMARY KEY, v DATETIME);
INSERT INTO t (v) VALUES ('2026-01-31 08:00:00'), ('2026-01-31T08:00:00'), ('2026-01-31 08:00'), ('2026-01-31 08:00:00.000001'),
  ('2026-01-31')"""
INSTANTS = """CREATE TABLE t (id INTEGER PRIMARY KEY, v TIMESTAMPTZ);
INSERT INTO t (v) VALUES ('2026-01-31 08:00:00+00:00'), ('2026-01-31T09:00:00+01:00'), ('2026-01-31T08:00:00.000Z'),
  ('2026-01-31T08:00:01Z')"""
TRUTH = """CREATE TABLE t (id INTEGER PRIMARY KEY, v BOOLEAN);
INSERT INTO t (v) VALUES ('true'), (1), ('FALSE'), (0), ('1'), (NULL)"""
NUMBERS = "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t (v) VALUES (5), ('5'), (6)"

TABLE = """
CREATE TABLE sales (id INTEGER PRIMARY KEY, country TEXT, amount DECIMAL(10, 2), day DATE, paid BOOLEAN, photo BLOB);
INSERT INTO sales VALUES (1, 'DE', 10, '2026-01-01', 1, x'00'), (2, 'AT', 9.99, '2026-01-02', 0, NULL),
  (3, NULL, 500, '2026-01-03', 1, NULL), (4, 'FR', 20, '2026-01-04', NULL, NULL), (5, 'O''Hara', 30, NULL, 0, NULL);
"""


@pytest.fixture
def table(database):
    database(TABLE)
    return "sales"


def ids(done):
    assert done.code == 0, done.errors
    return [row[0] for row in done.rows]


def test_columns_have_the_order_of_the_list(table, job):
    done = job(extract_table=table, columns='["country","ID"]', where='{"id":"4"}', verify="full")
    assert done.rows == [("FR", 4)]
    assert [column["column"] for column in done.result["schema"]] == ["country", "id"]


def test_an_excluded_column_may_have_a_type_that_no_file_can_hold(database, job):
    database("CREATE TABLE wide (id INTEGER, n DECIMAL(90, 2))")
    assert job(extract_table="wide").code == 1
    assert job(extract_table="wide", exclude_columns="n").rows == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"country": "DE"}, [1]),
        ({"country": None}, [3]),
        ({"country": {"!=": None}}, [1, 2, 4, 5]),
        ({"country": {"!=": "DE"}}, [2, 4, 5]),
        ({"country": {"!=": ["DE", None]}}, [2, 4, 5]),
        ({"country": ["DE", None]}, [1, 3]),
        ({"country": "O'Hara"}, [5]),
        ({"country": "x' OR '1' = '1"}, []),
        ({"country": {"like": "%a%"}}, [2, 5]),
        ({"amount": {">=": "10", "<": "500"}}, [1, 4, 5]),
        ({"day": {">": "2026-01-02"}}, [3, 4]),
        ({"paid": "true"}, [1, 3]),
        (SOME, [1, 3]),
    ],
)
def test_where_selects_rows(table, job, where, expected):
    done = job(extract_table=table, where=json.dumps(where), verify="full", columns="id")
    assert ids(done) == expected
    assert json.loads(done.result["where"]) == where
    assert done.result["proof"]["files"]["rows"] == len(expected)


@pytest.mark.parametrize(
    ("stored", "where", "expected"),
    [
        (MOMENTS, "2026-01-31T08:00:00", [1, 2, 3]),
        (MOMENTS, {">=": "2026-01-31 08:00:00"}, [1, 2, 3, 4]),
        (MOMENTS, {"<": "2026-01-31T08:00:00"}, [5]),
        (MOMENTS, {">": "2026-01-31 08:00:00.000000"}, [4]),
        (INSTANTS, "2026-01-31T10:00:00+02:00", [1, 2, 3]),
        (INSTANTS, {"!=": ["2026-01-31T08:00:00Z"]}, [4]),
        (TRUTH, "true", [1, 2, 5]),
        (TRUTH, {"!=": "true"}, [3, 4]),
        (NUMBERS, "5", [1, 2]),
        (NUMBERS, {"!=": ["5"]}, [3]),
    ],
)
def test_where_finds_each_spelling_that_sqlite_stores(database, job, stored, where, expected):
    database(stored)
    done = job(where=json.dumps({"v": where}), verify="full", columns="id")
    assert ids(done) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": '["id","contry"]'}, "table 'sales' has no column 'contry' (--columns); nearest: 'country'"),
        ({"exclude_columns": "idd"}, "table 'sales' has no column 'idd' (--exclude_columns); nearest: 'id'"),
        ({"where": '{"paied":"1"}'}, "table 'sales' has no column 'paied' (--where); nearest: 'paid'"),
        ({"rename": '{"amt":"a"}'}, "table 'sales' has no column 'amt' (--rename); nearest: 'amount'"),
        (
            {"rename": '{"amount":"id"}'},
            "table 'sales': with --rename, two columns of the files are called 'id'; change one name",
        ),
        (
            {"exclude_columns": "id,country,amount,day,paid,photo"},
            "table 'sales': columns and exclude_columns leave no column to read",
        ),
        (
            {"where": '{"amount":"ten"}'},
            "table 'sales': --where compares column 'amount' (DECIMAL(10, 2)) with 'ten': write a number",
        ),
        (
            {"where": '{"amount":"NaN"}'},
            "table 'sales': --where compares column 'amount' (DECIMAL(10, 2)) with 'NaN': write a number, like 10, -2.5 or 1e6",
        ),
        *(
            (
                {"where": f'{{"{column}":{{"like":"1%"}}}}'},
                f"table 'sales': --where compares column '{column}' ({declared}) with like '1%': like compares texts only",
            )
            for column, declared in (
                ("id", "INTEGER"),
                ("amount", "DECIMAL(10, 2)"),
                ("day", "DATE"),
                ("paid", "BOOLEAN"),
                ("photo", "BLOB"),
            )
        ),
        ({"where": '{"day":"31.1.2026"}'}, "table 'sales': --where compares column 'day' (DATE) with '31.1.2026': Invalid"),
        (
            {"where": '{"photo":"00"}'},
            "table 'sales': --where compares column 'photo' (BLOB) with '00': binary values cannot be compared",
        ),
    ],
)
def test_a_fault_is_reported_before_a_row_is_read(table, job, arguments, message):
    done = job(extract_table=table, **arguments)
    assert done.code == 1
    assert done.failure["class"] == "CONFIG"
    assert message in done.failure["message"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"where": "country = 'DE'"}, "--where \"country = 'DE'\" is not JSON"),
        ({"where": '["id"]'}, "--where '[\"id\"]' is not a JSON object"),
        ({"where": '{"id":{"=>":"1"}}'}, "--where: column 'id': '=>' is not one of =, !=, <"),
        ({"where": '{"id":{"<":["1"]}}'}, "--where: column 'id': < takes one value, not a list"),
        ({"where": '{"id":{"<":null}}'}, "--where: column 'id': nothing is < null; use = or !="),
        ({"where": '{"id":[]}'}, "--where: column 'id': the list is empty"),
        ({"where": '{"id":5}'}, "--where: column 'id': 5 must be a text or null"),
        ({"columns": "[1]"}, "--columns: 1 is not a text"),
        ({"target_file_mb": "0"}, "--target_file_mb '0' must be a whole number of at least 1"),
    ],
)
def test_an_argument_of_another_form_is_refused(table, job, arguments, message):
    done = job(extract_table=table, **arguments)
    assert done.code == 2
    assert message in done.errors[-1]


def test_decimals_that_may_not_fit_are_read_as_text_if_the_config_says_so(database, job):
    database("CREATE TABLE t (a DECIMAL(90, 2), b DECIMAL, c DECIMAL(38, 18)); INSERT INTO t VALUES ('1.5', 2.25, 3)")
    assert job().failure["class"] == "CONFIG"
    done = job(decimal_overflow="text", verify="full")
    assert [column["arrow"] for column in done.result["schema"]] == ["string", "string", "decimal128(38, 18)"]
    assert [str(value) for value in done.rows[0]] == ["1.5", "2.25", "3.000000000000000000"]
    assert job(decimal_overflow="float").errors == ["extract_job: --decimal_overflow 'float' is not one of fail, text, double"]


@pytest.mark.parametrize("verify", ["count", "full"])
def test_decimals_that_may_not_fit_are_read_as_doubles_if_the_config_says_so(database, job, verify):
    database("""CREATE TABLE t (a DECIMAL(90, 2), b DECIMAL, c DECIMAL(38, 18), d DECIMAL(5, 1));
    INSERT INTO t VALUES ('1.5', 9007199254740993, 3, 4), (NULL, -0.1, NULL, NULL), (9223372036854775807, 1e300, 1, 2)""")
    done = job(decimal_overflow="double", verify=verify)
    assert done.code == 0, done.errors
    assert [column["arrow"] for column in done.result["schema"]] == ["double", "double", "decimal128(38, 18)", "decimal128(5, 1)"]
    assert [row[:2] for row in done.rows] == [(1.5, 9007199254740992.0), (None, -0.1), (9223372036854775808.0, 1e300)]
    (note,) = done.result["notes"]
    assert note == (
        "read as doubles, which keep 15 to 17 digits (decimal_overflow: double): 'a', 'b'; a proof compares the doubles that "
        "the database makes of these columns"
    )
    database("INSERT INTO t (b) VALUES ('many')")
    assert "'many' is text, not a real" in job(decimal_overflow="double").failure["message"]


def test_a_type_that_is_not_a_decimal_stays_refused_whatever_decimal_overflow_is():
    refused = Mapping((), TypeLine((), Kind.TEXT, "{}", "", refusal="it is an object"), text="{}")
    described = Described(
        "t", "t", ["o"], lambda name, as_text: refused.column("t", name, "OBJECT", "OBJECT", as_text=as_text), None
    )
    for overflow in OVERFLOWS:
        with pytest.raises(JobError, match="OBJECT cannot be read: it is an object"):
            selected(described, Selection(decimal_overflow=overflow), Dialect(repr))


def test_renamed_columns_are_proved(table, job):
    done = job(
        extract_table=table, rename='{"id":"sale id","amount":"id"}', columns="id,amount", where='{"id":"1"}', verify="full"
    )
    assert ids(done) == [1]
    assert [column["column"] for column in done.result["schema"]] == ["sale id", "id"]
    assert set(done.result["proof"]["files"]["columns"]) == {"sale id", "id"}


def test_a_watermark_need_not_be_among_the_columns(table, job):
    done = job(extract_table=table, columns="country", extract_type="PE", hwm_col_name="id", hwm_column_type="LongType")
    assert len(done.rows) == 5
    assert done.result["high_watermark"] == "5"


def test_the_mark_is_that_of_the_selected_rows(table, job):
    done = job(
        extract_table=table, where='{"country":"DE"}', extract_type="PE", hwm_col_name="id", hwm_column_type="LongType"
    )  # fmt: skip
    assert (ids(done), done.result["high_watermark"]) == ([1], "1")


def test_files_end_at_their_size(database, job):
    database("""CREATE TABLE noise (i INTEGER, b BLOB); INSERT INTO noise
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 140000) SELECT i, randomblob(10) AS b FROM n""")
    done = job(extract_table="noise", target_file_mb="1")
    first, second = done.result["files"]
    assert first["rows"] >= GROUP_ROWS
    assert first["bytes"] > 10**6 > second["bytes"]


def test_a_changed_where_reads_the_overlap_again_and_says_so(database, chain):
    database(TABLE)
    runs = chain(extract_table="sales", hwm_col_name="id", hwm_column_type="LongType", where='{"country":["DE","FR"]}')
    assert [row[0] for row in runs.rows()] == [1, 4]
    assert runs.rows() == []
    done = runs.run(where='{"country":["DE","AT"]}', on_mark_behind="continue")
    assert done.code == 0, done.errors
    note = 'where was {"country":["DE","FR"]} in the last attempt; older rows that only the new one selects are not read'
    assert note in done.result["notes"][-1]
    assert done.result["notes"][-1].startswith("rows from '-996' up to '4' are read again")
    assert [row[0] for row in done.rows] == [1, 2]


@pytest.mark.parametrize(
    ("where", "state"),
    [
        ('{"country":"DE"}', """the newest mark of the rows that where {"country":"DE"} selects is '1'"""),
        ('{"country":"XX"}', """where {"country":"XX"} selects no rows with a mark"""),
    ],
)
def test_a_narrower_where_is_named_in_the_conflict(database, chain, where, state):
    database(TABLE)
    runs = chain(extract_table="sales", hwm_col_name="id", hwm_column_type="LongType")
    assert len(runs.rows()) == 5
    done = runs.run(where=where)
    assert done.failure["class"] == "CONFLICT"
    assert done.failure["message"] == (
        f"{state}, and the committed mark of 'id' is '5': where selects fewer rows than before, or the table was emptied or "
        "restored, so that new rows may stay below the mark; begin anew with --reingest, or, if only where is narrower now, set "
        "on_mark_behind: continue, which keeps the mark"
    )
    done = runs.run(where=where, on_mark_behind="continue")
    assert (done.code, done.result["high_watermark"]) == (0, "5")
