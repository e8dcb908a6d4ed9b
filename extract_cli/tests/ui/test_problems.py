"""Errors are pages that say what happened and what to do."""

from __future__ import annotations

import sqlite3
import textwrap
from contextlib import closing

import pytest
from shared_fixtures.page import Page

from extract_core.errors import TrackingUnavailable

TRACKING = ".extract/tracking.db"


def shown(answer):
    page = Page(answer.text)
    assert page.faults == []
    assert "What to do:" in page.text
    return answer.status_code, page.text


@pytest.mark.usefixtures("stored")
def test_a_run_that_was_deleted(client, project):
    assert client.get("/run?run=night-1").status_code == 200
    with sqlite3.connect(project / TRACKING) as store:
        store.execute("PRAGMA foreign_keys = OFF")
        store.execute("DELETE FROM attempts WHERE run_id = 'night-1'")
        store.execute("DELETE FROM runs WHERE run_id = 'night-1'")
    store.close()
    status, text = shown(client.get("/run?run=night-1"))
    assert status == 404
    assert "This run is not recorded" in text
    assert "there is no run 'night-1'; did you mean 'night-2'?" in text
    status, text = shown(client.get("/run/table?run=night-1&table=public.notes"))
    assert status == 404
    assert "night-1" not in client.get("/").text


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"])
def test_a_store_that_another_process_writes_or_locks_as_a_whole_is_read_without_a_wait(client, stored, lock):
    """Pages read a copy: they show what is committed, and no writer waits for them."""
    with closing(sqlite3.connect(stored / TRACKING, isolation_level=None)) as writer:
        writer.executescript(lock)
        writer.execute("UPDATE runs SET source = 'changed' WHERE run_id = 'night-1'")
        text = Page(client.get("/").text).text
        assert "night-1 FAILED sales" in text
        assert Page(client.get("/run?run=night-1").text).faults == []
        writer.execute("COMMIT")
        assert "night-1 FAILED changed" in Page(client.get("/").text).text


def test_a_store_that_does_not_answer(client, monkeypatch):
    def busy(*_, **__):
        raise TrackingUnavailable("the tracking store 'dynamodb://t' does not answer: try again")

    monkeypatch.setattr("extract_cli.ui.site.open_tracking", busy)
    answer = client.get("/")
    status, text = shown(answer)
    assert (status, answer.headers["retry-after"]) == (503, "5")
    assert "The tracking store does not answer now" in text
    assert "Reload the page in a few seconds." in text


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [(b"not a database", 500, "this file is not a SQLite database"), (b"", 200, "No run is recorded here yet.")],
)
def test_a_file_that_is_no_store_or_an_empty_one(client, project, content, status, words):
    (project / ".extract").mkdir()
    (project / TRACKING).write_bytes(content)
    answer = client.get("/")
    assert answer.status_code == status
    assert words in Page(answer.text).text


def test_no_store_yet(client, project):
    assert "No run is recorded here yet." in client.get("/").text
    assert not (project / ".extract").exists()


def test_a_source_or_a_page_that_is_not_there(client):
    status, text = shown(client.get("/plan?source=sale"))
    assert (status, "did you mean 'sales'?" in text) == (400, True)
    status, text = shown(client.get("/config?source=..%2Fextract"))
    assert (status, "is not a valid source name" in text) == (400, True)
    for path in ("/run", "/plan", "/tables", "/table?source=sales", "/run/table?run=x"):
        status, text = shown(client.get(path))
        assert (status, "choose one from" in text) == (400, True), path
    status, text = shown(client.get("/nope"))
    assert (status, "There is no such page" in text) == (404, True)


def test_no_credentials(client, project, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(project / "none"))
    places = "".join(f'{name}_uri = "s3://acme-extract/{name}/"\n' for name in ("config", "data", "runs"))
    toml = f'[pipeline]\nname = "x"\nregion = "eu-central-1"\ntracking = "dynamodb://extract?region=eu-central-1"\n{places}'
    (project / "extract.toml").write_text(toml + '[job_types.glue]\njob_name = "x"\n')
    client.app._app.state.site._local = False
    status, text = shown(client.get("/"))
    assert status in (500, 503)
    assert "credentials" in text
    assert "extract doctor" in text


def test_a_fault_of_ours(client, monkeypatch):
    monkeypatch.setattr("extract_cli.ui.run_pages.page_of", lambda *_: 1 / 0)
    status, text = shown(client.get("/"))
    assert status == 500
    assert "The app has a fault" in text
    assert "ZeroDivisionError: division by zero" in text


BROKEN = """
    raise RuntimeError("needs numpy 1")
"""


def test_a_broken_plugin_has_its_cause_on_the_page(client, tmp_path, monkeypatch):
    folder = tmp_path / "plugins"
    (folder / "broken-1.0.dist-info").mkdir(parents=True)
    (folder / "broken-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (folder / "broken-1.0.dist-info" / "entry_points.txt").write_text("[extract_core]\nbroken = broken_plugin\n")
    (folder / "broken_plugin.py").write_text(textwrap.dedent(BROKEN))
    monkeypatch.syspath_prepend(str(folder))
    answer = client.get("/plugins")
    text = Page(answer.text).text
    assert answer.status_code == 200
    assert "RuntimeError: needs numpy 1" in text, text
    assert "extract-sfn-glue" in text
    assert client.get("/plan?source=sales").status_code == 200
