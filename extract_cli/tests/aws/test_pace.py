"""`extract pace` on AWS: a running Map Run gets another concurrency."""

from __future__ import annotations

import json
import threading
import time

import pytest

from extract_core.runs.begin import manage
from extract_core.runs.end import summarise

EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:extract-sales"


@pytest.fixture
def narrow(cloud):
    """A run of three tables, one at once, whose jobs wait for the gate."""
    cloud.deploy()
    cloud.glue.gate = threading.Event()
    event = json.dumps({"source": "sales", "tables": "*", "max_concurrency": 1})
    cloud.states.start_execution(stateMachineArn=cloud.machine, name="one", input=event)
    cloud.await_started(1)
    yield cloud
    cloud.glue.gate.set()
    cloud.states.wait_for_execution(executionArn=f"{EXECUTION}:one", timeout=60)


def test_more_tables_start_at_once(narrow, cli):
    assert narrow.glue.started == ["public.accounts"]
    changed = cli("pace", "latest", "2")
    assert (changed.code, changed.err) == (0, "run one: 2 tables at once from now on\n")
    narrow.await_started(2)
    (map_run,) = narrow.states.list_map_runs(executionArn=f"{EXECUTION}:one")["mapRuns"]
    assert narrow.states.describe_map_run(mapRunArn=map_run["mapRunArn"])["maxConcurrency"] == 2
    assert len(narrow.glue.started) == 2
    assert json.loads(cli("pace", "one", "3", "--output", "json").out) == {"run_id": "one", "max_concurrency": 3}
    narrow.await_started(3)


@pytest.mark.parametrize("cloud", ["inline"], indirect=True)
def test_an_inline_map_cannot_be_paced(narrow, cli):
    changed = cli("pace", "one", "2")
    assert changed.code == 2
    assert changed.err == (
        "extract: run 'one' has an INLINE Map: the number of its tables at once is fixed when the run starts. Write map = "
        '"distributed" in [machine] of extract.toml, or start runs with --max-concurrency\n'
    )


def test_a_run_that_is_planned_or_summed_up_has_nothing_to_pace(cloud, cli, monkeypatch):
    """The functions wait: first the config manager, then the summary."""
    gates = {manage: threading.Event(), summarise: threading.Event()}
    waiting = []

    def around(_name, called, event):
        work = called.func
        answer = called(event) if work is not summarise else None
        if work in gates:
            waiting.append(work)
            assert gates[work].wait(30)
        return answer if work is not summarise else called(event)

    monkeypatch.setattr(cloud, "around", around)
    cloud.deploy()
    event = json.dumps({"source": "sales", "tables": "*"})
    cloud.states.start_execution(stateMachineArn=cloud.machine, name="one", input=event)
    _await(lambda: waiting == [manage])
    early = cli("pace", "one", "2")
    gates[manage].set()
    _await(lambda: waiting == [manage, summarise])
    late = cli("pace", "one", "2")
    gates[summarise].set()
    cloud.states.wait_for_execution(executionArn=f"{EXECUTION}:one", timeout=60)
    after = cli("pace", "one", "2")
    assert [early.code, late.code, after.code] == [2, 2, 2]
    assert early.err == (
        "extract: run 'one' has not started its tables yet: it is being planned, or it waits. Try again in a moment\n"
    )
    assert late.err == "extract: all tables of run 'one' have ended: there is nothing to change\n"
    assert after.err == "extract: run 'one' has ended (SUCCEEDED); for the next one, use --max-concurrency\n"


def _await(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
