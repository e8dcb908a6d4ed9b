"""The generated machine with the real handlers and a service that is told how each job ends; waits pass at once."""

from __future__ import annotations

import json
from concurrent.futures import Future
from functools import partial

import pytest
from pydantic import BaseModel

from asl_generator import build
from asl_toolkit import Services, Submitted, TaskFailed, VirtualClock, load
from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, Retry
from extract_core.objects.files import file_uri
from extract_core.objects.routed import open_objects
from extract_core.pipeline.parts import Parts
from extract_core.plan.limits import Load
from extract_core.plan.places import uri_of
from extract_core.registry.installed import Registry
from extract_core.registry.routing import FINISHED, HANDLE_STATUS, NOT_RECORDED, RECORDED, WAIT
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.status.record import record
from extract_core.tracking.sqlite import SQLiteTracking

CONFIG = """
source_name: sales
extract:
  job_type: crunch
  max_attempts: 3
  retry_wait_seconds: 3600
  tables: {a: {}, b: {}}
"""


class Size(BaseModel, extra="forbid"):
    size: int = 1


class Nothing(BaseModel, extra="forbid"):
    pass


class Crunch(JobType[Size, Nothing]):
    """Fails with ``Crunch.<class>``; a lack of memory doubles the size up to 2."""

    name = "crunch"
    title = "Crunch"
    api_version = 1

    def settings(self):
        return Size

    def deployment(self):
        return Nothing

    def branch(self, target):
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::batch:submitJob.sync",
            "Parameters": {"Size.$": "$.arguments.size", "Flat.$": "$.arguments.flat"},
            "ResultPath": "$.job_result",
        }
        return Branch(start="Crunch Table", states={"Crunch Table": task}, job_state="Crunch Table")

    def arguments(self, table, settings):
        return {"size": settings.size, "flat": dict(table.job_arguments)}

    def start_retries(self):
        return [Retry(errors=["Crunch.TooMany"], interval_seconds=100, max_attempts=2)]

    def status(self, outcome):
        if outcome.error is None:
            return JobStatus(state=JobState.SUCCEEDED)
        failure = FailureClass(outcome.error.removeprefix("Crunch.").replace("TooMany", "THROTTLED"))
        retryable = failure in (FailureClass.THROTTLED, FailureClass.CAPACITY)
        return JobStatus(state=JobState.FAILED, failure=failure, retryable=retryable, message="no")

    def escalate(self, settings, status, attempt):
        memory = status.failure is FailureClass.OUT_OF_MEMORY and settings.size < 2
        return settings.model_copy(update={"size": settings.size * 2}) if memory else None


class Pipeline:
    """Runs with answers a table: names of errors in the order of its starts; then its jobs end well."""

    def __init__(self, folder, *, retries=True, mode="INLINE"):
        (folder / "config").mkdir()
        (folder / "config" / "sales.yml").write_text(CONFIG if retries else CONFIG.replace("max_attempts: 3", "max_attempts: 1"))
        registry = Registry.of(Crunch())
        self.tracking = SQLiteTracking(folder / "tracking.db")
        places = {f"{name}_uri": f"{file_uri(folder / name)}/" for name in ("config", "data", "runs")}
        self.parts = Parts(
            objects=open_objects(), tracking=self.tracking, registry=registry, is_running=lambda execution: True, **places
        )
        place = {"partition": "aws", "region": "eu-central-1", "account": "123456789012"}
        self.definition = build(
            registry, name="p", deployments={"crunch": {}}, max_concurrency=5, retries=retries, map=mode, **place
        ).definition
        self.record = partial(record, self.parts)
        self.started = []

    def run(self, answers, tables="*"):
        left = {table: list(names) for table, names in answers.items()}

        def job(request):
            flat = request.parameters["Flat"]
            table, attempt = flat["--extract_table"], int(flat["--attempt"])
            self.started.append((table, attempt, request.parameters["Size"]))
            error = left[table].pop(0) if left.get(table) else None
            if error == "TooMany":
                raise TaskFailed("Crunch.TooMany", "because")
            completion = Future()
            if error:
                completion.set_exception(TaskFailed(f"Crunch.{error}", "because"))
                return Submitted({}, completion)
            result = {"run_id": flat["--run_id"], "attempt": attempt, "rows": 0, "bytes": 0, "files": [], "low_watermark": None,
                      "high_watermark": None}  # fmt: skip
            self.parts.objects.write(flat["--result_uri"], json.dumps(result).encode())
            completion.set_result({})
            return Submitted({}, completion)

        functions = {
            "p-config-manager": lambda event, context: manage(self.parts, event),
            "p-job-run-status": lambda event, context: self.record(event),
            "p-run-summary": lambda event, context: summarise(self.parts, event),
        }
        self.events = []
        self.clock = VirtualClock()
        event = {"source": "sales", "tables": tables}
        services = Services({("batch", "submitJob"): job, ("s3", "*"): self.map_object}, functions=functions)
        execution = load(self.definition).start(
            event,
            name="r",
            services=services,
            clock=self.clock,
            listener=self.events.append,
            child_events=lambda arn: self.events.append,
        )
        ended = execution.wait(60)
        self.rows = [(row.table, row.attempt, row.state.value, row.failure) for row in self.tracking.attempts("r")]
        return ended

    def map_object(self, request):
        uri = uri_of(request.parameters["Bucket"], request.parameters["Key"])
        if request.action == "getObject":
            return {"Body": self.parts.objects.read(uri)}
        self.parts.objects.write(uri, request.parameters["Body"].encode())
        return {}

    def seconds(self):
        return self.clock.now() - VirtualClock().now()

    def entered(self):
        return [event["stateEnteredEventDetails"]["name"] for event in self.events if event["type"].endswith("StateEntered")]


