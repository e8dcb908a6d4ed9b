"""A config manager on AWS that is killed at any write: the same execution, called again, goes on and takes nothing twice."""

from __future__ import annotations

import json
from contextlib import closing

import boto3
import moto.core.models
import pytest
from shared_fixtures.pipeline import SALES, Press

from extract_core.objects.s3 import S3Objects
from extract_core.pipeline.parts import Parts
from extract_core.registry.installed import Registry
from extract_core.runs.begin import manage

TABLES = ["public.accounts", "public.orders", "public.returns"]
MACHINE = {"name": "extract", "map": "DISTRIBUTED", "max_concurrency": 50, "retry_loop": True, "contract": [1, 0],
           "versions": {}, "job_types": {"press": {}}}  # fmt: skip
PAYLOAD = {
    "event": {"source": "sales", "tables": "*"},
    "execution": {"id": "exec:run-1", "name": "run-1", "started_at": "2026-03-01T06:00:00.000Z"},
    "machine": MACHINE,
}
WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "PutObject")
KILLS = 7  # the run's record, three leases, plan, items, the record again


class Killed(BaseException):
    """The process is gone: it can catch this, and do nothing."""


class Life:
    """The requests of one process. It ends at the write of this number, before or after the write is done."""

    def __init__(self, kill_at: int | None = None, *, done: bool = False) -> None:
        self.writes: list[str] = []
        self._kill_at, self._done = kill_at, done
        self._dead = False

    def meet(self, request, event_name: str, **_):
        operation = event_name.rpartition(".")[2]
        if self._dead:
            raise Killed
        if operation not in WRITES:
            return
        self.writes.append(operation)
        if len(self.writes) == self._kill_at:
            self._dead = True
            if self._done:
                moto.core.models.botocore_stubber(event_name, request)
            raise Killed


@pytest.fixture
def process(dynamodb, tracking_table, monkeypatch):
    """A function that makes the parts of a new process, whose requests meet a `Life`."""
    with closing(boto3.client("s3")) as s3, tracking_table(dynamodb) as open_tracking:
        s3.create_bucket(Bucket="pipe", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_object(Bucket="pipe", Key="config/sales.yml", Body=SALES.encode())
        lives: list[Life] = []

        def meet(request, event_name, **more):
            return lives[-1].meet(request, event_name, **more)

        for client in (s3, dynamodb):
            client.meta.events.register_first("before-send", meet, unique_id="life")

        def begin(life: Life) -> Parts:
            lives.append(life)
            return Parts(
                objects=S3Objects(s3), tracking=open_tracking(), registry=Registry.of(Press()), config_uri="s3://pipe/config/",
                data_uri="s3://pipe/data/", runs_uri="s3://pipe/runs/", is_running=lambda execution: True,
            )  # fmt: skip

        yield begin
        lives.append(Life())
        for client in (s3, dynamodb):
            client.meta.events.unregister("before-send", unique_id="life")
        for entry in s3.list_objects_v2(Bucket="pipe").get("Contents", []):
            s3.delete_object(Bucket="pipe", Key=entry["Key"])
        s3.delete_bucket(Bucket="pipe")


def test_a_run_makes_this_many_writes(process):
    life = Life()
    manage(process(life), PAYLOAD)
    assert sorted(life.writes) == ["PutItem"] * 4 + ["PutObject"] * 2 + ["UpdateItem"]
    assert len(life.writes) == KILLS


@pytest.mark.parametrize("done", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["before", "after"])
@pytest.mark.parametrize("kill_at", range(1, KILLS + 1))
def test_a_kill_at_a_write(process, kill_at, done):
    with pytest.raises(Killed):
        manage(process(Life(kill_at, done=done)), PAYLOAD)
    life = Life()
    parts = process(life)
    answer = manage(parts, PAYLOAD)
    record = parts.tracking.run("run-1")
    assert (record.planned, record.refused, record.summary) == (3, None, None)
    states = parts.tracking.states("sales", TABLES)
    assert {table: (state.owner.execution_id, state.fencing) for table, state in states.items()} == dict.fromkeys(
        TABLES, ("exec:run-1", 1)
    )
    lines = parts.objects.read(f"s3://{answer['items']['bucket']}/{answer['items']['key']}").splitlines()
    assert [(item["table"], item["lease"]) for item in map(json.loads, lines)] == [(table, {"fencing": 1}) for table in TABLES]
    assert manage(process(Life()), PAYLOAD) == answer
    if kill_at == KILLS and done:
        assert life.writes == ["PutItem"]  # the record is there already: nothing else is written
