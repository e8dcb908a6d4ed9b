# ruff: noqa: PLR0917 - the values are those of the tests
"""How the job logs in: layouts of secrets, tokens of RDS, TLS, and no secret in anything that the job writes."""

import json
import sys
import traceback
from importlib import import_module
from io import StringIO
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest

from extract_job.arguments.parsing import parse_arguments
from extract_job.databases.login import Tls, login_of, tls_of
from extract_job.databases.mysql.connection import VARIABLES, parameters
from extract_job.databases.mysql.connection import login as mysql_login
from extract_job.databases.opening import open_source
from extract_job.databases.oracle.connection import parameters as oracle_parameters
from extract_job.databases.postgresql.connection import connection_uri, login_secret
from extract_job.databases.secret import Secret, read_secret
from extract_job.errors import FailureClass, JobError
from extract_job.last_result import NOTHING
from extract_job.selftest.program import main as selftest
from extract_job.stopping import StopRequest

PASSWORD = "S3cret}&p@ss/w%rd;"
HOSTS = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "MYSQL_HOST", "MYSQL_SSL_CA", "SQLCMDSERVER", "ORACLE_HOST", "EXTRACT_DB_HOST",
         "EXTRACT_DB_TLS", "EXTRACT_DB_CA", "AWS_ENDPOINT_URL")  # fmt: skip


@pytest.fixture
def secret(monkeypatch):
    """Return a function that stores a secret and returns its name. `test_postgresql_parts` reads one from Secrets Manager."""
    for name in HOSTS:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")

    def store(**members):
        monkeypatch.setattr("extract_job.databases.secret._text", {"shop": json.dumps(members)}.__getitem__)
        return "shop"

    return store


@pytest.mark.parametrize(
    "members",
    [
        {
            "engine": "mysql",
            "host": "h",
            "port": 3307,
            "username": "u",
            "password": "p",
            "dbname": "d",
            "dbInstanceIdentifier": "i",
        },
        {"host": "h", "port": "3307", "user": "u", "password": "p"},
        {"hostname": "h", "db_port": 3307, "db_user": "u", "db_password": "p"},
        {"server": "h", "port": 3307, "db_username": "u", "password": "p"},
        {"db_host": "h", "host": "", "port": 3307, "username": "u", "password": "p"},
    ],
)
def test_layouts_of_a_secret(secret, members):
    assert read_secret(secret(**members)) == Secret("h", "u", "p", "3307")


def test_a_secret_that_rds_manages_has_no_host(secret, monkeypatch):
    name = secret(username="u", password="p")
    with pytest.raises(JobError, match=r"has no 'host'; expected .*; or set EXTRACT_DB_HOST in the environment of the job"):
        read_secret(name)
    monkeypatch.setenv("EXTRACT_DB_HOST", "h")
    assert read_secret(name) == Secret("h", "u", "p", None)


@pytest.mark.parametrize(
    ("engine", "port"), [("postgres", 5432), ("mysql", 3306), ("mysql", 4406)], ids=["postgres", "mysql", "another port"]
)
def test_a_token_of_rds_is_signed_for_host_port_and_user(secret, argv, engine, port):
    named = {"port": port} if port == 4406 else {}
    name = secret(host="db.x.eu-west-1.rds.amazonaws.com", username="reader", auth="iam", region="eu-west-1", **named)
    arguments = parse_arguments(argv(db_engine=engine, db_secret=name))
    if engine == "mysql":
        token = login_of(arguments, VARIABLES, 3306).password
    else:
        token = login_secret(arguments).password
        assert PASSWORD not in connection_uri(arguments, login_secret(arguments), {})
    parts = urlsplit(f"//{token}")
    values = {key: value for key, (value,) in parse_qs(parts.query).items()}
    assert parts.netloc == f"db.x.eu-west-1.rds.amazonaws.com:{port}"
    assert (values["Action"], values["DBUser"], values["X-Amz-Expires"]) == ("connect", "reader", "900")
    assert values["X-Amz-Credential"].endswith("/eu-west-1/rds-db/aws4_request")
    assert (values["X-Amz-Algorithm"], len(values["X-Amz-Signature"])) == ("AWS4-HMAC-SHA256", 64)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"auth": "kerberos"}, "its member 'auth' must be 'password' or 'iam'"),
        ({"tls": "maybe"}, "the secret says tls: 'maybe'; it must be 'verify' or 'off'"),
        (
            {"ca": "/no/such/file.pem"},
            "cannot read the file of CAs '/no/such/file.pem': No such file or directory; correct the member ca",
        ),
    ],
)
def test_members_that_are_wrong(secret, argv, members, message):
    name = secret(host="h", username="u", password=PASSWORD, **members)
    with pytest.raises(JobError) as refused:
        login_of(parse_arguments(argv(db_engine="mysql", db_secret=name)), VARIABLES, 3306)
    assert message in str(refused.value)
    assert refused.value.failure is FailureClass.CONFIG
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "environ", "of_secret", "expected"),
    [
        ("db.example.com", {}, {}, Tls(verify=True)),
        ("10.0.0.7", {}, {}, Tls(verify=True)),
        ("localhost", {}, {}, Tls(verify=False)),
        ("127.0.0.53", {}, {}, Tls(verify=False)),
        ("::1", {}, {}, Tls(verify=False)),
        ("/var/run/postgresql", {}, {}, Tls(verify=False)),
        ("localhost", {"EXTRACT_DB_TLS": "verify"}, {}, Tls(verify=True)),
        ("db.example.com", {"EXTRACT_DB_TLS": "off"}, {}, Tls(verify=False)),
        ("db.example.com", {"EXTRACT_DB_TLS": "off"}, {"tls": "verify"}, Tls(verify=True)),
        ("db.example.com", {"EXTRACT_DB_CA": __file__}, {}, Tls(verify=True, authority=__file__)),
        ("db.example.com", {"EXTRACT_DB_CA": "/no"}, {"authority": __file__}, Tls(verify=True, authority=__file__)),
    ],
)
def test_tls_is_checked_except_on_this_machine(host, environ, of_secret, expected):
    assert tls_of(host, environ, Secret(host, "u", "p", None, **of_secret)) == expected


