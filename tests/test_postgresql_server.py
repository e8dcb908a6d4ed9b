"""Where the tests find PostgreSQL's server programs, and what happens without them."""

from __future__ import annotations

import sys

import pytest
from shared_fixtures import postgresql

pytest_plugins = ("pytester",)


def test_programs_on_the_path_come_before_the_newest_of_debian(tmp_path, monkeypatch):
    for version in ("9.6", "15", "16"):
        for program in ("initdb", "pg_ctl"):
            path = tmp_path / "debian" / version / "bin" / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o755)
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("PATH", "")
    assert postgresql.server_programs() == tmp_path / "debian" / "16" / "bin"
    monkeypatch.setenv("PATH", str(tmp_path / "debian" / "15" / "bin"))
    assert postgresql.server_programs() == tmp_path / "debian" / "15" / "bin"


@pytest.mark.parametrize(("required", "outcome"), [("", "skipped"), ("1", "errors")])
def test_without_programs_a_test_is_skipped_with_the_command_and_fails_in_the_gate(
    pytester, tmp_path, monkeypatch, required, outcome
):
    pytester.makeconftest(
        "from pathlib import Path\nfrom shared_fixtures import postgresql\n"
        "from shared_fixtures.postgresql import postgresql_port\n"
        f"postgresql.DEBIAN = Path({str(tmp_path / 'none')!r})"
    )
    pytester.makepyfile("def test_it(postgresql_port): pass")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTHONPATH", str(postgresql.__file__).removesuffix("shared_fixtures/postgresql.py"))
    monkeypatch.setenv("EXTRACT_REQUIRE_POSTGRESQL", required)
    done = pytester.run(sys.executable, "-m", "pytest", "-q", "-rsE", "-p", "no:cacheprovider")
    done.assert_outcomes(**{outcome: 1})
    done.stdout.fnmatch_lines(["*the programs of the PostgreSQL server are not on this machine; install them with: apt-get *"])
