"""Large runs: a table in the DISTRIBUTED machine at 1,000 and 100,000 tables, and the config manager at 1,000 to 50,000.

    python benchmarks/bench_scale.py

The machine is the generated one with trivial handlers; its items are a file, as the config manager writes it. The config manager
plans the tables of `bench_plan` and writes to stores that keep nothing. Each figure is of a separate process; seconds are
processor time. Goals: a table costs at most 1.3 times as much at 100,000 as at 1,000, in time and in memory of the process; the
config manager is at most 1.1 times linear, at most 1.2 times planning alone, and has at most 300 MB at 50,000 tables. Leases are
taken with botocore's client, whose requests are answered after 5 ms; their seconds are those of the wall.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_interpreter import DEPLOYMENTS, item
from bench_plan import MACHINE, PLACES, config

TABLES = (1_000, 100_000)
PLANNED = (1_000, 10_000, 50_000)
LEASES = 10_000


def machine(count: int) -> float:
    """Seconds of one execution of the generated machine."""
    import asl_generator
    import asl_toolkit
    import asl_toolkit.runtime.execution  # the imports of the first start do not count
    from extract_core.registry.loading import discover
    from extract_core.registry.routing import ITERATE

    built = asl_generator.build(
        discover(), name="x", partition="aws", region="eu-central-1", account="123456789012", max_concurrency=100,
        deployments=DEPLOYMENTS,
    )  # fmt: skip
    loaded = asl_toolkit.load(built.definition)
    with tempfile.TemporaryDirectory() as folder:
        items = Path(folder) / "items.jsonl"
        with items.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(item(number)) + "\n" for number in range(count))
        places = {"items": {"bucket": "b", "key": "k"}, "results": {"bucket": "b", "key": "r"}}
        functions = {
            "x-config-manager": lambda _event, _context: {"max_concurrency": 100, "map_error": None, **places},
            "x-job-run-status": asl_toolkit.inline(lambda _event, _context: {"status": "SUCCEEDED"}),
            "x-run-summary": lambda _event, _context: {"succeeded": True, "error": "", "cause": ""},
        }
        done = asl_toolkit.inline(lambda _request: {"JobRunState": "SUCCEEDED", "Id": "jr_1"})
        states = {branch.job_state: done for branch in built.branches}
        objects = lambda request: {"Body": items} if request.action == "getObject" else {}  # noqa: E731 - as small as can be
        services = asl_toolkit.Services({}, functions=functions, states={**states, ITERATE: objects})
        ended: list[str] = []
        started = time.process_time()
        execution = loaded.start(
            {"source": "sales"}, name="r", services=services, child_listener=lambda child: ended.append(child.status)
        )
        result = execution.wait()
        seconds = time.process_time() - started
    assert result.status == "SUCCEEDED", result.cause
    assert ended.count("SUCCEEDED") == count
    return seconds


class Nowhere:
    """A store of objects that keeps the config alone."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_changed(self, uri: str, _stamp: str | None) -> Any:
        """The config."""
        from extract_core.errors import ObjectNotFound
        from extract_core.objects.store import Stamped

        if not uri.endswith(".yml"):
            raise ObjectNotFound(uri)
        return Stamped(self._data, "1")

    def write_parts(self, _uri: str, parts: Any) -> None:
        """Each part is made, and dropped."""
        for _ in parts:
            pass

    def list(self, _prefix: str) -> Any:
        """Nothing."""
        return iter(())


class Untracked:
    """A tracking store that knows no table and grants each lease."""

    def start_run(self, record: Any) -> Any:
        """The record."""
        self._record = record
        return record

    def states(self, _source: str, _tables: Any) -> dict[str, Any]:
        """None is known."""
        return {}

    def take(self, source: str, tables: Any, owner: Any, **_: Any) -> Any:
        """All of them."""
        from extract_core.tracking.lease import taken
        from extract_core.tracking.records import Claim, TableState

        return Claim(taken={table: taken(TableState(source=source, table=table), owner, 0) for table in tables}, held=())

    def plan_run(self, _run_id: str, **_: Any) -> Any:
        """Nothing is kept."""
        return self._record


