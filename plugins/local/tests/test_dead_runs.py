"""A run on this machine whose process was killed: whatever its files say, it is closed, and it stops no new run."""

from __future__ import annotations

import json
import logging
import os
import shutil
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from extract_core.pipeline.read import read_pipeline
from extract_core.runs.begin import manage
from extract_local.engine import LocalEngine
from extract_local.executions.folder import ExecutionFolder

CONFIG = """
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  tables: {public.categories: {}, public.suppliers: {}}
"""
RUN = "r1"
MACHINE = {"name": "x", "map": "INLINE", "max_concurrency": 10, "retry_loop": False, "contract": [1, 0], "versions": {},
           "job_types": {"glue": {}}}  # fmt: skip


@pytest.fixture
def dead(demo_project):
    """A project with a run that took its tables and whose process was then killed. Gives the project."""
    demo_project.config(CONFIG)
    engine = LocalEngine(read_pipeline(demo_project.folder / "extract.toml"))
    event = {"source": "sales", "tables": "*"}
    engine.parts()
    folder = ExecutionFolder.create(demo_project.folder / ".extract/executions", engine.execution_id(RUN), "{}", event)
    execution = {"id": engine.execution_id(RUN), "name": RUN, "started_at": datetime.now(UTC).isoformat()}
    manage(engine.parts(), {"event": event, "execution": execution, "machine": MACHINE})
    engine.parts().tracking.close()
    folder.close()
    return demo_project


def file_of(project, name):
    return project.folder / ".extract/executions" / RUN / name


ENDS = {
    "empty": b"",
    "cut": b'{"status": "SUCC',
    "no UTF-8": b"\xff\xfe\x00",
    "a list": b"[1]",
    "a word of no execution": b'{"status": "DONE", "cause": null}',
    "no status": b'{"cause": null}',
    "nested too deep": b"[" * 100_000,
    "half a character": b'{"status": "FAILED", "cause": "x\\ud800"}',
    "a cause that is a number": b'{"status": "TIMED_OUT", "cause": 7}',
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_whatever_the_file_of_its_end_says_it_is_closed(dead, end):
    file_of(dead, "end.json").write_bytes(end)
    done = dead.extract("reconcile", "--local", "--output", "json")
    [answer] = json.loads(done.stdout)
    assert (answer["before"], answer["after"]) == (
        "DIED",
        "STOPPED" if b'"cause": 7' not in end and b"FAILED" not in end else "FAILED",
    )
    assert dead.extract("reconcile", "--local").stderr == "there is nothing to clean up\n"


@pytest.mark.parametrize("line", [b"\xff\n", b"[\n", b"[1]\n", b"{}\n", b'{"type": "x"}\n', b"[" * 100_000 + b"\n"])
def test_a_damaged_line_of_its_history_hides_no_other(dead, line):
    event = b'{"id": 1, "type": "ExecutionStarted"}\n'
    file_of(dead, "events.jsonl").write_bytes(line + event + line + b'{"id": 2, "type"')
    folder = ExecutionFolder(file_of(dead, ""))
    assert [event["id"] for event in folder.events()] == [1]
    assert [event["id"] for event in folder.follow()] == [1]
    dead.extract("reconcile", RUN, "--local")


def test_a_dead_run_that_can_not_be_closed_stops_no_new_run(dead, monkeypatch, caplog):
    def refuse(*_: object) -> None:
        raise RuntimeError("the disk says no")

    monkeypatch.setattr("extract_core.runs.close.close_run", refuse)
    monkeypatch.setattr("extract_core.runs.reconcile.close_stopped", refuse)
    engine = LocalEngine(read_pipeline(dead.folder / "extract.toml"))
    with caplog.at_level(logging.WARNING):
        assert engine.parts().is_running(engine.execution_id(RUN)) is False
    assert f"{RUN} died and can't be closed now: RuntimeError: the disk says no" in caplog.text


def test_the_file_of_the_end_can_hold_half_a_character(tmp_path):
    from extract_core.runs.engine import ExecutionEnd

    folder = ExecutionFolder.create(tmp_path, "arn:r", "{}", {})
    folder.end(ExecutionEnd(status="FAILED", cause="x\ud800", output="\udfff"))
    folder.close()
    assert folder.ended() == ExecutionEnd(status="FAILED", cause="x\ud800")


def test_another_checkout_that_shares_the_store_neither_sees_nor_closes_a_living_run(dead, tmp_path):
    other = tmp_path / "other checkout"
    shutil.copytree(dead.folder, other, ignore=shutil.ignore_patterns(".extract"))
    shutil.copytree(dead.folder / ".extract/executions", other / ".extract/executions")  # a copy says nothing about the process
    store = dead.folder / ".extract/tracking.db"
    place = f'tracking = "sqlite://{quote(str(store))}"'
    text = (other / "extract.toml").read_text().replace('tracking = ".extract/tracking.db"', place)
    (other / "extract.toml").write_text(text)
    there = type(dead)(other)
    for arguments in (("status", RUN), ("reconcile",), ("report", RUN)):
        there.extract(*arguments, "--local")
    assert json.loads(there.extract("status", RUN, "--local", "--output", "json").stdout)["state"] == "RUNNING"
    assert "r1 is still running" in there.call("rerun", RUN, "--local").stderr.replace("'", "")
    assert json.loads(dead.extract("reconcile", RUN, "--local", "--output", "json").stdout)[0]["after"] == "STOPPED"
    assert json.loads(there.call("status", RUN, "--local", "--output", "json").stdout)["state"] == "STOPPED"


@pytest.mark.parametrize("holds", [True, False])
def test_a_lock_speaks_of_its_own_execution_only(tmp_path, holds):
    folder = ExecutionFolder.create(tmp_path, "arn:p:r", "{}", {})
    if not holds:
        folder.close()
    seen = ExecutionFolder.of(tmp_path, "r")
    assert (seen.is_of("arn:p:r"), seen.is_of("arn:q:r"), seen.is_running) == (True, False, holds)
    shutil.copytree(tmp_path / "r", tmp_path / "copy")
    assert not ExecutionFolder.of(tmp_path, "copy").is_of("arn:p:r")
    (tmp_path / "r" / "lock").write_bytes(b"")
    assert seen.is_of("arn:p:r")  # of an earlier version
    folder.close()


def test_a_reader_who_may_not_write_sees_that_a_run_lives(tmp_path):
    folder = ExecutionFolder.create(tmp_path, "arn:p:r", "{}", {})
    (tmp_path / "r" / "lock").chmod(0o444)
    opened = []
    real = os.open

    def refuse_writing(path, flags, *more, **members):
        opened.append(flags)
        if flags & (os.O_RDWR | os.O_WRONLY):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *more, **members)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", refuse_writing)
        assert ExecutionFolder.of(tmp_path, "r").is_running
    assert opened
    folder.close()


def test_a_dead_run_that_a_reader_can_not_close_is_shown_with_a_note(dead, monkeypatch):
    from extract_core.errors import TrackingError

    def refuse(*_: object) -> None:
        raise TrackingError("the file can't be written")

    monkeypatch.setattr("extract_local.engine.LocalEngine.reconcile", refuse)
    done = dead.extract("status", RUN, "--local", code=1)
    assert f"run {RUN}: DIED" in done.stdout
    assert f"note: run {RUN} died, and can't be cleaned up now: the file can't be written\n" in done.stderr


def test_the_folder_of_the_runs_is_closed_to_other_users(dead):
    assert (dead.folder / ".extract").stat().st_mode & 0o777 == 0o700
