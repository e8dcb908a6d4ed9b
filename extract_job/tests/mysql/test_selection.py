"""`where` on MariaDB: each value is compared in the type of its column."""

import json

import pytest

pytestmark = [pytest.mark.mariadb, pytest.mark.xdist_group("mariadb")]

TABLE = (
    """
CREATE TABLE t (id bigint unsigned PRIMARY KEY, country varchar(20) COLLATE utf8mb4_bin, amount decimal(10, 2), day date,
  paid bool, at timestamp NULL, plain datetime(6), b varbinary(3))
""",
    r"""
INSERT INTO t VALUES (1, 'DE', 10, '2026-01-01', true, '2026-01-01 08:00:00', '2026-01-01 10:00', 0x00),
  (2, 'AT', 9.99, '2026-01-02', false, '2026-01-02 00:00:00', '2026-01-02', NULL),
  (18446744073709551615, NULL, 500, '2026-01-03', true, NULL, NULL, NULL),
  (4, 'O''Hara\\', 20, NULL, NULL, '2026-01-04 00:00:00', '2026-01-04', NULL)
""",
    "SET time_zone = '+00:00'",
)
MOST = 18_446_744_073_709_551_615


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"COUNTRY": ["DE", None]}, [1, MOST]),
        ({"country": {"!=": ["DE", None]}}, [2, 4]),
        ({"country": "O'Hara\\"}, [4]),
        ({"country": "x' OR '1' = '1"}, []),
        ({"id": {">": "18446744073709551614"}}, [MOST]),
        ({"amount": {">=": "10", "<": "500"}}, [1, 4]),
        ({"day": {">": "2026-01-01"}}, [2, MOST]),
        ({"paid": "1"}, [1, MOST]),
        ({"at": {"<=": "2026-01-01T10:00:00+02:00"}}, [1]),
        ({"plain": {">": "2026-01-01 09:59:59.999999"}}, [1, 2, 4]),
    ],
)
def test_where_selects_rows(sql, mysql, where, expected):
    create, insert, zone = TABLE
    sql(create, zone, insert)
    done = mysql(where=json.dumps(where), columns="id", verify="full")
    assert done.code == 0, done.errors
    assert sorted(int(row[0]) for row in done.rows) == sorted(expected)
    assert done.result["proof"]["files"]["rows"] == len(expected)
