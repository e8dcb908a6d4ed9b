"""A new project of 400 tables, as a new user makes it: from `init` to a rerun, without a word about maps that are too small."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

TABLES = [f"orders_{number:03}" for number in range(400)]
BROKEN = TABLES[7]


@pytest.fixture
def extract(tmp_path):
    """Run the command in the project; return what it wrote. Its exit code must be this one."""

    def run(*arguments, code=0):
        command = [sys.executable, "-c", "from extract_cli import main; main()", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, (arguments, done.stdout[-2000:], done.stderr[-2000:])
        shown = done.stdout + done.stderr
        assert "inline" not in shown.lower(), arguments
        return shown

    return run


@pytest.fixture
def database(tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT)")
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", [(1, "a"), (2, "b")])  # noqa: S608 - our own names
        connection.commit()
        yield connection


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_new_user_never_meets_the_word_inline(tmp_path, extract, database):
    extract("init", "--from-database", "sqlite:///shop.db")
    extract("validate")
    assert "DISTRIBUTED, 10 at once" in extract("plan", "shop")
    extract("plan", "shop", TABLES[0], "--details")
    extract("plan", "shop", "--output", "json")
    database.execute(f"ALTER TABLE {BROKEN} RENAME TO away")
    database.commit()
    shown = extract("run", "shop", "--local", "--run-id", "one", code=1)
    assert "1 of 400 tables did not succeed" in shown
    for command in ("status one", "runs", f"history {BROKEN}", f"logs one {BROKEN}", "watch one", "report one", "pools"):
        extract(*command.split(), code=1 if command in ("status one", "watch one") else 0)
    for command in ("asl build -o machine.json", "asl graph", "schema config", "doctor", "run --help", "plan --help"):
        extract(*command.split())
    database.execute(f"ALTER TABLE away RENAME TO {BROKEN}")
    database.commit()
    extract("rerun", "one", "--local", "--run-id", "two")
    assert "two: SUCCEEDED" in extract("status", "two")
    files = [path for path in tmp_path.rglob("*") if path.suffix in (".toml", ".yml", ".json", ".jsonl", ".py", ".html")]
    assert len(files) > 400
    met = [path for path in files if "inline" in _read(path).lower()]
    assert met == []


def _read(path):
    """The text of a file. The style of a page is not read by people."""
    return re.sub(r"(?s)<style.*?</style>", "", path.read_text(encoding="utf-8", errors="replace"))
