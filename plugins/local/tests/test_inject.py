"""`extract run --local --inject`: each job type goes through what its service does to it, with real jobs in between."""

from __future__ import annotations

import json

import pytest

from extract_core.errors import UsageError
from extract_local.injection import read_injection

ACCOUNT = "arn:aws:iam::123456789012:role/job"
SECTIONS = f"""
[job_types.emr_serverless]
application_id = "00f1r5mqj3k2ab01"
execution_role_arn = "{ACCOUNT}"
scripts_uri = "s3://extract-scripts/"

[job_types.emr_eks]
virtual_cluster_id = "0b0qvauoy3ch1nqod"
execution_role_arn = "{ACCOUNT}"
release_label = "emr-7.9.0-latest"
scripts_uri = "s3://extract-scripts/"
"""
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
SIZES = {
    "glue": ("worker_type", "G.1X", "G.2X"),
    "emr": ("executor_memory", None, "10g"),
    "emr_serverless": ("executor_memory", None, "28g"),
    "emr_eks": ("executor_memory", "4g", "8g"),
    "ecs": ("memory", None, 4096),
}


@pytest.fixture
def rehearsed(demo_project):
    """A run of this job type with these faults: the command, and its attempts as tracking has them."""
    toml = demo_project.folder / "extract.toml"
    toml.write_text(toml.read_text() + SECTIONS)

    def run(job_type, *inject, tables=(), code=0, fast="600"):
        demo_project.config(CONFIG.format(job_type=job_type))
        given = [word for each in inject for word in ("--inject", each)]
        done = demo_project.extract(
            "run", "sales", *tables, "--local", "--run-id", "r", "--fast", fast, *given, "--output", "json", code=code
        )
        from extract_core.tracking.open import open_tracking

        with open_tracking(str(demo_project.folder / ".extract" / "tracking.db")) as tracking:
            return done, list(tracking.attempts("r"))

    return run


def events(demo_project, table):
    """Types of the events of a table's iteration, with the error of those that failed."""
    found, mine = [], set()
    for line in (demo_project.folder / ".extract/executions/r/events.jsonl").read_text().splitlines():
        event = json.loads(line)
        given = json.loads(event.get("stateEnteredEventDetails", {}).get("input", "{}"))
        if event["previousEventId"] in mine or (isinstance(given, dict) and given.get("extract_table") == table):
            mine.add(event["id"])
            found.append((event["type"], event.get("taskFailedEventDetails", {}).get("error")))
    return found


@pytest.mark.parametrize("job_type", SIZES)
def test_each_job_type_retries_escalates_and_gives_up(demo_project, rehearsed, job_type):
    done, attempts = rehearsed(
        job_type,
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
    key, first, then = SIZES[job_type]
    assert [row.settings[key] for row in attempts if row.table == "public.customers"] == [first, then]
    assert all(row.rows for row in attempts if row.state == "SUCCEEDED")
    throttled = [kind for kind, _ in events(demo_project, "public.categories")]
    assert throttled.count("TaskStateEntered") == 2
    assert throttled.count("TaskFailed") == 1
    assert "TaskFailed" in throttled[: throttled.index("TaskSubmitted")]
    assert "↻ public.customers" in done.stderr


def test_a_throttle_that_outlasts_the_states_own_retry_makes_the_table_go_round(rehearsed):
    _, attempts = rehearsed("glue", "throttle:public.categories:7", tables=["public.categories"], fast="10000")
    assert [(row.attempt, row.state.value, row.failure) for row in attempts] == [
        (1, "FAILED", "THROTTLED"),
        (2, "SUCCEEDED", None),
    ]


def test_a_fault_that_stays_exhausts_the_attempts_and_a_rerun_works(demo_project, rehearsed):
    _, attempts = rehearsed("ecs", "interrupt:public.categories:9", tables=["public.categories"], code=1)
    assert [(row.attempt, row.failure) for row in attempts] == [(number, "INTERRUPTED") for number in (1, 2, 3)]
    logs = sorted(path.name for path in (demo_project.folder / ".extract/executions/r/jobs").iterdir())
    assert logs == [f"public.categories.{number}.log" for number in (1, 2, 3)]
    shown = demo_project.extract("status", "r", "--local", code=1)
    assert "Attempt" in shown.stdout
    again = demo_project.extract("rerun", "r", "--local", "--output", "json")
    assert [(row["table"], row["attempt"]) for row in json.loads(again.stdout)["tables"]] == [("public.categories", 1)]


def test_a_fault_that_met_no_job_is_told(rehearsed):
    done, _ = rehearsed("glue", "oom:public.categoris", tables=["public.categories"])
    assert "note: --inject 'oom:public.categoris' met no start of a job\n" in done.stderr


@pytest.mark.parametrize(
    ("text", "number"), [("oom:full00:x", "x"), ("fail:full00:-1", "-1"), ("fail:a:", ""), ("oom:a:b:3", "b")]
)
def test_what_is_no_number_of_starts_is_no_tables_name(text, number):
    with pytest.raises(UsageError) as caught:
        read_injection(text)
    assert str(caught.value) == (
        f"--inject {text!r}: {number!r} is no number of starts; N is how many go wrong, from 1 on "
        "(where a table's name holds a colon, write ? for it)"
    )


def test_a_fault_that_there_is_not_starts_nothing(demo_project):
    done = demo_project.extract("run", "sales", "--local", "--inject", "omm:x", code=2)
    assert done.stderr == (
        "extract: --inject 'omm:x': there is no fault 'omm' (there are: throttle, oom, interrupt, fail, timeout); "
        "did you mean 'oom'?\n"
    )
    assert not (demo_project.folder / ".extract" / "executions").exists()
