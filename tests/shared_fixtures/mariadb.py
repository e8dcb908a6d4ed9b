"""A MariaDB server for the tests: one per pytest process that needs one, on loopback, without waiting for the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from shared_fixtures.postgresql import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALL: Final = "apt-get install mariadb-server (or your system's package of the MariaDB server)"
_SECONDS: Final = 60
"""How long a server may take to start or to end."""


@pytest.fixture(scope="session")
def mariadb_port() -> Iterator[int]:
    """The port of a new server; user and password are admin.

    Without server programs, the test is skipped with a message. Under EXTRACT_REQUIRE_MARIADB=1 it fails instead:
    `make test-mariadb` sets this.
    """
    with mariadb_server(Path(tempfile.mkdtemp(prefix="extract-mariadb-"))) as port:
        yield port


@contextmanager
def mariadb_server(folder: Path, *options: str) -> Iterator[int]:
    """The port of a new server in this folder, which is removed at the end."""
    installer, server = (shutil.which(name) for name in ("mariadb-install-db", "mariadbd"))
    if installer is None or server is None:
        missing = f"left out: the programs of the MariaDB server are not on this machine; install them with: {INSTALL}"
        if os.environ.get("EXTRACT_REQUIRE_MARIADB") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    try:
        port = free_port()
        process = _started(installer, server, folder, port, *options)
        try:
            yield port
        finally:
            process.kill()
            process.wait(_SECONDS)
    finally:
        shutil.rmtree(folder)


def _started(installer: str, server: str, folder: Path, port: int, *options: str) -> subprocess.Popen[bytes]:
    user = "mysql" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    login: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    log = folder / "log"
    with log.open("wb") as sink:
        subprocess.run(
            [installer, "--no-defaults", f"--datadir={folder}/data", "--skip-test-db"],
            stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd=folder, check=True, **login,
        )  # fmt: skip
        setup = folder / "setup.sql"
        setup.write_text(
            "CREATE USER admin IDENTIFIED BY 'admin';\nGRANT ALL ON *.* TO admin WITH GRANT OPTION;\n", encoding="utf-8"
        )
        process = subprocess.Popen(
            [
                server, "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/socket", f"--port={port}",
                "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0", f"--pid-file={folder}/pid",
                f"--init-file={setup}", "--skip-name-resolve", "--innodb-buffer-pool-size=64M", *options,
            ],
            stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd=folder, **login,
        )  # fmt: skip
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        if b"ready for connections" in log.read_bytes():
            return process
        time.sleep(0.05)
    process.kill()
    process.wait(_SECONDS)
    pytest.fail(f"the MariaDB server did not start: {log.read_text(encoding='utf-8', errors='replace')}")
