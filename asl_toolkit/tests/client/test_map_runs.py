"""Map Runs of DISTRIBUTED Maps and their children, as the API shows them."""

import threading

import pytest

from asl_toolkit import Services, TaskFailed, VirtualClock, inline
from asl_toolkit.client import StepFunctions
from asl_toolkit.client.model import service_model

JOB = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName.$": "States.Format('{}', $)"},
    "End": True,
}


def distributed(**more):
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "J", "States": {"J": dict(JOB)}}
    loop = {"Type": "Map", "Label": "Each", "ItemProcessor": processor, "End": True, **more}
    return {"StartAt": "M", "States": {"M": loop}}


class Flaky:
    def __init__(self, *bad):
        self.bad = set(bad)

    def __call__(self, request):
        name = request.parameters["JobName"]
        if name in self.bad:
            self.bad.discard(name)
            raise TaskFailed("Boom", name)
        return {"JobRunState": "SUCCEEDED"}


@pytest.fixture
def flaky():
    def make(*bad):
        return StepFunctions(Services({("glue", "startJobRun"): inline(Flaky(*bad))}), clock=VirtualClock)

    return make


def counts(described, name="itemCounts"):
    return {key: value for key, value in described[name].items() if value}


def test_a_map_run_is_described_with_its_limits_and_counts(flaky, run):
    client = flaky()
    ended = run(client, "m", distributed(MaxConcurrency=2, ToleratedFailurePercentage=5), "[1, 2, 3]")
    (listed,) = client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    arn = listed["mapRunArn"]
    assert arn.startswith("arn:aws:states:us-east-1:111111111111:mapRun:m/Each:")
    assert listed["stateMachineArn"] == "arn:aws:states:us-east-1:111111111111:stateMachine:m/Each"
    described = client.describe_map_run(mapRunArn=arn)
    assert counts(described) == {"succeeded": 3, "total": 3, "resultsWritten": 3}
    assert described["executionCounts"] == described["itemCounts"]
    assert (described["status"], described["maxConcurrency"], described["toleratedFailurePercentage"]) == ("SUCCEEDED", 2, 5.0)
    assert (described["executionArn"], described["stopDate"]) == (ended["executionArn"], listed["stopDate"])


def test_a_failed_map_run_is_redriven_for_its_failed_children(flaky, run):
    client = flaky("2")
    failed = run(client, "m", distributed(MaxConcurrency=1), "[1, 2, 3]")
    assert failed["error"] == "States.ExceedToleratedFailureThreshold"
    (listed,) = client.list_map_runs(executionArn=failed["executionArn"])["mapRuns"]
    described = client.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert counts(described) == {"succeeded": 1, "failed": 1, "pending": 1, "total": 3}  # as measured: floci-io/floci, pull 2694
    children = client.list_executions(mapRunArn=listed["mapRunArn"])["executions"]
    assert [(it["status"], it["stateMachineArn"].rsplit(":", 1)[-1]) for it in children] == [
        ("FAILED", "m/Each"),
        ("SUCCEEDED", "m/Each"),
    ]
    child = client.describe_execution(executionArn=children[0]["executionArn"])
    assert {name: child[name] for name in ("input", "error", "cause", "mapRunArn", "redriveStatus", "redriveStatusReason")} == {
        "input": "2",
        "error": "Boom",
        "cause": "2",
        "mapRunArn": listed["mapRunArn"],
        "redriveStatus": "REDRIVABLE_BY_MAP_RUN",
        "redriveStatusReason": "Execution can only be redriven using Map Run redrive",
    }
    history = client.get_execution_history(executionArn=child["executionArn"])["events"]
    assert [event["type"] for event in history][-2:] == ["TaskFailed", "ExecutionFailed"]
    client.redrive_execution(executionArn=failed["executionArn"])
    again = client.wait_for_execution(executionArn=failed["executionArn"], timeout=10)
    described = client.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert (again["status"], described["status"], described["redriveCount"]) == ("SUCCEEDED", "SUCCEEDED", 1)
    assert counts(described) == {"succeeded": 3, "total": 3, "resultsWritten": 3}
    assert described["redriveDate"] >= described["startDate"]