@pytest.fixture(params=["INLINE", "DISTRIBUTED"])
def pipeline(request, tmp_path):
    made = Pipeline(tmp_path, mode=request.param)
    with made.tracking:
        yield made


def test_a_table_that_fails_for_a_while_succeeds_in_the_end(pipeline):
    assert pipeline.run({"a": ["CAPACITY", "THROTTLED"]}).status == "SUCCEEDED"
    assert [row for row in pipeline.rows if row[0] == "a"] == [
        ("a", 1, "FAILED", "CAPACITY"),
        ("a", 2, "FAILED", "THROTTLED"),
        ("a", 3, "SUCCEEDED", None),
    ]
    assert ("b", 1, "SUCCEEDED", None) in pipeline.rows
    assert 7200 <= pipeline.seconds() < 7210


def test_a_table_that_fails_each_time_fails(pipeline):
    ended = pipeline.run({"a": ["CAPACITY"] * 3})
    assert (ended.status, ended.error) == ("FAILED", "ExtractFailed")
    assert ended.cause == "1 of 2 tables failed: a (CAPACITY: no). Run just these again: extract rerun r"
    assert [row[1] for row in pipeline.rows if row[0] == "a"] == [1, 2, 3]
    assert pipeline.tracking.states("sales", ["a"])["a"].owner is None


def test_out_of_memory_goes_on_with_more_until_there_is_no_more(pipeline):
    assert pipeline.run({"a": ["OUT_OF_MEMORY"], "b": ["OUT_OF_MEMORY"] * 2}).status == "FAILED"
    assert sorted(pipeline.started) == [("a", 1, 1), ("a", 2, 2), ("b", 1, 1), ("b", 2, 2)]
    messages = [row.message for row in pipeline.tracking.attempts("r") if row.table == "b"]
    assert messages == ["no", "no; not tried again: job type 'crunch' has no bigger size for it"]


@pytest.mark.parametrize("failure", ["USER_CODE", "CONFIG", "PERMISSION"])
def test_a_permanent_failure_is_the_end_at_once(pipeline, failure):
    assert pipeline.run({"a": [failure]}).status == "FAILED"
    assert [row for row in pipeline.rows if row[0] == "a"] == [("a", 1, "FAILED", failure)]
    assert (WAIT in pipeline.entered(), pipeline.seconds()) == (False, 0)


def test_a_refused_start_is_tried_again_by_the_state_itself_before_the_table_goes_round(pipeline):
    assert pipeline.run({"a": ["TooMany"] * 4}, tables="a").status == "SUCCEEDED"
    assert pipeline.started == [("a", 1, 1)] * 3 + [("a", 2, 1)] * 2
    assert pipeline.entered().count("Crunch Table") == 2


@pytest.mark.parametrize("when", [1, 2])
def test_a_handler_that_fails_leaves_the_other_tables_alone(pipeline, when):
    def fails(item):
        if item["table"] == "a" and item["attempt"] == when:
            raise RuntimeError("broken")
        return record(pipeline.parts, item)

    pipeline.record = fails
    assert pipeline.run({"a": ["CAPACITY"]}).status == "FAILED"
    assert pipeline.entered().count(NOT_RECORDED) == 1
    recorded = [("a", 1, "FAILED", "CAPACITY")][: when - 1]
    assert pipeline.rows == [*recorded, ("a", when, "UNKNOWN", "NOT_RECORDED"), ("b", 1, "SUCCEEDED", None)]
    assert pipeline.tracking.states("sales", ["a"])["a"].owner is None


def test_an_event_is_handled_twice(pipeline):
    def twice(item):
        first = record(pipeline.parts, item)
        assert record(pipeline.parts, item) == first
        return first

    pipeline.record = twice
    assert pipeline.run({"a": ["CAPACITY"] * 3, "b": ["OUT_OF_MEMORY"]}).status == "FAILED"
    assert [row[:2] for row in pipeline.rows] == [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2)]


def test_only_the_last_payload_of_a_table_leaves_its_iteration_and_it_is_small(pipeline):
    pipeline.run({"a": ["CAPACITY"] * 2})
    ends = [event["stateExitedEventDetails"]["output"] for event in pipeline.events if event["type"] == "SucceedStateExited"]
    assert ends[:-1] == ['{"status":"SUCCEEDED"}'] * 2
    payloads = [
        json.loads(event["stateExitedEventDetails"]["output"])
        for event in pipeline.events
        if event["type"] == "TaskStateExited" and event["stateExitedEventDetails"]["name"] == HANDLE_STATUS
    ]
    again = [payload for payload in payloads if "retry_wait_seconds" in payload]
    assert [payload["attempt"] for payload in again] == [2, 3]
    assert all("job_error" not in payload for payload in again)


@pytest.mark.parametrize(("retries", "attempts"), [(False, 1), (True, 1), (True, 2), (True, 3)])
def test_the_limit_counts_the_events_that_a_run_has(tmp_path, retries, attempts):
    made = Pipeline(tmp_path, retries=retries)
    with made.tracking:
        made.run({"a": ["CAPACITY"] * (attempts - 1)}, tables="a")
    load = Load(0)
    load.count({"max_attempts": attempts})
    assert len(made.events) == load.history_events(retry_loop=retries)
    assert (FINISHED in made.entered(), RECORDED in made.entered()) == (retries, retries)
