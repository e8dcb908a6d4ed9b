"""Results that contradict themselves, the plan or their files: none of them is a success, and nothing of them is committed."""

from __future__ import annotations

import json

import pytest
from shared_fixtures.pipeline import PARQUET

from extract_core import FailureClass, JobState

MARK = "2026-03-01 05:00:00"
NAME = "part-00000.parquet"
SIZE = len(PARQUET)
ONE = [{"name": NAME, "bytes": SIZE}]


def of(name, size=SIZE, **more):
    return {"files": [{"name": name, "bytes": size, **more}]}


def result(item, **changes):
    incremental = item["watermark"]["mode"] == "incremental"
    return {
        "run_id": item["run_id"], "attempt": item["attempt"], "rows": 3, "bytes": SIZE, "files": ONE,
        "low_watermark": item["watermark"]["low"], "high_watermark": MARK if incremental else None, **changes,
    }  # fmt: skip


CONTRADICTIONS = {
    "rows, and no file": ({"rows": 1000, "bytes": 0, "files": []}, "has rows=1000, but names no file that holds them"),
    "rows and bytes, and no file": ({"rows": 1000, "bytes": 12_345, "files": []}, "has rows=1000, but names no file"),
    "bytes, and no file": ({"rows": 0, "bytes": 5, "files": []}, "has bytes=5, but the bytes of its files"),
    "rows of files": (of(NAME, rows=99), "has rows=3, but the rows of its files add up to 99"),
    "bytes of files": ({"bytes": 1}, f"has bytes=1, but the bytes of its files add up to {SIZE}"),
    "one file twice": ({"files": ONE * 2}, f"names the file {NAME!r} twice, so its rows would be read twice"),
    "an alias": ({"files": [*ONE, {"name": f"./{NAME}", "bytes": SIZE}]}, f"names a file as {{'name': './{NAME}'"),
    "an alias with two slashes": (of(f"a//{NAME}"), "names a file as"),
    "an alias through a folder": (of(f"a/../{NAME}"), "names a file as"),
    "a folder's name": (of("dir/"), "names a file as"),
    "a name out of the folder": (of("a/../../x"), "names a file as"),
    "an absolute name": (of("/etc/passwd"), "names a file as"),
    "a backslash": (of("..\\..\\x"), "names the file '..\\\\..\\\\x', which is not there"),
    "an empty name": (of(""), "names a file as"),
    "a name of 300 bytes": (of("x" * 300), "names a file as"),
    "a name of 1 MB": (of("x/" * 500_000 + "a"), "names a file as"),
    "half a character in a name": (of("x\ud800"), "names a file as"),
    "NUL in a name": (of("x\0"), "names a file as"),
    "a query in a name": (of(f"{NAME}?x=1#y"), "which is not there"),
    "bytes as text": (of(NAME, "lots"), "names a file as"),
    "bytes null": (of(NAME, None), "names a file as"),
    "bytes true": (of(NAME, True), "names a file as"),
    "bytes as a float": (of(NAME, float(SIZE)), "names a file as"),
    "bytes below 0": (of(NAME, -SIZE), "names a file as"),
    "nested rows": (of(NAME, rows={"a": [1]}), "names a file as"),
    "files as a mapping": ({"files": {"name": NAME}}, "has files={'name': 'part-00000.parquet'} instead of a list"),
    "another attempt": ({"attempt": 0}, "is of another attempt: attempt is 0, not 1"),
    "attempt true": ({"attempt": True}, "is of another attempt: attempt is True, not 1"),
    "attempt 1.0": ({"attempt": 1.0}, "is of another attempt: attempt is 1.0, not 1"),
    "another run": ({"run_id": "run-0"}, "is of another attempt: run_id is 'run-0', not 'run-1'"),
    "another table": ({"table": "public.other"}, "is of another table: table is 'public.other', not "),
    "another table, as version 1 names it": ({"extract_table": "public.other"}, "is of another table: extract_table is"),
    "another source": ({"source_name": "crm"}, "is of another table: source_name is 'crm', not 'sales'"),
    "rows below 0": ({"rows": -1}, "has rows=-1 instead of a count"),
    "rows true": ({"rows": True}, "has rows=True instead of a count"),
    "rows as a float": ({"rows": 3.0}, "has rows=3.0 instead of a count"),
    "rows 2**63": ({"rows": 2**63}, f"has rows={2**63} instead of a count"),
    "rows without a watermark below 0": ({"rows_without_watermark": -1}, "has rows_without_watermark=-1 instead of a count"),
    "rows in the future as text": ({"rows_in_the_future": "2"}, "has rows_in_the_future='2' instead of a count or null"),
    "rows delivered before true": ({"rows_delivered_before": True}, "has rows_delivered_before=True instead of a count or null"),
    "notes as text": ({"notes": "all is well"}, "has notes='all is well' instead of a list of sentences"),
    "schema changes of numbers": ({"schema_changes": [1]}, "has schema_changes=[1] instead of a list of sentences"),
    "a proof that is a list": ({"proof": []}, "has proof=[] instead of an object or null"),
    "an overlap that is text": ({"overlap": "1h"}, "has overlap='1h' instead of an object or null"),
    "a low mark that was not asked for": ({"low_watermark": "2020-01-01 00:00:00"}, "began elsewhere: low_watermark is"),
    "half a character in a mark": ({"high_watermark": "\ud800"}, "has high_watermark='\\ud800', which is not a mark"),
    "NUL in a mark": ({"high_watermark": f"{MARK}\0"}, "which is not a mark"),
    "a mark of 600 KB": ({"high_watermark": "9" * 600_000}, "which is not a mark: it has 600,000 characters"),
    "a mark that is a number": ({"high_watermark": 7}, "has high_watermark=7 instead of text or null"),
}  # fmt: skip
OF_AN_INCREMENT = {
    "a mark that is none": ({"high_watermark": "not a time"}, "has a high_watermark that does not fit: 'not a time'"),
    "digits of another script": ({"high_watermark": "٢٠٢٦-02-01 00:00:00"}, "has a high_watermark that does not fit"),
    "a mark in the year 9999": ({"high_watermark": "9999-12-31 23:59:59"}, "has a high_watermark in the future"),
    "a mark of the day after tomorrow": ({"high_watermark": "2026-03-03 06:00:00"}, "has a high_watermark in the future"),
    "no rows, and a mark": (
        {"rows": 0, "bytes": 0, "files": []},
        f"has rows=0, but its high_watermark {MARK!r} is ahead: the row with this mark is in no file",
    ),
}  # fmt: skip
LIES = [
    *((table, *case) for table in ("public.accounts", "public.orders") for case in CONTRADICTIONS.values()),
    *(("public.orders", *case) for case in OF_AN_INCREMENT.values()),
]


