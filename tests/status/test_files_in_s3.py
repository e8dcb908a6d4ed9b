"""The files of a result in S3: one list of the attempt's folder, by pages; passing faults are the machine's to retry."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest
from moto import mock_aws
from shared_fixtures.pipeline import PARQUET

from extract_core.errors import ObjectUnavailable
from extract_core.objects.routed import RoutedObjects
from extract_core.objects.s3 import S3Objects
from extract_core.status.result_object import check_files

FOLDER = "s3://extract-data/sales/public.orders/run_id=r/attempt=1/"
MARK = "2026-03-01 05:00:00"


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="extract-data")
        yield client


def named(*sizes):
    return [{"name": f"part-{number:05}.parquet", "bytes": size} for number, size in enumerate(sizes)]


def put(client, *sizes):
    for number, size in enumerate(sizes):
        client.put_object(Bucket="extract-data", Key=f"{FOLDER[18:]}part-{number:05}.parquet", Body=b"x" * size)


@pytest.mark.parametrize(
    ("files", "there", "message"),
    [
        ((20, 30), (20, 30), None),
        ((20, 30), (20, 30, 40), None),
        ((20, 30), (20,), "names the file 'part-00001.parquet', which is not there"),
        ((20, 30), (20, 29), "names the file 'part-00001.parquet' with 30 bytes, but it has 29"),
        ((20, 0), (20, 0), "names the file 'part-00001.parquet', which is not a Parquet file"),
        ((20, 11), (20, 11), "names the file 'part-00001.parquet', which is not a Parquet file"),
    ],
)
def test_names_and_sizes_are_compared(s3, files, there, message):
    put(s3, *there)
    if message is None:
        check_files(S3Objects(s3), FOLDER, named(*files))
        return
    with pytest.raises(ValueError, match=r".") as raised:
        check_files(S3Objects(s3), FOLDER, named(*files))
    assert str(raised.value) == message


def test_a_folder_of_many_files_is_one_request_per_thousand(s3):
    put(s3, *[12] * 1_001)
    operations = []
    s3.meta.events.register("before-call.s3", lambda model, **_: operations.append(model.name))
    check_files(S3Objects(s3), FOLDER, named(*[12] * 1_001))
    assert operations == ["ListObjectsV2"] * 2


class Down:
    """A store that is down for one call, or for all of them."""

    def __init__(self, objects, call, *, always):
        self._objects, self._call, self._always = objects, call, always

    def __getattr__(self, name):
        if name == self._call:
            if not self._always:
                self._call = None
            raise ObjectUnavailable("SlowDown")
        return getattr(self._objects, name)


@pytest.mark.parametrize("call", ["read", "read_range", "sizes", "write"])
def test_a_fault_that_passes_ends_no_paid_job(pipeline, item_of, call):
    item = item_of("public.orders")
    pipeline.report(item, high=MARK)
    parts = pipeline.parts
    pipeline.parts = replace(parts, objects=Down(parts.objects, call, always=True))
    with pytest.raises(ObjectUnavailable):
        pipeline.record(item, {"State": "DONE"})
    assert [row.failure for row in pipeline.tracking.attempts("run-1")] == ([None] if call == "write" else [])
    pipeline.parts = parts
    assert pipeline.record(item, {"State": "DONE"}) == {"status": "SUCCEEDED"}
    assert pipeline.state("public.orders").watermark == MARK
    assert len(list((pipeline.folder / "data/sales/public.orders/_committed").iterdir())) == 1


@pytest.mark.parametrize("call", ["read_changed", "sizes", "write_parts"])
def test_a_fault_that_passes_refuses_no_run(pipeline, call):
    pipeline.run("run-1")
    parts = pipeline.parts
    pipeline.parts = replace(parts, objects=Down(parts.objects, call, always=True))
    with pytest.raises(ObjectUnavailable):
        pipeline.plan("run-2")
    record = pipeline.tracking.run("run-2")
    assert (record.refused, record.summary, record.planned) == (None, None, None)
    pipeline.parts = parts
    assert len(pipeline.plan("run-2")["tables_to_extract"]) == 3


@pytest.mark.parametrize("call", ["exists", "write"])
def test_a_fault_that_passes_fails_no_summary(pipeline, call):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    for item in items.values():
        pipeline.done(item, high=MARK if item["table"] == "public.orders" else None)
    (pipeline.folder / "data/sales/public.orders/_committed/0000000001-0001.json").unlink()
    parts = pipeline.parts
    pipeline.parts = replace(parts, objects=Down(parts.objects, call, always=True))
    with pytest.raises(ObjectUnavailable):
        pipeline.summarise()
    pipeline.parts = parts
    assert pipeline.summarise()["succeeded"] is True
    assert len(list((pipeline.folder / "data/sales/public.orders/_committed").iterdir())) == 1


def test_both_stores_route_sizes_and_limits(tmp_path):
    from extract_core.errors import ObjectError
    from extract_core.objects.files import FileObjects, file_uri

    routed = RoutedObjects({"file": FileObjects()})
    for name in ("b", "a/c", "a/d"):
        routed.write(f"{file_uri(tmp_path)}/{name}", PARQUET)
    (tmp_path / "link").symlink_to(tmp_path / "b")
    folder = f"{file_uri(tmp_path)}/"
    assert [(sized.name, sized.bytes) for sized in routed.sizes(folder)] == [("a/c", 12), ("a/d", 12), ("b", 12)]
    assert [sized.name for sized in routed.sizes(folder, after="a/c")] == ["a/d", "b"]
    assert list(routed.sizes(f"{folder}nothing/")) == []
    with pytest.raises(ObjectError, match="has 12 bytes, and at most 11 are read"):
        routed.read(f"{folder}b", most=11)
