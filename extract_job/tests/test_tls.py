"""TLS with real servers: the certificate must be that of a known CA and of the host."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pymysql
import pytest
from shared_fixtures.certificates import write_certificates
from shared_fixtures.mariadb import mariadb_server


@pytest.fixture
def folder():
    """A folder with certificates that the users of the servers can read, too."""
    made = Path(tempfile.mkdtemp(prefix="extract-tls-"))
    made.chmod(0o755)
    write_certificates(made)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def owned_by(user, folder):
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user, user)


def outcomes(job, folder, monkeypatch, port, **words):
    """What becomes of the job by what the secret says: without a CA, with it, with another name of the host, not checked."""
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "MYSQL_HOST", "MYSQL_SSL_CA", "EXTRACT_DB_TLS", "EXTRACT_DB_CA"):
        monkeypatch.delenv(name, raising=False)
    secret = {"host": "127.0.0.1", "port": port, "username": "admin", "password": "admin"}
    ca = str(folder / "ca.pem")
    said = []
    for more in ({"tls": "verify"}, {"tls": "verify", "ca": ca}, {"tls": "verify", "ca": ca, "host": "localhost"}, {}):
        monkeypatch.setattr("extract_job.databases.secret._text", {"s": json.dumps(secret | more)}.__getitem__)
        done = job(db_secret="s", **words)
        said.append(None if done.code == 0 else (done.failure["class"], "EXTRACT_DB_CA" in done.failure["message"]))
    return said


REFUSED = ("CONFIG", True)


@pytest.mark.mariadb
@pytest.mark.xdist_group("mariadb")
def test_mariadb(job, folder, monkeypatch):
    owned_by("mysql", folder)
    files = {"ca": "ca.pem", "cert": "server.pem", "key": "server.key"}
    options = [f"--ssl-{name}={folder / file}" for name, file in files.items()]
    with mariadb_server(Path(tempfile.mkdtemp(prefix="extract-mariadb-")), *options) as port:
        with pymysql.connect(host="127.0.0.1", port=port, user="admin", password="admin").cursor() as cursor:
            cursor.execute("CREATE DATABASE shop")
            cursor.execute("CREATE TABLE shop.t (id int PRIMARY KEY)")
        done = outcomes(job, folder, monkeypatch, port, db_engine="mariadb", db_name="shop")
    assert done == [REFUSED, None, REFUSED, None]


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_postgresql(job, folder, monkeypatch, postgresql_port):
    owned_by("postgres", folder)
    settings = {"ssl_cert_file": folder / "server.pem", "ssl_key_file": folder / "server.key", "ssl": "on"}
    login = {"host": "127.0.0.1", "port": postgresql_port, "user": "admin", "password": "admin", "dbname": "postgres"}
    with psycopg.connect(**login, autocommit=True) as session:
        session.execute("CREATE TABLE IF NOT EXISTS public.of_tls (id int)")
        for name, value in settings.items():
            session.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        session.execute("SELECT pg_reload_conf()")
        try:
            done = outcomes(job, folder, monkeypatch, postgresql_port, db_engine="postgres", db_name="postgres",
                            extract_table="public.of_tls")  # fmt: skip
        finally:
            for name in reversed(settings):
                session.execute(f"ALTER SYSTEM RESET {name}")
            session.execute("SELECT pg_reload_conf()")
            session.execute("DROP TABLE public.of_tls")
    assert done == [REFUSED, None, REFUSED, None]
