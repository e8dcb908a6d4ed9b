"""A database per test on the MariaDB server of the tests, and the job run on it."""

import pymysql
import pytest


@pytest.fixture
def new_session(mariadb_port, monkeypatch, tmp_path):
    """A new database, reached by the environment; returns a function that opens a session in it."""
    monkeypatch.chdir(tmp_path)
    login = {"MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": str(mariadb_port), "MYSQL_USER": "admin", "MYSQL_PWD": "admin"}
    for name, value in login.items():
        monkeypatch.setenv(name, value)
    sessions = []

    def session(database="shop", *, autocommit=False, user="admin"):
        login = {"host": "127.0.0.1", "port": mariadb_port, "user": user, "password": user}
        sessions.append(pymysql.connect(**login, database=database, autocommit=autocommit, charset="utf8mb4"))
        return sessions[-1]

    with session(None, autocommit=True).cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS shop")
        cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
    yield session
    for opened in sessions:
        opened.close()


@pytest.fixture
def sql(new_session):
    """Returns a function that runs statements and commits each."""
    connection = new_session(autocommit=True)

    def run(*statements, values=None):
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, values)

    return run


@pytest.fixture
def mysql(new_session, job):
    """Returns a function that runs the job on the database."""
    return lambda **changed: job(**{"db_engine": "mariadb", "db_name": "shop"} | changed)


@pytest.fixture
def runs(new_session, chain):
    """A chain of incremental runs by the column `at`."""
    return chain(db_engine="mariadb", db_name="shop", hwm_col_name="at", hwm_column_type="TimestampType")
