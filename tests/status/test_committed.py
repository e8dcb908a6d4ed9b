"""The manifest of a table: what a reader who knows only the data may go by."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from extract_core.errors import TrackingUnavailable
from extract_core.objects.files import file_uri
from extract_core.runs.bases import highest
from extract_core.runs.reconcile import reconcile
from extract_core.status.manifest import publish, publish_all
from extract_core.tracking.sqlite import SQLiteTracking

MARK = "2026-03-01 05:00:00"


def entries(pipeline, table="public.orders"):
    folder = pipeline.folder / "data/sales" / table / "_committed"
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*"))} if folder.exists() else {}


def test_a_success_is_named_with_its_files(pipeline, item_of):
    item = item_of("public.orders")
    pipeline.done(item, rows=42, high=MARK)
    assert entries(pipeline) == {
        "0000000001-0001.json": {
            "source_name": "sales",
            "table": "public.orders",
            "run_id": "run-1",
            "attempt": 1,
            "recorded_at": pipeline.row("public.orders").recorded_at,
            "mode": "incremental",
            "low_watermark": None,
            "high_watermark": MARK,
            "rows": 42,
            "bytes": 12,
            "rows_without_watermark": None,
            "rows_in_the_future": None,
            "rows_delivered_before": None,
            "schema_changes": [],
            "notes": [],
            "proof": None,
            "extract_s3_uri": item["extract_s3_uri"],
            "files": [{"bytes": 12, "name": "part-00000.parquet"}],
            "result_uri": item["result_uri"],
        }
    }


def test_what_is_not_committed_is_not_named(pipeline):
    late = next(item for item in pipeline.plan()["tables_to_extract"] if item["table"] == "public.orders")
    pipeline.running.clear()  # its execution died, its job lives on
    item = next(item for item in pipeline.plan("run-2")["tables_to_extract"] if item["table"] == "public.orders")
    pipeline.done(late, high=MARK)
    assert entries(pipeline) == {}
    pipeline.fail(item)
    assert entries(pipeline) == {}


def test_commits_sort_in_their_order(pipeline):
    for number in range(1, 4):
        pipeline.run(f"run-{number}")
    assert [entry["run_id"] for entry in entries(pipeline).values()] == ["run-1", "run-2", "run-3"]


def test_a_manifest_that_cannot_be_written_is_tried_again_and_nothing_is_recorded_twice(pipeline, item_of):
    item = item_of("public.orders")
    pipeline.report(item, high=MARK)
    obstacle = pipeline.folder / "data/sales/public.orders/_committed"
    obstacle.write_text("in the way")
    with pytest.raises(TrackingUnavailable, match="the attempt is recorded, but its manifest can't be written: can't write"):
        pipeline.record(item, {"State": "DONE"})
    obstacle.unlink()
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}
    assert [entry["high_watermark"] for entry in entries(pipeline).values()] == [MARK]
    assert pipeline.state("public.orders").version == 1


def test_reconcile_names_what_a_dead_handler_did_not(pipeline, item_of):
    item = item_of("public.orders")
    pipeline.done(item, high=MARK)
    (pipeline.folder / "data/sales/public.orders/_committed/0000000001-0001.json").unlink()
    reconcile(pipeline.parts, "run-1", "FAILED", "")
    reconcile(pipeline.parts, "run-1", "FAILED", "")
    assert list(entries(pipeline)) == ["0000000001-0001.json"]


def test_a_lost_tracking_store_goes_on_behind_the_manifests_that_stand(pipeline, tmp_path):
    """Readers who go by the manifests see what is committed after the loss, and last."""
    for number in (1, 2):
        pipeline.run(f"run-{number}")
    with SQLiteTracking(tmp_path / "new.db") as fresh:
        pipeline.parts = replace(pipeline.parts, tracking=fresh)
        pipeline.run("run-3", failing=["public.orders"])
        pipeline.run("run-4")
        pipeline.run("run-1")  # a name that the lost store knew
    assert [(name, entry["run_id"]) for name, entry in entries(pipeline).items()] == [
        ("0000000001-0001.json", "run-1"),
        ("0000000002-0001.json", "run-2"),
        ("0000000004-0001.json", "run-4"),
        ("0000000005-0001.json", "run-1"),
    ]


def test_an_old_copy_of_tracking_takes_no_entry_of_another_run_for_its_own(pipeline, tmp_path, caplog):
    pipeline.run("run-1")
    shutil.copy(tmp_path / "tracking.db", tmp_path / "copy.db")
    shutil.copy(tmp_path / "tracking.db-wal", tmp_path / "copy.db-wal")
    for number in (2, 3):
        pipeline.run(f"run-{number}")
    with SQLiteTracking(tmp_path / "copy.db") as copy:
        pipeline.parts = replace(pipeline.parts, tracking=copy)
        pipeline.run("run-4", tables=["public.accounts"])
        place = pipeline.folder / "data/sales/public.accounts/_committed/0000000004-0001.json"
        assert (
            "public.accounts: another run has the manifest entry of fencing number 2, so tracking was lost or is an old copy; "
            f"the entry of this run is put behind it: {file_uri(place)}"
        ) in caplog.messages
        assert publish_all(pipeline.parts, copy.run("run-4"), copy.attempts("run-4")).written == 0
    assert [entry["run_id"] for entry in entries(pipeline, "public.accounts").values()] == ["run-1", "run-2", "run-3", "run-4"]


def test_manifests_that_cannot_be_listed_do_not_keep_a_run_from_its_plan(pipeline, caplog):
    (pipeline.folder / "data/sales/public.orders").mkdir(parents=True)
    (pipeline.folder / "data/sales/public.orders/_committed").symlink_to("_committed")
    assert highest(pipeline.parts, "sales", ["public.orders"]) == {}
    assert [message.partition(": can't list")[0] for message in caplog.messages] == [
        "public.orders: its manifest can't be listed"
    ]


def test_a_source_without_data_is_listed_once(pipeline):
    assert highest(pipeline.parts, "sales", [f"t{number}" for number in range(10_000)]) == {}


def test_a_row_without_room_for_its_files_names_those_of_its_result(pipeline, item_of):
    """A very long list of files is left out of a row in DynamoDB."""
    item = item_of("public.orders")
    pipeline.done(item, high=MARK)
    (name,) = entries(pipeline)
    place = pipeline.folder / "data/sales/public.orders/_committed" / name
    row = replace(pipeline.row("public.orders"), files=None)
    place.unlink()
    assert publish(pipeline.parts, row) is True
    assert entries(pipeline)[name]["files"] == [{"name": "part-00000.parquet", "bytes": 12}]
    place.unlink()
    pipeline.path(item["result_uri"]).unlink()
    assert publish(pipeline.parts, row) is True
    assert entries(pipeline)[name]["files"] is None


def test_an_attempt_that_version_0_1_0_recorded_gets_its_entry(pipeline, item_of):
    item = item_of("public.orders")
    pipeline.done(item, high=MARK)
    before = entries(pipeline)
    shutil.rmtree(pipeline.folder / "data/sales/public.orders/_committed")
    with pipeline.tracking._database.writing() as cursor:
        cursor.execute("UPDATE attempts SET fencing = NULL, mode = NULL")
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}
    assert entries(pipeline) == before
    shutil.rmtree(pipeline.folder / "data/sales/public.orders/_committed")
    assert publish_all(pipeline.parts, pipeline.tracking.run("run-1"), pipeline.tracking.attempts("run-1")).written == 1
    assert entries(pipeline) == before
