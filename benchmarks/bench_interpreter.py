"""The generated INLINE machine with trivial handlers: milliseconds per table and peak memory, at 100 and 1,000 tables.

The reference is the smallest possible work: call the same handlers in a loop and encode the history events of AWS (15 per
table). Milliseconds are processor time of all threads, so that other work on the machine does not count. Goal: 0.6 ms per
table and 80 MB at 1,000 tables.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

SIZES = (100, 1_000)
PAIRS = 3
EVENTS_A_TABLE = 15
DEPLOYMENTS = {
    "glue": {"job_name": "j"},
    "emr": {"cluster_id": "j-ABC"},
    "ecs": {"task_definition": "t", "subnets": ["subnet-0a1b2c3d"]},
}


def item(number: int) -> dict[str, Any]:  # Any: JSON
    """An item with only the members that the machine reads, because a thousand of them must fit into 256 KiB."""
    arguments: dict[str, Any] = {
        "job_name": "j",
        "worker_type": "G.1X",
        "number_of_workers": 2,
        "timeout": 4,
        "execution_class": "STANDARD",
    }
    arguments["arguments"] = {"--t": f"t{number}"}
    return {"table": f"t{number}", "job_type": "glue", "attempt": 1, "timeout_seconds": 60, "arguments": arguments}


def handlers(count: int) -> tuple[Any, Any, Any]:
    """Config manager, status handler, summary: each returns at once."""
    items = [item(number) for number in range(count)]
    plan = {"run_id": "r", "source": "sales", "tables_to_extract": items, "max_concurrency": 40, "map_error": None}
    return (
        lambda _event, _context: plan,
        lambda _event, _context: {"status": "SUCCEEDED"},
        lambda _event, _context: {"succeeded": True, "error": "", "cause": ""},
    )


def ours(count: int) -> float:
    """Seconds of one execution of the generated machine."""
    import asl_generator
    import asl_toolkit
    import asl_toolkit.runtime.execution  # the imports of the first start do not count
    from extract_core.registry.loading import discover

    built = asl_generator.build(
        discover(), name="x", partition="aws", region="eu-central-1", account="123456789012", max_concurrency=40,
        deployments=DEPLOYMENTS, map="INLINE",
    )  # fmt: skip
    machine = asl_toolkit.load(built.definition)
    manage, record, summarise = handlers(count)
    functions = {"x-config-manager": manage, "x-job-run-status": record, "x-run-summary": summarise}
    done = asl_toolkit.inline(lambda _request: {"JobRunState": "SUCCEEDED", "Id": "jr_1"})
    services = asl_toolkit.Services({}, functions=functions, states={branch.job_state: done for branch in built.branches})
    started = time.process_time()
    result = machine.start({"source": "sales"}, name="r", services=services).wait()
    seconds = time.process_time() - started
    assert result.status == "SUCCEEDED", result.cause
    assert len(result.events) > EVENTS_A_TABLE * count
    return seconds


def reference(count: int) -> float:
    """Seconds of the smallest possible work: the handlers in a loop, and the events encoded."""
    manage, record, _ = handlers(count)
    started = time.process_time()
    history = []
    for item in manage({}, None)["tables_to_extract"]:
        record(item, None)
        text = json.dumps(item)
        history += [json.dumps({"id": n, "type": "TaskStateEntered", "details": {"input": text}}) for n in range(EVENTS_A_TABLE)]
    return time.process_time() - started


def main(argv: list[str]) -> int:
    """Each measurement runs in a separate process; the medians of three pairs are printed."""
    if argv:
        kind, count = argv[0], int(argv[1])
        seconds = {"ours": ours, "reference": reference}[kind](count)
        print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return 0
    for count in SIZES:
        by_kind: dict[str, list[dict[str, float]]] = {"ours": [], "reference": []}
        for _ in range(PAIRS):
            for kind, results in by_kind.items():
                command = [sys.executable, __file__, kind, str(count)]
                results.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        milliseconds, floor = (
            statistics.median(result["seconds"] for result in by_kind[kind]) * 1000 / count for kind in ("ours", "reference")
        )
        peak = statistics.median(result["megabytes"] for result in by_kind["ours"])
        print(
            f"{count:>6,} tables: {milliseconds:.2f} ms a table, {peak:.0f} MB; {milliseconds / floor:.1f} times the plain loop"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