def test_what_the_drivers_get(secret, argv, monkeypatch, tmp_path):
    name = secret(host="db.example.com", username="u", password=PASSWORD)
    arguments = parse_arguments(argv(db_engine="mysql", db_secret=name))
    assert parameters(arguments, mysql_login(arguments))["ssl"].check_hostname is True
    assert oracle_parameters("shop", mysql_login(arguments))["protocol"] == "tcps"
    assert "sslmode=verify-full&sslrootcert=system" in connection_uri(arguments, read_secret(name), {})
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("MYSQL_SSL_CA", str(tmp_path / "ca.pem"))
    with pytest.raises(JobError, match=r"cannot read the file of CAs .*ca.pem"):
        parameters(arguments, mysql_login(arguments))


class RefusedError(Exception):
    """A driver's error that holds the password, as plain text and encoded."""

    def __init__(self, *_):
        super().__init__(f"cannot log in with {PASSWORD} or S3cret%7D%26p%40ss%2Fw%25rd%3B")


@pytest.mark.parametrize(
    ("engine", "module"),
    [("postgres", "adbc_driver_postgresql.dbapi"), ("mysql", "pymysql"), ("sqlserver", "mssql_python"), ("oracle", "oracledb")],
)
def test_no_secret_is_in_anything_that_the_job_writes(secret, job, argv, monkeypatch, tmp_path, engine, module):
    """The secret is looked for in stderr, in all files, and in the whole traceback of the exception."""
    name = secret(host="127.0.0.1", username="S3cretUser", password=PASSWORD)

    def connect(*_, **__):
        raise RefusedError

    driver = import_module(module) if engine in ("postgres", "mysql") else ModuleType(module)
    monkeypatch.setitem(sys.modules, module, driver)
    monkeypatch.setattr(driver, "Error", RefusedError, raising=False)
    monkeypatch.setattr(driver, "connect", connect, raising=False)
    words = {"db_engine": engine, "db_name": "shop", "db_secret": name}
    done = job(**words)
    assert (done.code, done.failure["class"]) == (1, "USER_CODE")
    assert "cannot log in with … or …" in done.failure["message"]
    written = "\n".join([*done.errors, *(path.read_text() for path in tmp_path.rglob("*") if path.is_file())])
    arguments = parse_arguments(argv(**words))
    try:
        with open_source(arguments, NOTHING, StopRequest()):
            pass
    except JobError as error:
        written += "".join(traceback.format_exception(error)) + repr(arguments)
    assert "cannot log in" in written
    for part in ("S3cret", "p@ss", "p%40ss", "S3cretUser"):
        assert part not in written


@pytest.mark.parametrize(
    ("engine", "module", "package"),
    [
        ("postgres", "adbc_driver_postgresql", "adbc-driver-postgresql"),
        ("mysql", "pymysql", "PyMySQL numpy"),
        ("sqlserver", "mssql_python", "mssql-python"),
        ("oracle", "oracledb", "oracledb"),
    ],
)
def test_a_missing_driver_is_named_with_its_extra(job, monkeypatch, engine, module, package):
    for name in (module, f"{module}.dbapi"):
        monkeypatch.setitem(sys.modules, name, None)
    words = {"db_engine": engine, "db_name": "shop"}
    said = (
        f"--db_engine {engine!r} requires a driver, which is in the extra {engine!r} of extract-sfn-job; install it with: "
        f"pip install {package}"
    )
    assert job(**words).errors == [f"extract_job: {said}"]
    out = StringIO()
    hosts = {"postgres": "PGHOST", "mysql": "MYSQL_HOST", "sqlserver": "SQLCMDSERVER", "oracle": "ORACLE_HOST"}
    monkeypatch.setenv(hosts[engine], "h")
    assert selftest(["--db_engine", engine, "--db_name", "shop"], out) == 1
    assert out.getvalue() == f"selftest: {said}\n"
