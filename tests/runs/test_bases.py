"""An increment is planned only if the data that it continues is where this pipeline writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from shared_fixtures.pipeline import SALES

from extract_core import FailureClass
from extract_core.objects.files import file_uri
from extract_core.runs.bases import check_bases
from extract_core.tracking.records import MarkChange
from extract_core.tracking.sqlite import SQLiteTracking

ORDERS = "public.orders"
MARK = "2026-03-01 05:00:00"


def folder(pipeline, table=ORDERS, data="data"):
    return pipeline.folder / data / "sales" / table


def entries(pipeline, data="data"):
    place = folder(pipeline, data=data) / "_committed"
    return {path.name: json.loads(path.read_text()) for path in sorted(place.glob("*.json"))} if place.exists() else {}


def orders(pipeline, run_id, **event):
    """The item of the orders in a new run."""
    return next(item for item in pipeline.plan(run_id, tables=[ORDERS], **event)["tables_to_extract"])


def reingesting(pipeline):
    pipeline.write(SALES.replace("job_type: press", "job_type: press\n  on_missing_base: reingest"))


def moved(pipeline):
    """data_uri is changed."""
    pipeline.parts = replace(pipeline.parts, data_uri=file_uri(pipeline.folder / "elsewhere") + "/")
    return "data_uri has changed, or two pipelines use one tracking store"


def deleted(pipeline):
    """All data is deleted."""
    shutil.rmtree(pipeline.folder / "data")
    return "or its files, are gone"


def without_manifest(pipeline):
    """The manifest is deleted, and the files of the last commit too."""
    shutil.rmtree(folder(pipeline) / "_committed")
    shutil.rmtree(next(folder(pipeline).glob("run_id=run-1")))
    return "or its files, are gone"


def without_the_last_entry(pipeline):
    """One entry and its files are gone; an older one is there."""
    (folder(pipeline) / "_committed/0000000001-0001.json").rename(folder(pipeline) / "_committed/0000000000-0001.json")
    shutil.rmtree(next(folder(pipeline).glob("run_id=run-1")))
    return "or its files, are gone"


CHANGES = [moved, deleted, without_manifest, without_the_last_entry]


@pytest.mark.parametrize("change", CHANGES)
def test_an_increment_without_its_base_is_a_plan_error_with_the_remedy(pipeline, change):
    pipeline.run()
    reason = change(pipeline)
    item = orders(pipeline, "run-2")
    assert item["plan_error"]["failure"] == "CONFLICT"
    message = item["plan_error"]["message"]
    assert message.startswith(f"the data that the committed watermark {MARK!r} stands for is not there: ")
    assert reason in message
    assert message.endswith("; put the data back, or run the table once with --reingest, or write on_missing_base: reingest")
    assert item["arguments"] == {}
    from extract_core.status.record import record

    assert record(pipeline.parts, item) == {"status": "FAILED"}
    row = pipeline.row(ORDERS, "run-2")
    assert (row.failure, row.message) == (FailureClass.CONFLICT, message)
    assert pipeline.state(ORDERS).watermark == MARK
    assert pipeline.summarise("run-2")["succeeded"] is False


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("by_event", [True, False])
def test_it_begins_anew_if_the_config_or_the_event_says_so(pipeline, change, by_event):
    pipeline.run()
    if not by_event:
        reingesting(pipeline)
    change(pipeline)
    item = orders(pipeline, "run-2", **({"reingest": True} if by_event else {}))
    assert "plan_error" not in item
    assert item["watermark"]["low"] is None
    assert not {"--low_watermark", "--last_result"} & item["arguments"].keys()
    assert pipeline.done(item, high="2026-03-01 05:30:00") == {"status": "SUCCEEDED"}
    notes = pipeline.row(ORDERS, "run-2").notes
    assert notes is None if by_event else notes[0].startswith("It is read from the beginning (on_missing_base: reingest): ")
    pipeline.summarise("run-2")
    again = orders(pipeline, "run-3")
    assert (again.get("plan_error"), again["watermark"]["low"]) == (None, "2026-03-01 05:30:00")
    assert again["arguments"]["--last_result"] == item["result_uri"]


@contextmanager
def old_copy(pipeline, tmp_path, change):
    """The tracking store as it was before this."""
    for end in ("", "-wal"):
        shutil.copy(tmp_path / f"tracking.db{end}", tmp_path / f"copy.db{end}")
    change()
    with SQLiteTracking(tmp_path / "copy.db") as copy:
        pipeline.parts = replace(pipeline.parts, tracking=copy)
        yield copy


@pytest.mark.parametrize("failed_runs", [0, 3])
def test_an_older_copy_of_tracking_continues_nothing(pipeline, tmp_path, failed_runs):
    """However often runs of the old copy fail: their fencing numbers grow past those of the lost runs."""
    pipeline.run("run-1")

    def later():
        pipeline.run("run-2")
        pipeline.run("run-3")

    with old_copy(pipeline, tmp_path, later):
        for number in range(failed_runs):
            item = orders(pipeline, f"failed-{number}")
            assert item["plan_error"]["failure"] == "CONFLICT"
            pipeline.tracking.release("sales", [ORDERS], f"exec:failed-{number}")
        message = orders(pipeline, "run-4")["plan_error"]["message"]
        assert "run 'run-2' committed " in message
        assert "so the tracking store is an older copy" in message
        pipeline.tracking.release("sales", [ORDERS], "exec:run-4")
        item = orders(pipeline, "run-5", reingest=True)
        assert pipeline.done(item, high="2026-03-01 05:45:00") == {"status": "SUCCEEDED"}
        pipeline.summarise("run-5")
        assert list(entries(pipeline).values())[-1]["run_id"] == "run-5"
        assert "plan_error" not in orders(pipeline, "run-6")


def test_two_pipelines_on_one_tracking_store_do_not_continue_each_other(pipeline):
    dev = pipeline.parts
    pipeline.run("run-1")
    prod = replace(dev, data_uri=file_uri(pipeline.folder / "prod") + "/")
    pipeline.parts = prod
    assert "two pipelines use one tracking store" in orders(pipeline, "run-2")["plan_error"]["message"]
    pipeline.tracking.release("sales", [ORDERS], "exec:run-2")
    reingesting(pipeline)
    for run_id, parts in (("run-3", prod), ("run-4", dev), ("run-5", prod)):
        pipeline.parts = parts
        item = orders(pipeline, run_id)
        assert item["watermark"]["low"] is None
        pipeline.done(item, high=MARK)
        pipeline.summarise(run_id)
    assert [entry["low_watermark"] for entry in entries(pipeline, "prod").values()] == [None, None]


def test_backfills_since_the_last_commit_are_no_other_base(pipeline):
    pipeline.run("run-1")
    for number in (2, 3):
        item = orders(pipeline, f"run-{number}", backfill={"from": "2026-01-01 00:00:00", "to": "2026-02-01 00:00:00"})
        assert "--last_result" not in item["arguments"]
        assert pipeline.done(item, high="2026-02-01 00:00:00") == {"status": "SUCCEEDED"}
        pipeline.summarise(f"run-{number}")
    assert "plan_error" not in orders(pipeline, "run-4")
    assert pipeline.state(ORDERS).base.endswith("/0000000001-0001.json")


def test_a_mark_that_a_person_set_needs_no_base(pipeline):
    pipeline.tracking.set_mark(
        MarkChange(
            source="sales", table=ORDERS, version=1, changed_at="2026-03-01T05:00:00+00:00", changed_by="ana", before=None,
            reason="moved here", mark=MARK, column="updated_at", type="TimestampType",
        )
    )  # fmt: skip
    item = orders(pipeline, "run-1")
    assert (item.get("plan_error"), item["watermark"]["low"], item["arguments"]["--lag"]) == (None, MARK, "0")
    assert "--last_result" not in item["arguments"]
    pipeline.done(item, high="2026-03-01 05:30:00")
    pipeline.summarise()
    item = orders(pipeline, "run-2")
    assert item["watermark"]["low"] == "2026-03-01 05:30:00"
    assert "--lag" not in item["arguments"]


@pytest.mark.parametrize("manifest", [True, False])
def test_a_table_that_version_0_1_0_committed_needs_a_manifest(pipeline, manifest):
    pipeline.run()
    with pipeline.tracking._database.writing() as cursor:
        cursor.execute("UPDATE table_states SET base = NULL, last_result = NULL")
    if not manifest:
        shutil.rmtree(folder(pipeline) / "_committed")
    item = orders(pipeline, "run-2")
    assert ("plan_error" in item) is not manifest
    if not manifest:
        assert "there is no manifest entry at" in item["plan_error"]["message"]


def test_a_base_that_cannot_be_looked_for_begins_nothing_anew(pipeline):
    pipeline.run()
    reingesting(pipeline)
    committed = folder(pipeline) / "_committed"
    shutil.rmtree(committed)
    committed.symlink_to("_committed")
    message = orders(pipeline, "run-2")["plan_error"]["message"]
    assert message.startswith(f"the data that the committed watermark {MARK!r} stands for cannot be checked: can't list ")


class Counting:
    """An object store that counts its lists and reads."""

    def __init__(self, objects):
        self._objects, self.lists, self.reads = objects, 0, 0

    def sizes(self, folder, *, after=""):
        self.lists += 1
        return self._objects.sizes(folder, after=after)

    def read(self, uri, **more):
        self.reads += 1
        return self._objects.read(uri, **more)


def test_one_list_per_table_that_continues_and_nothing_else(pipeline):
    for number in range(3):
        pipeline.run(f"run-{number}")
    states = pipeline.tracking.states("sales", ["public.accounts", ORDERS, "public.returns"])
    counting = Counting(pipeline.parts.objects)
    bases = check_bases(replace(pipeline.parts, objects=counting), states.values())
    assert (bases.missing, bases.unknown, dict(bases.highest)) == ({}, {}, {ORDERS: 3})
    assert (counting.lists, counting.reads) == (1, 0)


KILLED = """
import os, sys
from pathlib import Path
from extract_core.status import record
from extract_core.tracking.sqlite import SQLiteTracking
from shared_fixtures.pipeline import Pipeline
pipeline = Pipeline(Path(sys.argv[1]), SQLiteTracking(Path(sys.argv[1]) / "tracking.db"))
items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
pipeline.done(items["public.accounts"])
record.publish = lambda *arguments: os._exit(9)
pipeline.done(items["public.orders"], high="2026-03-01 05:00:00")
"""


@pytest.fixture
def killed(tmp_path):
    """A pipeline whose status handler was killed between the commit of the orders and their manifest."""
    from shared_fixtures.pipeline import Pipeline

    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 9
    (tmp_path / "config").rename(tmp_path / "old config")
    with SQLiteTracking(tmp_path / "tracking.db") as tracking:
        pipeline = Pipeline(tmp_path, tracking)
        assert pipeline.row(ORDERS).state == "SUCCEEDED"
        assert pipeline.state(ORDERS).watermark == MARK
        assert entries(pipeline) == {}
        yield pipeline


def test_the_summary_writes_the_manifest_of_a_handler_that_was_killed(killed):
    killed.summarise()
    assert [entry["high_watermark"] for entry in entries(killed).values()] == [MARK]


def test_the_next_config_manager_writes_it(killed):
    item = orders(killed, "run-2")
    assert ("plan_error" in item, item["watermark"]["low"]) == (False, MARK)
    assert [entry["high_watermark"] for entry in entries(killed).values()] == [MARK]


def test_a_look_at_the_plan_writes_nothing(killed):
    states = killed.tracking.states("sales", [ORDERS])
    assert check_bases(killed.parts, states.values(), repair=False).missing == {}
    assert entries(killed) == {}


def test_the_handler_itself_writes_it_if_it_is_called_again(killed):
    item = next(item for item in killed.plan()["tables_to_extract"] if item["table"] == ORDERS)
    assert killed.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}
    assert [entry["high_watermark"] for entry in entries(killed).values()] == [MARK]


def test_what_is_not_there_is_not_written_again(killed):
    shutil.rmtree(next(folder(killed).glob("run_id=run-1")))
    assert "or its files, are gone" in orders(killed, "run-2")["plan_error"]["message"]
    assert entries(killed) == {}
