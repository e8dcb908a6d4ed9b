"""The events of real runs, received by a real web server and held against what the specification requires."""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from extract_core import AttemptReport
from extract_core.registry.loading import discover
from extract_core.runs.reconcile import reconcile
from extract_openlineage.naming import folder_of, source_of

SPEC = json.loads((Path(__file__).parent / "spec.json").read_text())
COLUMNS = [{"column": "id", "declared": "bigint", "arrow": "int64", "nullable": False}]
ORIGIN = {"engine": "postgresql", "host": "db.example.com", "port": 6432, "database": "shop"}


class Endpoint:
    def __init__(self) -> None:
        self.events: list[dict] = []
        self.gate = threading.Event()
        self.gate.set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.gate.wait(30)
                endpoint.events.append(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.settings = {
            "namespace": "acme",
            "transport": {"type": "http", "url": f"http://127.0.0.1:{self.http.server_port}", "compression": None},
            "seconds": 20,
        }
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def of(self, job):
        return [event for event in self.events if event["job"]["name"] == job]

    def states(self, job):
        return [event["eventType"] for event in self.of(job)]


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.gate.set()
    endpoint.http.shutdown()
    endpoint.http.server_close()


@pytest.fixture
def listened(pipeline, endpoint):
    """The pipeline, with the plugin as it is installed, and these changes of its settings."""

    def listened(**changes):
        installed = discover()
        calls = {
            hook: tuple(call for call in calls if call[0].plugin == "openlineage") for hook, calls in installed.hook_calls.items()
        }
        registry = replace(pipeline.parts.registry, hook_calls=calls)
        pipeline.parts = replace(
            pipeline.parts, registry=registry.with_settings({"openlineage": {**endpoint.settings, **changes}})
        )
        return pipeline

    return listened


def valid(events):
    validator = Draft202012Validator(SPEC, format_checker=FormatChecker())
    return [
        f"{event['eventType']} {error.json_path}: {error.message}" for event in events for error in validator.iter_errors(event)
    ]


def test_every_event_of_a_run_is_valid_and_names_its_parent(listened, endpoint):
    pipeline = listened()
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0], schema=COLUMNS, source=ORIGIN)
    pipeline.fail(items[1], "relation is missing, PGPASSWORD=hunter2")
    pipeline.done(items[2], high="2026-03-01 05:00:00" if items[2]["watermark"]["mode"] == "incremental" else None)
    pipeline.summarise()
    assert valid(endpoint.events) == []
    jobs = [f"sales.{item['table']}" for item in items]
    assert [endpoint.states(job) for job in jobs] == [["START", "COMPLETE"], ["START", "FAIL"], ["START", "COMPLETE"]]
    assert endpoint.states("sales") == ["START", "FAIL"]
    assert {event["job"]["namespace"] for event in endpoint.events} == {"acme"}
    (run_id,) = {event["run"]["runId"] for event in endpoint.of("sales")}
    for job in jobs:
        start, end = endpoint.of(job)
        assert start["run"]["runId"] == end["run"]["runId"] != run_id
        assert end["run"]["facets"]["parent"]["run"]["runId"] == run_id
    failed = endpoint.of(jobs[1])[1]
    assert failed["run"]["facets"]["errorMessage"]["message"] == "USER_CODE: relation is missing, PGPASSWORD=***"
    assert failed["outputs"] == []