def test_batches_count_items_and_executions(flaky, run):
    client = flaky()
    batched = distributed(ItemBatcher={"MaxItemsPerBatch": 2})
    batched["States"]["M"]["ItemProcessor"]["States"]["J"]["Parameters"] = {"JobName": "j"}
    ended = run(client, "m", batched, "[1, 2, 3]")
    (listed,) = client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    described = client.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert (counts(described), counts(described, "executionCounts")) == (
        {"succeeded": 3, "total": 3, "resultsWritten": 3},
        {"succeeded": 2, "total": 2, "resultsWritten": 2},
    )


def test_children_are_there_while_they_run(create):
    gate, started = threading.Event(), threading.Semaphore(0)

    def job(request):
        started.release()
        gate.wait(30)
        return {}

    client = StepFunctions(Services({("glue", "startJobRun"): job}))
    machine = create(client, "m", distributed(MaxConcurrency=2))
    execution = client.start_execution(stateMachineArn=machine, input="[1, 2, 3]")["executionArn"]
    for _ in range(2):
        assert started.acquire(timeout=30)
    (run,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    arn = run["mapRunArn"]
    assert counts(client.describe_map_run(mapRunArn=arn)) == {"pending": 1, "running": 2, "total": 3}
    listed = client.list_executions(mapRunArn=arn, statusFilter="RUNNING")["executions"]
    assert [child["status"] for child in listed] == ["RUNNING"] * 2
    child = client.describe_execution(executionArn=listed[0]["executionArn"])
    assert (child["status"], "stopDate" in child, child["mapRunArn"]) == ("RUNNING", False, arn)
    history = client.get_execution_history(executionArn=child["executionArn"])["events"]
    assert [event["type"] for event in history][:2] == ["ExecutionStarted", "TaskStateEntered"]
    gate.set()
    client.wait_for_execution(executionArn=execution)
    assert counts(client.describe_map_run(mapRunArn=arn)) == {"succeeded": 3, "total": 3, "resultsWritten": 3}


class Gated:
    """Jobs that wait until `let` says how many may end; the name `bad` fails."""

    def __init__(self):
        self.started, self.may_end = threading.Semaphore(0), threading.Semaphore(0)
        self.lock = threading.Lock()
        self.running = self.most = 0

    def __call__(self, request):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.started.release()
        assert self.may_end.acquire(timeout=30)
        with self.lock:
            self.running -= 1
        if "bad" in request.parameters["JobName"]:
            raise TaskFailed("Boom", "bad")
        return {}

    def wait_for(self, count):
        for _ in range(count):
            assert self.started.acquire(timeout=30)

    def let(self, count):
        self.may_end.release(count)


@pytest.fixture
def gated(create):
    """(jobs, client, ARN of the execution, ARN of its Map Run) for a DISTRIBUTED Map over items."""

    def make(items, **more):
        jobs = Gated()
        client = StepFunctions(Services({("glue", "startJobRun"): jobs}))
        machine = create(client, "m", distributed(**more))
        execution = client.start_execution(stateMachineArn=machine, input=items)["executionArn"]
        jobs.wait_for(more["MaxConcurrency"])
        return jobs, client, execution, client.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]

    return make


def test_a_running_map_run_gets_more_children_at_once(gated):
    jobs, client, execution, arn = gated("[1, 2, 3, 4, 5]", MaxConcurrency=1)
    client.update_map_run(mapRunArn=arn, maxConcurrency=3)
    jobs.wait_for(2)
    described = client.describe_map_run(mapRunArn=arn)
    assert (described["maxConcurrency"], described["itemCounts"]["running"]) == (3, 3)
    client.update_map_run(mapRunArn=arn, maxConcurrency=0)  # no limit
    jobs.wait_for(2)
    jobs.let(5)
    assert client.wait_for_execution(executionArn=execution, timeout=30)["status"] == "SUCCEEDED"
    assert jobs.most == 5


