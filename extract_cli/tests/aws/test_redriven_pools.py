"""A run with a pool that is stopped and redriven: its tables take their slots again, and give them back."""

from __future__ import annotations

import json
import threading

import pytest

from .conftest import CONFIG, PIPELINE, Glue

EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:extract-sales:one"
POOLED = (
    PIPELINE.replace("MODE", "distributed") + "\n[pools]\nsales-db = 1\n",
    CONFIG.replace("  job_type: glue\n", "  job_type: glue\n  pool: sales-db\n"),
    Glue,
)
TABLES = ["public.accounts", "public.events", "public.orders"]


@pytest.mark.soak  # its waits for the pool are real
@pytest.mark.parametrize("cloud", [POOLED], indirect=True)
def test_a_redriven_run_takes_slots_and_frees_them(cloud):
    tracking = cloud.parts.tracking
    cloud.deploy()
    cloud.glue.gate = threading.Event()
    event = json.dumps({"source": "sales", "tables": "*"})
    cloud.states.start_execution(stateMachineArn=cloud.machine, name="one", input=event)
    cloud.await_started(1)
    cloud.states.stop_execution(executionArn=EXECUTION)
    (held,) = tracking.slots("sales-db")
    assert held.table == cloud.glue.started[0]
    cloud.glue.gate.set()
    cloud.states.redrive_execution(executionArn=EXECUTION)
    assert cloud.states.wait_for_execution(executionArn=EXECUTION, timeout=60)["status"] == "SUCCEEDED"
    assert tracking.slots("sales-db") == []
    rows = list(tracking.attempts("one"))
    assert {row.table: (row.attempt, row.state.value) for row in rows} == dict.fromkeys(TABLES, (1, "SUCCEEDED"))
    assert all(row.waited_seconds is not None for row in rows)
    assert [state.owner for state in tracking.states("sales", TABLES).values()] == [None] * 3
