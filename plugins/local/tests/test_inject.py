"""`extract run --local --inject`: the faults of a service, between real jobs."""

from __future__ import annotations

import json

import pytest

from extract_core.errors import UsageError
from extract_local.jobs.injection import read_injection

CONFIG = """
source_name: sales
extract:
  job_type: {job_type}
  script_name: extract_job.py
  db_engine: sqlite
  db_name: sales.db
  max_attempts: 3
  tables: {{public.categories: {{}}, public.customers: {{}}, public.suppliers: {{}}, public.warehouses: {{}}, crm.contacts: {{}}}}
"""


@pytest.fixture
def rehearsed(demo_project):
    """A run of this job type with these faults: the command's output, and the attempts of the tracking store."""

    def run(job_type, *inject, tables=(), code=0, fast="600"):
        demo_project.config(CONFIG.format(job_type=job_type))
        faults = [word for fault in inject for word in ("--inject", fault)]
        done = demo_project.extract(
            "run", "sales", *tables, "--local", "--run-id", "r", "--fast", fast, *faults, "--output", "json", code=code
        )
        from extract_core.tracking.open import open_tracking

        with open_tracking(str(demo_project.folder / ".extract" / "tracking.db")) as tracking:
            return done, list(tracking.attempts("r"))

    return run


def events(demo_project, table):
    """Types of the events of a table's iteration, with the error of those that failed."""
    types, mine = [], set()
    for line in (demo_project.folder / ".extract/executions/r/events.jsonl").read_text().splitlines():
        event = json.loads(line)
        entered = json.loads(event.get("stateEnteredEventDetails", {}).get("input", "{}"))
        if event["previousEventId"] in mine or (isinstance(entered, dict) and entered.get("table") == table):
            mine.add(event["id"])
            types.append((event["type"], event.get("taskFailedEventDetails", {}).get("error")))
    return types


def test_a_job_type_retries_escalates_and_gives_up(demo_project, rehearsed):
    """tests/job_types/test_run_local.py does the same with every job type."""
    done, attempts = rehearsed(
        "glue",
        "throttle:public.categories",
        "oom:public.customers",
        "fail:public.suppliers",
        "interrupt:public.ware*",
        "timeout:crm.contacts",
        code=1,
    )
    ends = {}
    for row in attempts:
        ends.setdefault(row.table, []).append((row.attempt, row.state.value, row.failure))
    assert ends == {
        "public.categories": [(1, "SUCCEEDED", None)],
        "public.customers": [(1, "FAILED", "OUT_OF_MEMORY"), (2, "SUCCEEDED", None)],
        "public.suppliers": [(1, "FAILED", "USER_CODE")],
        "public.warehouses": [(1, "FAILED", "INTERRUPTED"), (2, "SUCCEEDED", None)],
        "crm.contacts": [(1, "TIMED_OUT", "TIMEOUT")],
    }
    assert [row.settings["worker_type"] for row in attempts if row.table == "public.customers"] == ["G.1X", "G.2X"]
    assert all(row.rows for row in attempts if row.state == "SUCCEEDED")
    throttled = [kind for kind, _ in events(demo_project, "public.categories")]
    assert throttled.count("TaskStateEntered") == 2
    assert throttled.count("TaskFailed") == 1
    assert "TaskFailed" in throttled[: throttled.index("TaskSubmitted")]
    assert "↻ public.customers" in done.stderr


def test_a_throttle_that_outlasts_the_states_own_retry_leads_to_a_second_attempt(rehearsed):
    _, attempts = rehearsed("glue", "throttle:public.categories:7", tables=["public.categories"], fast="10000")
    assert [(row.attempt, row.state.value, row.failure) for row in attempts] == [
        (1, "FAILED", "THROTTLED"),
        (2, "SUCCEEDED", None),
    ]


def test_a_permanent_fault_uses_all_attempts_and_a_rerun_works(demo_project, rehearsed):
    _, attempts = rehearsed("ecs", "interrupt:public.categories:9", tables=["public.categories"], code=1)
    assert [(row.attempt, row.failure) for row in attempts] == [(number, "INTERRUPTED") for number in (1, 2, 3)]
    logs = sorted(path.name for path in (demo_project.folder / ".extract/executions/r/jobs").iterdir())
    assert logs == [f"public.categories.{number}.log" for number in (1, 2, 3)]
    shown = demo_project.extract("status", "r", "--local", code=1)
    assert "Attempt" in shown.stdout
    again = demo_project.extract("rerun", "r", "--local", "--output", "json")
    assert [(row["table"], row["attempt"]) for row in json.loads(again.stdout)["tables"]] == [("public.categories", 1)]


def test_a_fault_that_no_job_start_met_is_reported(rehearsed):
    done, _ = rehearsed("glue", "oom:public.categoris", tables=["public.categories"])
    assert "note: --inject 'oom:public.categoris' met no start of a job\n" in done.stderr


@pytest.mark.parametrize(
    ("text", "number"),
    [("oom:full00:x", "x"), ("fail:full00:-1", "-1"), ("fail:a:", ""), ("oom:a:b:3", "b"), ("oom:a:" + "9" * 5_000, "9" * 5_000)],
)
def test_an_invalid_number_of_starts_is_refused(text, number):
    with pytest.raises(UsageError) as caught:
        read_injection(text)
    assert str(caught.value) == (
        f"--inject {text!r}: {number!r} is not a valid N: write how many job starts or questions fail, at least 1 "
        "(if a table's name has a colon, write ? for it)"
    )


def test_an_unknown_fault_starts_nothing(demo_project):
    done = demo_project.extract("run", "sales", "--local", "--inject", "omm:x", code=2)
    assert done.stderr == (
        "extract: --inject 'omm:x': there is no fault 'omm' (there are: throttle, oom, interrupt, fail, timeout, question); "
        "did you mean 'oom'?\n"
    )
    assert not (demo_project.folder / ".extract" / "executions").exists()
