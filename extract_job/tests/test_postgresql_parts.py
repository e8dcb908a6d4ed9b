"""PostgreSQL without a server: types, conversions, the connection URI, secrets."""

import json
from datetime import date
from decimal import Decimal

import boto3
import pyarrow as pa
import pytest
from moto import mock_aws

from extract_job.arguments.parsing import parse_arguments
from extract_job.databases.arrow_types import schema_of
from extract_job.databases.postgresql.arrow import MisfitError, table_of
from extract_job.databases.postgresql.columns import column_of, decimal_digits
from extract_job.databases.postgresql.connection import connection_uri
from extract_job.databases.secret import Secret, read_secret
from extract_job.errors import JobError


@pytest.mark.parametrize(
    ("modifier", "digits"),
    [(-1, (38, 18)), (655366, (10, 2)), (327684, (5, 0)), (329730, (7, 0)), (((3 << 16) | 5) + 4, (5, 5))],
    ids=["numeric", "numeric(10,2)", "numeric(5)", "numeric(5,-2)", "numeric(3,5)"],
)
def test_the_modifier_of_numeric(modifier, digits):
    assert decimal_digits(modifier) == digits


def column_of_type(base, modifier=-1, category="X", *, as_text=False):
    return column_of("t", 'a "b"', base, base, modifier, category, as_text=as_text)


@pytest.mark.parametrize(
    ("column", "expression", "arrow"),
    [
        (column_of_type("int4"), '"a ""b"""::int4 AS "a ""b"""', "int32"),
        (column_of_type("numeric", 655366), '"a ""b"""::text AS "a ""b"""', "decimal128(10, 2)"),
        (column_of_type("timestamptz"), '"a ""b"""::timestamptz AS "a ""b"""', "timestamp[us, tz=UTC]"),
        (column_of_type("uuid"), '"a ""b"""::text AS "a ""b"""', "string"),
        (column_of_type("bpchar", 8), 'textin(bpcharout("a ""b""")) AS "a ""b"""', "string"),
        (column_of_type("inet"), 'textin(inet_out("a ""b""")) AS "a ""b"""', "string"),
        (
            column_of_type("_int4", category="A"),
            """CASE WHEN array_dims("a ""b\""") ~ '\\[(?!1:)' THEN '!' ELSE to_json("a ""b\""")::text END AS "a ""b\"\"\"""",
            "string",
        ),
        (column_of_type("int4", as_text=True), '"a ""b"""::text AS "a ""b"""', "string"),
    ],
    ids=["int4", "numeric", "timestamptz", "uuid", "char", "inet", "array", "as text"],
)
def test_how_a_column_is_selected(column, expression, arrow):
    assert (column.expression, str(schema_of([column]).field(0).type)) == (expression, arrow)


def test_a_numeric_of_too_many_digits_is_refused():
    with pytest.raises(JobError) as refused:
        column_of("t", "n", "numeric(100,2)", "numeric", ((100 << 16) | 2) + 4, "N", as_text=False)
    assert str(refused.value) == (
        "table 't', column 'n': numeric(100,2) does not fit into Parquet, whose decimals have 1 to 76 digits, up to all of them "
        "after the point; read it as text with --text_columns n"
    )


def test_numbers_are_read_exactly():
    column = column_of_type("numeric", 655366)
    table = table_of([column], schema_of([column]), pa.record_batch([pa.array(["1.20", None])], ["x"]))
    assert table.to_pylist() == [{'a "b"': Decimal("1.20")}, {'a "b"': None}]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "123456789.00", "0.123", "1000000000000000000000000000000000000000.00"])
def test_a_number_that_does_not_fit_is_refused(text):
    column = column_of_type("numeric", 655366)
    with pytest.raises(MisfitError) as refused:
        table_of([column], schema_of([column]), pa.record_batch([pa.array(["1.20", text])], ["x"]))
    assert refused.value.why == "does not fit into decimal(10,2)"


def test_a_number_with_more_digits_than_any_decimal_never_becomes_another_number():
    """Arrow alone wraps it around: 1e30 as decimal(38,18) becomes 18960114910927365649.47…"""
    column = column_of_type("numeric")
    for power in range(20, 90):
        for text in (f"1{'0' * power}", f"-9{'9' * power}.5", f"000{'7' * (power + 1)}"):
            with pytest.raises(MisfitError):
                table_of([column], schema_of([column]), pa.record_batch([pa.array([text])], ["x"]))
    largest = f"{'9' * 20}.{'9' * 18}"
    read = table_of([column], schema_of([column]), pa.record_batch([pa.array([largest, f"-00{largest}"])], ["x"])).to_pylist()
    assert [row['a "b"'] for row in read] == [Decimal(largest), Decimal(f"-{largest}")]