def config_manager(count: int) -> float:
    """Seconds of the config manager."""
    from extract_core.pipeline.parts import Parts
    from extract_core.registry.loading import discover
    from extract_core.runs.begin import manage

    def run(tables: int) -> float:
        parts = Parts(
            objects=Nowhere(config(tables)), tracking=Untracked(), registry=registry,  # type: ignore[arg-type] # what is used of them
            config_uri="s3://config/", data_uri=PLACES[0], runs_uri=PLACES[1], is_running=lambda _: False,
        )  # fmt: skip
        execution = {"id": "e", "name": "sales-1", "started_at": "2026-03-01T06:00:00+00:00"}
        started = time.process_time()
        answer = manage(parts, {"event": {"source": "sales", "tables": "*"}, "execution": execution, "machine": MACHINE})
        assert answer["items"]
        return time.process_time() - started

    registry = discover()
    run(10)
    return run(count)


def leases(count: int) -> float:
    """Seconds of the wall in which so many leases are taken by botocore's own client, if DynamoDB answers after 5 ms."""
    from datetime import UTC, datetime

    import boto3
    from botocore.awsrequest import AWSResponse
    from botocore.config import Config

    from extract_core.tracking.dynamodb.calls import THREADS
    from extract_core.tracking.dynamodb.store import DynamoDBTracking
    from extract_core.tracking.records import Owner

    def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
        time.sleep(0.005)
        body = b'{"Responses": {"t": []}, "UnprocessedKeys": {}}' if event_name.endswith("BatchGetItem") else b"{}"

        class Raw:
            def stream(self, **_: Any) -> Any:
                yield body

        return AWSResponse(request.url, 200, {"Content-Type": "application/x-amz-json-1.0"}, Raw())

    config = Config(max_pool_connections=THREADS)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client = boto3.client("dynamodb", region_name="eu-central-1", config=config, **keys)
    client.meta.events.register_first("before-send.dynamodb", answer)
    owner = Owner(execution_id="e", run_id="r", started_at="2026-03-01T06:00:00+00:00", bound="2026-03-02T06:00:00+00:00")
    with DynamoDBTracking(client, "t") as tracking:
        tables = [f"public.table_{number:05d}" for number in range(count)]
        began = time.perf_counter()
        claim = tracking.take("s", tables, owner, is_running=lambda _: False, now=datetime.now(UTC), all_or_nothing=True)
        seconds = time.perf_counter() - began
    assert len(claim.taken) == count
    return seconds


def planning(count: int) -> float:
    """Seconds of reading and planning alone."""
    from bench_plan import ours

    return ours(count, keep=True)["seconds"]


def measure(kind: str, count: int) -> tuple[float, float]:
    """Seconds, and megabytes of the whole process."""
    done = subprocess.run([sys.executable, __file__, kind, str(count)], check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["megabytes"]


def main(argv: list[str]) -> int:
    """Print each figure with its ratio."""
    if argv:
        kinds = {"machine": machine, "config_manager": config_manager, "planning": planning, "leases": leases}
        seconds = kinds[argv[0]](int(argv[1]))
        print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return 0
    small, large = (measure("machine", count) for count in TABLES)
    cost = [seconds / count for (seconds, _), count in zip((small, large), TABLES, strict=True)]
    print(
        f"DISTRIBUTED machine: {1000 * cost[0]:.2f} ms a table at {TABLES[0]:,}, {1000 * cost[1]:.2f} at {TABLES[1]:,}: "
        f"{cost[1] / cost[0]:.2f} times; memory {small[1]:.0f} MB, {large[1]:.0f} MB: {large[1] / small[1]:.2f} times"
    )
    first = None
    for count in PLANNED:
        seconds, megabytes = measure("config_manager", count)
        alone, _ = measure("planning", count)
        first = first or seconds / count
        print(
            f"config manager: {seconds:.2f} s for {count:,} tables, {seconds / count / first:.2f} times linear, "
            f"{seconds / alone:.2f} times planning alone, {megabytes:.0f} MB"
        )
    seconds, _ = measure("leases", LEASES)
    print(f"leases: {LEASES:,} in {seconds:.1f} s, {LEASES / seconds:,.0f} requests per second")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
