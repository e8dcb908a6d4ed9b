"""What `extract clean` may remove: files that no live read needs, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from extract_core.objects.files import file_path
from extract_core.runs.leftovers import Finder

ACCOUNTS, ORDERS = "public.accounts", "public.orders"
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def leftovers(pipeline, tables=(), replaced_before=None):
    finder = Finder(
        objects=pipeline.parts.objects,
        tracking=pipeline.tracking,
        is_running=lambda record: record.execution_id in pipeline.running,
        replaced_before=replaced_before,
    )
    return finder.of_source(pipeline.parts.data_uri, "sales", tables)


def names(pipeline, left):
    start = len(str(pipeline.folder / "data/sales")) + 1
    return sorted(str(file_path(leftover.uri))[start:] for leftover in left.objects)


def files_of(pipeline, item):
    pipeline.report(item, high="2026-03-01 05:00:00" if item["table"] == ORDERS else None)


def test_a_failed_attempt_leaves_files(pipeline):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    for item in items.values():
        files_of(pipeline, item)
    pipeline.record(items[ACCOUNTS], {"State": "DONE"})
    (pipeline.path(items[ACCOUNTS]["extract_s3_uri"]) / ".part-00001.parquet.tmp").write_bytes(b"half")
    for table in (ORDERS, "public.returns"):
        pipeline.fail(items[table])
    running = leftovers(pipeline)
    assert running.objects == []
    assert all(sentence.endswith(": run run-1 is running") for sentence in running.spared)
    pipeline.summarise()
    left = leftovers(pipeline)
    assert names(pipeline, left) == [
        "public.accounts/run_id=run-1/attempt=1/.part-00001.parquet.tmp",
        "public.orders/run_id=run-1/attempt=1/part-00000.parquet",
        "public.returns/run_id=run-1/attempt=1/part-00000.parquet",
    ]
    assert left.spared == []
    assert names(pipeline, leftovers(pipeline, [ORDERS])) == ["public.orders/run_id=run-1/attempt=1/part-00000.parquet"]
    assert [leftover.reason for leftover in leftovers(pipeline, [ACCOUNTS]).objects] == [
        "the committed result of run run-1 does not name it"
    ]


def test_replaced_attempts_stay_until_their_retention_ends(pipeline):
    for number in (1, 2, 3):
        pipeline.run(f"run-{number}")
    assert leftovers(pipeline).objects == []
    assert leftovers(pipeline, replaced_before=datetime(2026, 3, 1, 6, 0, tzinfo=UTC)).objects == []
    paths = names(pipeline, leftovers(pipeline, [ACCOUNTS, ORDERS], LATER))
    assert paths == [
        "public.accounts/_committed/0000000001-0001.json",
        "public.accounts/_committed/0000000002-0001.json",
        "public.accounts/run_id=run-1/attempt=1/part-00000.parquet",
        "public.accounts/run_id=run-2/attempt=1/part-00000.parquet",
    ]  # the increments of the orders all count


def test_all_before_the_newest_base_is_replaced(pipeline):
    pipeline.run("run-1")
    pipeline.run("run-2")
    pipeline.run("run-3", reingest=True)
    pipeline.run("run-4")
    paths = names(pipeline, leftovers(pipeline, [ORDERS], LATER))
    assert {name.split("/")[1] for name in paths} == {"_committed", "run_id=run-1", "run_id=run-2"}
    assert len(paths) == 4


def test_what_is_committed_without_a_manifest_stays(pipeline):
    pipeline.run()
    (pipeline.folder / "data/sales/public.orders/_committed/0000000001-0001.json").unlink()
    left = leftovers(pipeline, [ORDERS], LATER)
    assert left.objects == []
    assert left.spared[0].endswith("it was committed, but no manifest entry names it: extract reconcile run-1")


def test_files_of_runs_that_nobody_knows_and_other_files_stay(pipeline):
    pipeline.run()
    table = pipeline.folder / "data/sales/public.orders"
    for name in ("run_id=other/attempt=1/part.parquet", "notes.txt", "_committed/README"):
        (table / name).parent.mkdir(parents=True, exist_ok=True)
        (table / name).write_bytes(b"x")
    (pipeline.folder / "data/sales/loose.txt").write_bytes(b"x")
    left = leftovers(pipeline, replaced_before=LATER)
    assert left.objects == []
    assert [sentence.partition(": ")[2] for sentence in left.spared] == ["the tracking store does not know run other"]


def test_a_dead_run_is_reconciled_first(pipeline):
    item = next(item for item in pipeline.plan()["tables_to_extract"] if item["table"] == ORDERS)
    files_of(pipeline, item)
    pipeline.running.clear()
    assert [sentence.partition(": ")[2] for sentence in leftovers(pipeline).spared] == ["run run-1 died: extract reconcile run-1"]


def test_what_is_removed_is_gone_and_the_rest_reads_as_before(pipeline):
    from extract_cli.commands.clean import remove
    from extract_core.status.live_files import live_attempts

    for number in (1, 2, 3):
        pipeline.run(f"run-{number}", failing=["public.returns"] if number == 2 else ())
    before = {
        table: live_attempts(pipeline.parts.objects, pipeline.parts.data_uri, "sales", table)
        for table in (ACCOUNTS, ORDERS, "public.returns")
    }
    left = leftovers(pipeline, replaced_before=LATER)
    assert left.objects
    remove(pipeline.parts.objects, left.objects)
    remove(pipeline.parts.objects, left.objects)
    assert leftovers(pipeline, replaced_before=LATER).objects == []
    for table, attempts in before.items():
        assert live_attempts(pipeline.parts.objects, pipeline.parts.data_uri, "sales", table) == attempts
        assert all(pipeline.parts.objects.exists(uri) for attempt in attempts for uri in attempt.files)
    assert not (pipeline.folder / "data/sales/public.accounts/run_id=run-1").exists()
    assert "plan_error" not in next(item for item in pipeline.plan("run-4")["tables_to_extract"] if item["table"] == ORDERS)


def test_a_damaged_manifest_removes_nothing(pipeline):
    from extract_core.errors import ObjectError

    pipeline.run()
    (pipeline.folder / "data/sales/public.orders/_committed/0000000001-0001.json").write_text("{")
    with pytest.raises(ObjectError, match="is damaged"):
        leftovers(pipeline, replaced_before=LATER)