@pytest.mark.parametrize("day", [-719_163, 2_932_897, -2_147_472_692])
def test_a_date_outside_the_years_1_to_9999_is_refused(day):
    column = column_of_type("date")
    with pytest.raises(MisfitError) as refused:
        table_of([column], schema_of([column]), pa.record_batch([pa.array([0, day], pa.int32()).cast(pa.date32())], ["x"]))
    assert refused.value.why == "is outside the years 1 to 9999"


def test_the_first_and_the_last_day_are_accepted():
    column = column_of_type("date")
    batch = pa.record_batch([pa.array([-719_162, 2_932_896, None], pa.int32()).cast(pa.date32())], ["x"])
    read = [row['a "b"'] for row in table_of([column], schema_of([column]), batch).to_pylist()]
    assert read == [date(1, 1, 1), date(9999, 12, 31), None]


def arguments(argv, **changed):
    return parse_arguments(argv(db_engine="postgres", db_name="shop & co", **changed))


def test_the_secret_gives_the_address_and_the_config_the_database_and_port(argv):
    secret = Secret("db.example.com", "reader", "p@ss &=?", "5433")
    uri = connection_uri(arguments(argv, db_port="6000"), secret, {})
    assert uri == (
        "postgresql://?dbname=shop%20%26%20co&application_name=extract_job&client_encoding=UTF8&connect_timeout=30"
        "&host=db.example.com&user=reader&password=p%40ss%20%26%3D%3F&sslmode=verify-full&sslrootcert=system&port=6000"
    )
    assert connection_uri(arguments(argv), secret, {"EXTRACT_DB_TLS": "off"}).endswith("password=p%40ss%20%26%3D%3F&port=5433")
    assert "p@ss" not in repr(secret)


def test_the_environment_of_libpq_has_precedence(argv):
    with_port = arguments(argv, db_port="6000")
    assert connection_uri(with_port, None, {"PGHOST": "localhost"}).endswith("connect_timeout=30&port=6000")
    assert connection_uri(with_port, None, {"PGHOST": "localhost", "PGPORT": "1"}).endswith("connect_timeout=30")


@pytest.fixture
def secrets(monkeypatch):
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("secretsmanager")


def test_a_secret_as_amazon_rds_writes_it(secrets):
    text = json.dumps({"engine": "postgres", "host": "h", "port": 5432, "username": "u", "password": "p", "dbname": "x"})
    secrets.create_secret(Name="postgres/shop", SecretString=text)
    boto3.client("ssm").put_parameter(Name="/shop/database", Value=text, Type="SecureString")
    assert read_secret("postgres/shop") == read_secret("/shop/database") == Secret("h", "u", "p", "5432")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hush", "is not a JSON object"),
        ('["hush"]', "is not a JSON object"),
        ('{"host": "h", "password": "hush"}', "has no 'username'"),
        ('{"host": "", "username": "u"}', "has no 'host' and no 'password'"),
    ],
)
def test_the_text_of_a_faulty_secret_is_not_shown(secrets, text, message):
    secrets.create_secret(Name="s", SecretString=text)
    with pytest.raises(JobError) as refused:
        read_secret("s")
    expected = 'expected {"host": …, "port": …, "username": …, "password": …}'
    or_host = "; or set EXTRACT_DB_HOST in the environment of the job" if "'host'" in message else ""
    assert str(refused.value) == f"--db_secret 's' {message}; {expected}{or_host}"


def test_a_missing_secret(secrets):
    with pytest.raises(JobError) as refused:
        read_secret("nowhere")
    assert str(refused.value).startswith("cannot read --db_secret 'nowhere': ")
    assert "ResourceNotFoundException" in str(refused.value)


def test_the_address_of_the_database_is_missing(job, monkeypatch):
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    done = job(db_engine="postgres", db_name="shop")
    assert (done.code, done.errors) == (
        1,
        [
            (
                "extract_job: the address of database 'shop' is missing: set --db_secret, or set PGHOST, PGUSER and PGPASSWORD "
                "(or a password file) in the environment of the job"
            )
        ],
    )


def test_a_server_that_does_not_answer(job, monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    done = job(db_engine="postgresql", db_name="shop")
    assert done.code == 1
    assert done.errors[0].startswith("extract_job: database 'shop': ")
    assert "Connection refused" in done.errors[0]