def test_a_running_map_run_gets_fewer_children_at_once(gated):
    jobs, client, execution, arn = gated("[1, 2, 3, 4, 5, 6]", MaxConcurrency=3)
    client.update_map_run(mapRunArn=arn, maxConcurrency=1)
    jobs.let(3)  # two of the three lanes end here
    jobs.wait_for(1)
    assert jobs.running == 1
    jobs.let(1)
    jobs.wait_for(1)
    assert jobs.running == 1
    jobs.let(2)
    assert client.wait_for_execution(executionArn=execution, timeout=30)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("tolerance", [{"toleratedFailureCount": 1}, {"toleratedFailurePercentage": 50.0}])
def test_the_tolerance_of_a_running_map_run_changes(gated, tolerance):
    jobs, client, execution, arn = gated('["bad", "good"]', MaxConcurrency=1)
    client.update_map_run(mapRunArn=arn, **tolerance)
    (member, value) = next(iter(tolerance.items()))
    assert client.describe_map_run(mapRunArn=arn)[member] == value
    jobs.let(2)
    assert client.wait_for_execution(executionArn=execution, timeout=30)["status"] == "SUCCEEDED"


def test_a_map_run_that_has_ended_is_not_updated(flaky, run):
    client = flaky()
    ended = run(client, "m", distributed(), "[1]")
    (listed,) = client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    with pytest.raises(client.exceptions.ValidationException, match="Map Run is SUCCEEDED and cannot be updated"):
        client.update_map_run(mapRunArn=listed["mapRunArn"], maxConcurrency=2)
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.update_map_run(mapRunArn="arn:aws:states:us-east-1:111111111111:mapRun:m/Each:1")
    with pytest.raises(client.exceptions.InvalidArn):
        client.update_map_run(mapRunArn=ended["executionArn"])


def test_a_map_run_that_reads_its_items_has_no_children_yet(create):
    gate, reads = threading.Event(), threading.Event()

    def read(request):
        reads.set()
        gate.wait(30)
        return "[1]"

    client = StepFunctions(Services({("glue", "startJobRun"): inline(Flaky()), ("s3", "getObject"): read}))
    place = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "k"},
        "ReaderConfig": {"InputType": "JSON"},
    }
    machine = create(client, "m", distributed(ItemReader=place))
    execution = client.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    assert reads.wait(30)
    (run,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    assert client.list_executions(mapRunArn=run["mapRunArn"])["executions"] == []
    assert counts(client.describe_map_run(mapRunArn=run["mapRunArn"])) == {}
    client.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=7)
    gate.set()
    client.wait_for_execution(executionArn=execution)
    assert len(client.list_executions(mapRunArn=run["mapRunArn"])["executions"]) == 1
    assert client.describe_map_run(mapRunArn=run["mapRunArn"])["maxConcurrency"] == 7


def test_an_unknown_map_run(client):
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.describe_map_run(mapRunArn="arn:aws:states:us-east-1:111111111111:mapRun:m/Each:1")
    with pytest.raises(client.exceptions.InvalidArn):
        client.describe_map_run(mapRunArn="arn:aws:states:us-east-1:111111111111:execution:m:e")
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.list_executions(mapRunArn="arn:aws:states:us-east-1:111111111111:mapRun:m/Each:1")


def test_the_counts_of_a_map_run_have_ten_members(client, create):
    """floci-io/floci, pull 2694, measured; botocore's model has the same ones."""
    model = service_model().shape_for("MapRunItemCounts").members
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "End": True}},
    }
    arn = create(client, "ten", {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True}}})
    execution = client.start_execution(stateMachineArn=arn, input="[1, 2]")["executionArn"]
    client.wait_for_execution(executionArn=execution)
    (run,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    described = client.describe_map_run(mapRunArn=run["mapRunArn"])
    for counts_of in ("itemCounts", "executionCounts"):
        assert set(described[counts_of]) == set(model)
        assert len(described[counts_of]) == 10