def put(pipeline, item, text, data=PARQUET, name=NAME):
    folder = pipeline.path(item["extract_s3_uri"])
    folder.mkdir(parents=True, exist_ok=True)
    if data is not None:
        (folder / name).write_bytes(data)
    pipeline.put(item["result_uri"], text if isinstance(text, str) else json.dumps(text))


def refused(pipeline, item, message):
    """The attempt is FAILED / NO_RESULT with this message, and nothing of it is committed."""
    table = item["table"]
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "FAILED"}
    row, state = pipeline.row(table), pipeline.state(table)
    assert (row.state, row.failure, row.retryable) == (JobState.FAILED, FailureClass.NO_RESULT, False)
    assert message in row.message
    assert len(row.message) < 2_000
    assert (state.watermark, state.base, state.last_result, state.owner) == (None, None, None, None)
    assert not (pipeline.folder / "data/sales" / table / "_committed").exists()


@pytest.mark.parametrize(("table", "changes", "message"), LIES)
def test_a_contradiction_is_no_success(pipeline, item_of, table, changes, message):
    item = item_of(table)
    put(pipeline, item, result(item, **changes))
    refused(pipeline, item, message)


@pytest.mark.parametrize("table", ["public.accounts", "public.orders"])
def test_without_a_contradiction_it_is_a_success(pipeline, item_of, table):
    """The control of this file: the same result without a change."""
    item = item_of(table)
    put(pipeline, item, result(item, version=2, table=table, source_name="sales"))
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, f"names the file {NAME!r}, which is not there"),
        (b"", f"names the file {NAME!r} with {SIZE} bytes, but it has 0"),
        (PARQUET[:4], f"names the file {NAME!r} with {SIZE} bytes, but it has 4"),
        (PARQUET + b"x", f"names the file {NAME!r} with {SIZE} bytes, but it has {SIZE + 1}"),
        (b"x" * SIZE, f"names the file {NAME!r}, which is not a Parquet file"),
        (PARQUET[:-1] + b"x", f"names the file {NAME!r}, which is not a Parquet file"),
        (b"x" + PARQUET[1:], f"names the file {NAME!r}, which is not a Parquet file"),
    ],
)
def test_a_file_is_there_as_it_was_reported(pipeline, item_of, data, message):
    item = item_of()
    put(pipeline, item, result(item), data)
    refused(pipeline, item, message)


def test_a_file_that_says_that_it_is_empty_is_no_parquet_file(pipeline, item_of):
    item = item_of()
    put(pipeline, item, result(item, bytes=0, **of(NAME, 0)), b"")
    refused(pipeline, item, "which is not a Parquet file")


def test_a_link_is_no_file(pipeline, item_of, tmp_path):
    item = item_of()
    (tmp_path / "secret.parquet").write_bytes(PARQUET)
    put(pipeline, item, result(item), None)
    (pipeline.path(item["extract_s3_uri"]) / NAME).symlink_to(tmp_path / "secret.parquet")
    refused(pipeline, item, f"names the file {NAME!r}, which is not there")


def test_a_folder_is_no_file(pipeline, item_of):
    item = item_of()
    put(pipeline, item, result(item), None)
    (pipeline.path(item["extract_s3_uri"]) / NAME).mkdir()
    refused(pipeline, item, f"names the file {NAME!r}, which is not there")