def test_a_success_has_datasets_columns_and_counts(listened, endpoint):
    pipeline = listened()
    item = pipeline.plan(tables=["public.accounts"])["tables_to_extract"][0]
    pipeline.done(item, rows=3, schema=COLUMNS, source=ORIGIN)
    end = endpoint.of("sales.public.accounts")[-1]
    (source,), (output,) = end["inputs"], end["outputs"]
    assert [(field["name"], field["type"]) for field in source["facets"]["schema"]["fields"]] == [("id", "bigint")]
    assert [(field["name"], field["type"]) for field in output["facets"]["schema"]["fields"]] == [("id", "int64")]
    assert (output["namespace"], output["name"]) == ("file", str(pipeline.folder / "data/sales/public.accounts"))
    statistics = output["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["fileCount"]) == (3, 1)
    assert statistics["size"] > 0


def test_calls_that_come_twice_send_the_same_run_ids(listened, endpoint):
    pipeline = listened()
    item = pipeline.plan(tables=["public.accounts"])["tables_to_extract"][0]
    for _ in range(2):
        pipeline.done(item)
        pipeline.summarise()
    assert endpoint.states("sales.public.accounts") == ["START", "COMPLETE", "COMPLETE"]
    assert len({event["run"]["runId"] for event in endpoint.of("sales.public.accounts")}) == 1
    assert len({event["run"]["runId"] for event in endpoint.of("sales")}) == 1
    again = pipeline.plan("run-2", tables=["public.accounts"])["tables_to_extract"][0]
    pipeline.done(again)
    assert len({event["run"]["runId"] for event in endpoint.of("sales.public.accounts")}) == 2


def test_a_run_that_was_stopped_is_aborted(listened, endpoint):
    pipeline = listened()
    pipeline.plan(tables=["public.accounts"])
    pipeline.running.clear()
    reconcile(pipeline.parts, "run-1", "ABORTED", "stopped by a person")
    assert endpoint.states("sales.public.accounts") == endpoint.states("sales") == ["START", "ABORT"]
    assert valid(endpoint.events) == []


def test_an_endpoint_that_is_slow_or_gone_costs_a_bounded_time_and_nothing_else(listened, endpoint, caplog):
    caplog.set_level(logging.ERROR)
    endpoint.gate.clear()
    before = time.monotonic()
    assert listened(seconds=0.2).run("slow")["succeeded"] is True
    assert time.monotonic() - before < 15
    assert (
        "its hook extract_run_planned raised RuntimeError: only 0 events were sent within 0.2 seconds; see [plugins."
        in caplog.text
    )
    transport = {"type": "http", "url": "http://127.0.0.1:1", "retry": {"total": 0}}
    assert listened(transport=transport).run("gone")["succeeded"] is True
    assert "raised RuntimeError: an event could not be sent: " in caplog.text


def report(engine="postgres", name="", origin=None, **database):
    return AttemptReport(database={"db_engine": engine, **({"db_name": name} if name else {}), **database}, origin=origin or {})


@pytest.mark.parametrize(
    ("table", "known", "namespace", "name"),
    [
        ("public.orders", report(name="shop", origin=ORIGIN), "postgres://db.example.com:6432", "shop.public.orders"),
        ("public.orders", report(name="postgresql://h:5433/shop?sslmode=require"), "postgres://h:5433", "shop.public.orders"),
        ("public.orders", report(name="postgresql://ann:pw@h/shop"), "postgres://h:5432", "shop.public.orders"),
        ('public."Odd ""t"""', report(name="shop", db_port="7"), "postgres://sales:7", 'shop.public.Odd "t"'),
        ("orders", report("mariadb", name="shop", origin={"host": "m"}), "mysql://m:3306", "shop.orders"),
        ("items", report("sqlite", name="/d/shop.db"), "file", "/d/shop.db/items"),
        ("t", report("teradata"), "teradata://sales", "t"),
    ],
)
def test_tables_have_the_names_of_the_specification(table, known, namespace, name):
    assert source_of({"source": "sales", "table": table}, known, {}) == (namespace, name)
    assert source_of({"source": "sales", "table": table}, known, {"sales": "postgres://x:1"}).namespace == "postgres://x:1"


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("s3://lake/a/b%20c/", ("s3://lake", "a/b%20c")),
        ("s3://lake/", ("s3://lake", "/")),
        ("file:///d/a%20b/", ("file", "/d/a b")),
    ],
)
def test_folders_have_the_names_of_the_specification(uri, name):
    assert folder_of(uri) == name
