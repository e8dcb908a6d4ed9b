"""A run whose process is killed again and again extracts each table once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def kill(folder: Path, kills: int, tables: int, seed: int, *more: str) -> dict:
    """Run `killing.py` in a process without threads; return its figures."""
    arguments = ("--kills", str(kills), "--tables", str(tables), "--seed", str(seed), *more)
    done = subprocess.run(
        [sys.executable, str(TESTS / "scale/killing.py"), str(folder), *arguments],
        env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def test_a_few_kills(tmp_path):
    figures = kill(tmp_path / "p", kills=2, tables=20, seed=7)
    assert sum(figures["kills"].values()) == 2
    assert figures["jobs"] >= 20 * figures["chains"]


def test_a_few_kills_of_shared_jobs(tmp_path):
    figures = kill(tmp_path / "p", 2, 20, 8, "--share", "7")
    assert sum(figures["kills"].values()) == 2
    assert figures["jobs"] >= 20 * figures["chains"]


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_hundred_kills_of_a_run_with_groups_of_fifty_tables(tmp_path):
    assert sum(kill(tmp_path / "p", 200, 500, 3, "--share", "50")["kills"].values()) == 200


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_hundred_kills_of_a_run_with_five_hundred_tables(tmp_path):
    assert sum(kill(tmp_path / "p", kills=200, tables=500, seed=1)["kills"].values()) == 200


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_hundred_kills_of_a_run_with_five_hundred_tables_of_a_pool(tmp_path):
    assert sum(kill(tmp_path / "p", 200, 500, 2, "--pool", "8")["kills"].values()) == 200