@pytest.mark.parametrize("levels", [0, 1])
def test_a_folder_that_is_a_link_is_no_place_of_data(pipeline, item_of, tmp_path, levels):
    """The attempt's folder, or that of its run, may not be behind a link; the pipeline's data folder may."""
    item = item_of()
    folder = pipeline.path(item["extract_s3_uri"])
    link = (folder, folder.parent)[levels]
    link.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    link.symlink_to(tmp_path / "elsewhere")
    put(pipeline, item, result(item))
    refused(pipeline, item, "which is a link to another place")


def test_the_data_of_a_pipeline_may_be_behind_a_link(pipeline, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    assert pipeline.run()["succeeded"] is True


def test_names_below_folders_are_names(pipeline, item_of):
    item = item_of()
    put(pipeline, item, result(item, **of(f"day=1/é/{NAME}")), None)
    place = pipeline.path(item["extract_s3_uri"]) / "day=1/é"
    place.mkdir(parents=True)
    (place / NAME).write_bytes(PARQUET)
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}


def test_files_that_no_result_names_do_not_matter(pipeline, item_of):
    item = item_of()
    put(pipeline, item, result(item))
    for name in ("_SUCCESS", "part-00001.parquet", ".hidden"):
        (pipeline.path(item["extract_s3_uri"]) / name).write_bytes(b"")
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}


def test_files_of_other_formats_have_other_sizes(pipeline, item_of):
    item = item_of()
    put(pipeline, item, result(item, bytes=3, **of("rows.csv", 3)), b"a,b", "rows.csv")
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON: Expecting value"),
        ("{}{}", "is not JSON: Extra data"),
        ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "is not JSON: it is nested too deeply"),
        ('{"rows": ' + "9" * 5_000 + "}", "is not JSON: Exceeds the limit"),
        ('{"rows": NaN}', "has NaN, which is not a number of JSON"),
        ('{"rows": Infinity}', "has Infinity, which is not a number of JSON"),
        ('{"run_id": "run-0", "rows": 5, "run_id": "run-1"}', "has the member 'run_id' twice"),
        ('{"files": [{"name": "a", "name": "b"}]}', "has the member 'name' twice"),
        ("[]", "is not an object but list"),
        ("null", "is not an object but NoneType"),
    ],
)
def test_what_is_not_one_object_is_no_result(pipeline, item_of, text, message):
    item = item_of()
    put(pipeline, item, text)
    refused(pipeline, item, message)


def test_a_result_that_is_too_large_is_not_read(pipeline, item_of):
    item = item_of()
    put(pipeline, item, "")
    with pipeline.path(item["result_uri"]).open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    refused(pipeline, item, "has 67,108,865 bytes, and at most 67,108,864 are read")


def test_a_result_that_is_a_folder_is_no_result(pipeline, item_of):
    item = item_of()
    pipeline.path(item["result_uri"]).mkdir(parents=True)
    refused(pipeline, item, "what it reported can't be read: can't read")


def test_very_many_files_are_compared_with_one_list(pipeline, item_of):
    item = item_of()
    names = [{"name": f"f{number}", "bytes": 0} for number in range(50_000)]
    put(pipeline, item, result(item, rows=3, bytes=0, files=names))
    refused(pipeline, item, "names the file 'f0', which is not there")


def next_item(pipeline):
    """The second increment of the orders, whose low mark is MARK."""
    pipeline.run()
    return next(item for item in pipeline.plan("run-2")["tables_to_extract"] if item["table"] == "public.orders")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"high_watermark": None}, "has rows=3, but no high_watermark: the next run would deliver the same rows again"),
        ({"rows": 0, "high_watermark": "2026-03-01 05:30:00"}, "has rows=0, but its high_watermark"),
        ({"low_watermark": None}, "began elsewhere: low_watermark is None, not '2026-03-01 05:00:00'"),
    ],
)
def test_an_increment_ends_ahead_of_where_it_began(pipeline, changes, message):
    item = next_item(pipeline)
    before = pipeline.state("public.orders")
    put(pipeline, item, result(item, **changes))
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "FAILED"}
    assert message in pipeline.row("public.orders", "run-2").message
    after = pipeline.state("public.orders")
    assert (after.watermark, after.base, after.last_result) == (before.watermark, before.base, before.last_result)


@pytest.mark.parametrize(
    ("high", "status"), [("2026-03-01 04:00:00", "FAILED"), (MARK, "FAILED"), ("2026-03-01T05:00:00.000", "FAILED")]
)  # fmt: skip
def test_rows_of_an_increment_whose_mark_is_not_ahead_are_a_conflict(pipeline, high, status):
    item = next_item(pipeline)
    put(pipeline, item, result(item, high_watermark=high))
    assert pipeline.record(item, {"State": "DONE"}) == {"status": status}
    assert pipeline.row("public.orders", "run-2").failure is FailureClass.CONFLICT
    assert pipeline.state("public.orders").watermark == MARK


def test_late_rows_of_an_overlap_may_end_at_the_mark(pipeline):
    item = next_item(pipeline)
    put(pipeline, item, result(item, overlap={"begin": MARK, "lag": "1h"}, rows_delivered_before=7))
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}
    state = pipeline.state("public.orders")
    assert (state.watermark, state.last_result) == (MARK, item["result_uri"])
