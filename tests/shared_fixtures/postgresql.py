"""A PostgreSQL server for the tests: one per pytest process that needs one, on loopback, without fsync.

A separate server per xdist worker costs about a second, and the tests of two workers may then use the same names of
databases and roles. PostgreSQL refuses to run as root, so root starts it as the user `postgres` of Debian's package.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN: Final = Path("/usr/lib/postgresql")
INSTALL: Final = "apt-get install postgresql (or your system's package of the PostgreSQL server)"
_STARTS: Final = 3
"""Another process may take the free port before the server has it."""


@pytest.fixture(scope="session")
def postgresql_port() -> Iterator[int]:
    """The port of a new server; user and password are admin.

    Without server programs, the test is skipped with a message. Under EXTRACT_REQUIRE_POSTGRESQL=1 it fails instead:
    .ci/run and `make test-postgres` set this.
    """
    programs = server_programs()
    if programs is None:
        missing = f"left out: the programs of the PostgreSQL server are not on this machine; install them with: {INSTALL}"
        if os.environ.get("EXTRACT_REQUIRE_POSTGRESQL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    # Not among pytest's own folders: the next session may close those to other users, or remove them.
    folder = Path(tempfile.mkdtemp(prefix="extract-postgresql-"))
    server = Server(programs, folder)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder)


def server_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: on PATH, else the newest version of Debian's packages."""
    on_path = shutil.which("initdb")
    if on_path is not None and (programs := Path(on_path).resolve().parent).joinpath("pg_ctl").exists():
        return programs
    installed = [path.parent for path in DEBIAN.glob("*/bin/initdb")]
    return max(installed, key=lambda programs: [int(part) for part in re.findall("[0-9]+", programs.parent.name)], default=None)


@dataclass(frozen=True, slots=True)
class Server:
    """A cluster in `folder`, and its server."""

    programs: Path
    folder: Path

    def start(self) -> int:
        """Make the cluster, start the server and return its port."""
        password = self.folder / "password"
        password.write_text("admin", encoding="utf-8")
        password.chmod(0o644)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-A", "scram-sha-256", "-U", "admin", "-E", "UTF8", "--no-sync", f"--pwfile={password}")
        for start in range(_STARTS):
            port = free_port()
            settings = f"-p {port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_prepared_transactions=5"
            done = self._run("pg_ctl", "-w", "-l", self.folder / "log", "-o", settings, "start", check=start == _STARTS - 1)
            if done.returncode == 0:
                return port
        raise AssertionError("unreachable: the last start raises")

    def stop(self) -> None:
        """End the server, whose process number is in its folder, if it runs."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *argv: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program of the server. Its output goes to a file: the server keeps a pipe open."""
        as_user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        output = self.folder.joinpath(f"{program}.txt")
        with output.open("w", encoding="utf-8") as sink:
            done = subprocess.run(
                [self.programs / program, "-D", self.folder / "data", *argv],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd=self.folder, text=True, check=False, **as_user,
            )  # fmt: skip
        if check and done.returncode != 0:
            log = self.folder / "log"
            said = output.read_text(encoding="utf-8") + (log.read_text(encoding="utf-8") if log.exists() else "")
            pytest.fail(f"{program} of the PostgreSQL server failed ({self.programs}): {said}")
        return done


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
