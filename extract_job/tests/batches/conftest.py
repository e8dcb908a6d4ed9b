"""The login for the drivers that replay recorded shapes: see `shared_fixtures.replayed_driver`."""

import pytest
from shared_fixtures.replayed_driver import driver


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Return a function that makes a driver and the login for it, and returns its server."""
    monkeypatch.chdir(tmp_path)
    for name in ("EXTRACT_DB_TLS", "EXTRACT_DB_CA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "SQLCMDSERVER": "127.0.0.1,1433", "SQLCMDUSER": "reader", "SQLCMDPASSWORD": "pa}ss;word",
        "ORACLE_HOST": "127.0.0.1", "ORACLE_USER": "reader", "ORACLE_PASSWORD": "pa}ss;word",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return lambda module, answers: driver(monkeypatch, module, answers)
