"""Rules that the command and the reference job have in common, although neither imports the other."""

from __future__ import annotations

import pytest

from extract_cli.catalog.compare import MARKS
from extract_cli.catalog.tls import is_loopback
from extract_job.databases.login import tls_of
from extract_job.databases.mysql.watermark import MysqlWatermark
from extract_job.databases.oracle.watermark import OracleWatermark
from extract_job.databases.postgresql.watermark import PostgresqlWatermark
from extract_job.databases.sqlserver.watermark import SqlServerWatermark

OF_JOB = {
    "postgres": PostgresqlWatermark.types,
    "mysql": MysqlWatermark.types,
    "mariadb": MysqlWatermark.types,
    "sqlserver": SqlServerWatermark.types,
    "oracle": OracleWatermark.types,
}


@pytest.mark.parametrize("engine", MARKS)
def test_the_command_and_the_job_take_the_same_types_for_marks(engine):
    of_job = {kind.value: types for kind, types in OF_JOB[engine].items()}
    marks = MARKS[engine]
    assert {name: of_job["IntegerType" if name == "LongType" else name] for name in marks} == marks
    assert marks.keys() == of_job.keys() | {"LongType"}


@pytest.mark.parametrize(
    "host", ["", "localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "/run/mysqld.sock", "10.0.0.1", "db.local"]
)
def test_the_command_and_the_job_check_the_certificates_of_the_same_hosts(host):
    assert tls_of(host, {}).verify is not is_loopback(host)
