"""`extract pace` on one machine: the number goes to the process of the run through the run's folder."""

from __future__ import annotations

import threading
import time

import pytest

from extract_core.pipeline.read import read_pipeline
from extract_local.engine import LocalEngine

CONFIG = """
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  script_name: wait.py
  tables: {a: {}, b: {}, c: {}}
"""
SCRIPT = """
import pathlib, sys, time
pathlib.Path(sys.argv[sys.argv.index("--extract_table") + 1] + ".started").touch()
while not pathlib.Path("gate").exists():
    time.sleep(0.02)
"""


@pytest.fixture
def narrow(demo_project):
    """A run of three tables, one at once, whose jobs wait for a file."""
    demo_project.config(CONFIG)
    (demo_project.folder / "jobs").mkdir(exist_ok=True)
    (demo_project.folder / "jobs" / "wait.py").write_text(SCRIPT)
    engine = LocalEngine(read_pipeline(demo_project.folder))
    execution = engine.start({"source": "sales", "tables": "*", "max_concurrency": 1}, run_id="r")
    ended = threading.Thread(target=execution.end)
    ended.start()
    _await(lambda: _started(demo_project) == 1)
    yield demo_project
    (demo_project.folder / "gate").touch()
    ended.join(60)
    assert not ended.is_alive()


def test_more_tables_start_at_once(narrow):
    assert narrow.extract("pace", "r", "2", "--local").stderr == "run r: 2 tables at once from now on\n"
    _await(lambda: _started(narrow) == 2)
    time.sleep(1.2)  # two looks of the process
    assert _started(narrow) == 2
    narrow.extract("pace", "r", "3", "--local")
    _await(lambda: _started(narrow) == 3)


def test_a_run_that_has_ended(demo_project):
    demo_project.call("run", "sales", "public.nothing", "--local", "--run-id", "r")
    refused = demo_project.extract("pace", "r", "2", "--local", code=2)
    assert refused.stderr == "extract: run 'r' has ended (REFUSED); for the next one, use --max-concurrency\n"


@pytest.mark.parametrize("number", ["0", "10001", "many"])
def test_a_number_that_is_not_valid(demo_project, number):
    assert "Invalid value for 'N'" in demo_project.extract("pace", "r", number, "--local", code=2).stderr


def _started(project) -> int:
    return len(list(project.folder.glob("*.started")))


def _await(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
