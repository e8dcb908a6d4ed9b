"""The branches run, on the interpreter and a clock whose waits pass at once: good ends, bad ends, limits, aborts."""

from __future__ import annotations

import json
import threading

import pytest
from many_states.redshift.functions import query_state, started
from many_states.worker.models import WorkerDeployment

from asl_toolkit import SystemClock, TaskFailed
from extract_core import FailureClass, JobState, Outcome, TableRun, Watermark

STATEMENT = {"workgroup": "lake", "database": "dev", "sql": "UNLOAD …", "name": "sales t r1 1"}
REDSHIFT = {"job_type": "redshift", "arguments": STATEMENT}
WORKER = {
    "job_type": "worker",
    "arguments": {"job": {"id": "r1/t/1", "priority": 5, "arguments": ["--a", "x y"]}},
}
BUILD = {"job_type": "codebuild", "arguments": {"environment": {"EXTRACT_A": "x y", "EXTRACT_B": "2"}, "timeout": 60}}


def status_of(job_type, recorded):
    """What the status handler makes of the item that it was given."""
    error = recorded.get("job_error")
    if error is None:
        return job_type.status(Outcome.succeeded(recorded["job_result"], recorded))
    return job_type.status(Outcome.failed(error["Error"], error["Cause"], recorded))


@pytest.fixture
def redshift(stubbed):
    """The plugin's own functions, with a client that answers these states one after the other."""

    def functions(*states, error=None, cancelled=False):
        client, stub = stubbed("redshift-data")
        stub.add_response(
            "execute_statement",
            {"Id": "s1"},
            {"WorkgroupName": "lake", "Database": "dev", "Sql": "UNLOAD …", "StatementName": "sales t r1 1"},
        )
        for state in states:
            answer = {"Id": "s1", "Status": state} | ({"Error": error} if error and state == "FAILED" else {})
            stub.add_response("describe_statement", answer, {"Id": "s1"})
        if cancelled:
            stub.add_response("cancel_statement", {"Status": True}, {"Id": "s1"})
        return {
            "extract-redshift-start": lambda event, context: started(event, client),
            "extract-redshift-ask": lambda event, context: query_state(event, client),
        }

    return functions


def test_a_statement_is_polled_until_its_end(start, redshift, job_types):
    execution, _, recorded = start(REDSHIFT, functions=redshift("SUBMITTED", "STARTED", "FINISHED"))
    assert execution.wait().status == "SUCCEEDED"
    job = recorded["job_result"]["job"]
    assert (job["id"], job["state"], job["seconds"]) == ("s1", "FINISHED", 60.0)
    assert recorded["arguments"] == STATEMENT
    status = status_of(job_types["redshift"], recorded)
    assert (status.state, status.job_run_id) == (JobState.SUCCEEDED, "s1")


def test_a_statement_that_failed(start, redshift, job_types):
    execution, _, recorded = start(REDSHIFT, functions=redshift("FAILED", error="ERROR: relation does not exist"))
    assert execution.wait().status == "SUCCEEDED"
    status = status_of(job_types["redshift"], recorded)
    assert (status.state, status.failure) == (JobState.FAILED, FailureClass.USER_CODE)
    assert status.message == "Redshift statement s1 ended FAILED: ERROR: relation does not exist"


def test_a_loop_of_ones_own_ends_with_the_tables_time(start, redshift, job_types):
    """600 seconds at 20 a round: the thirtieth question finds the time used up, and cancels."""
    execution, _, recorded = start(REDSHIFT, functions=redshift(*["STARTED"] * 30, cancelled=True))
    assert execution.wait().status == "SUCCEEDED"
    assert recorded["job_result"]["job"]["seconds"] == 600.0
    status = status_of(job_types["redshift"], recorded)
    assert (status.state, status.failure, status.retryable) == (JobState.TIMED_OUT, FailureClass.TIMEOUT, False)


def test_a_start_that_is_refused_is_tried_again_and_then_recorded(start, stubbed, job_types):
    client, stub = stubbed("redshift-data")
    for _ in range(9):
        stub.add_client_error("execute_statement", "ActiveStatementsExceededException", "500 are running")

    def begin(event, context):
        try:
            return started(event, client)
        except client.exceptions.ActiveStatementsExceededException as error:
            raise TaskFailed("ActiveStatementsExceededException", json.dumps({"errorMessage": str(error)})) from error

    functions = {"extract-redshift-start": begin, "extract-redshift-ask": begin}
    execution, _, recorded = start(REDSHIFT, functions=functions)
    assert execution.wait().status == "SUCCEEDED"
    assert recorded["job_error"]["Error"] == "ActiveStatementsExceededException"
    assert "job_result" not in recorded
    assert status_of(job_types["redshift"], recorded).state is not JobState.SUCCEEDED


@pytest.fixture
def worker(start):
    """Starts a table whose job waits for its token, on this machine's clock; gives the execution and what the worker was sent."""

    def begin():
        sent = threading.Event()
        message = {}

        def send(request):
            message.update(request.parameters["MessageBody"], url=request.parameters["QueueUrl"])
            sent.set()
            return {"MessageId": "m1"}

        execution, services, recorded = start(WORKER, {("sqs", "sendMessage"): send}, clock=SystemClock())
        assert sent.wait(10)
        return execution, services.tokens, message, recorded

    return begin


def test_a_worker_answers_by_its_token(worker, job_types):
    execution, tokens, message, recorded = worker()
    assert message["url"] == "https://sqs.eu-west-1.amazonaws.com/123456789012/extract-jobs"
    assert message["run"] == {"id": "r1/t/1", "priority": 5, "arguments": ["--a", "x y"]}
    tokens.send_heartbeat(message["task_token"])
    tokens.send_success(message["task_token"], {"worker": "w1", "exit_code": 0})
    assert execution.wait(10).status == "SUCCEEDED"
    assert recorded["job_result"] == {"worker": "w1", "exit_code": 0}
    status = status_of(job_types["worker"], recorded)
    assert (status.state, status.job_run_id) == (JobState.SUCCEEDED, "r1/t/1")


@pytest.mark.parametrize(
    ("cause", "failure"), [("KeyError: 'id'", FailureClass.USER_CODE), ("out of memory", FailureClass.OUT_OF_MEMORY)]
)
def test_a_worker_says_why_it_failed(worker, job_types, cause, failure):
    execution, tokens, message, recorded = worker()
    tokens.send_failure(message["task_token"], "Worker.Failed", cause)
    assert execution.wait(10).status == "SUCCEEDED"
    status = status_of(job_types["worker"], recorded)
    assert (status.state, status.failure, status.message) == (JobState.FAILED, failure, f"Worker: {cause}")


def test_a_worker_that_answers_with_a_bad_exit_code(worker, job_types):
    execution, tokens, message, recorded = worker()
    tokens.send_success(message["task_token"], {"worker": "w1", "exit_code": 3})
    assert execution.wait(10).status == "SUCCEEDED"
    status = status_of(job_types["worker"], recorded)
    assert (status.failure, status.message) == (FailureClass.USER_CODE, "Worker: worker w1 answered with exit code 3")


def test_a_worker_that_falls_silent_ends_the_wait(start, job_types):
    execution, _, recorded = start(WORKER, {("sqs", "sendMessage"): lambda request: {"MessageId": "m1"}})
    assert execution.wait().status == "SUCCEEDED"
    assert recorded["job_error"]["Error"] in ("States.Timeout", "States.HeartbeatTimeout")
    status = status_of(job_types["worker"], recorded)
    assert (status.state, status.retryable) == (JobState.TIMED_OUT, False)


def test_after_an_abort_the_worker_is_called_off(worker, job_types, stubbed, session_of):
    """No state runs when an execution is aborted: reconcile calls stop with the item."""
    execution, _, message, recorded = worker()
    execution.stop("Extract.Stopped", "not today")
    assert execution.wait(10).status == "ABORTED"
    assert recorded == {}
    client, stub = stubbed("sqs")
    stub.add_response("get_queue_url", {"QueueUrl": message["url"]}, {"QueueName": "extract-jobs"})
    body = json.dumps({"call_off": "r1/t/1"})
    stub.add_response("send_message", {"MessageId": "m2"}, {"QueueUrl": message["url"], "MessageBody": body})
    job_types["worker"].stop(Outcome(item=WORKER), session_of(client), WorkerDeployment(queue="extract-jobs"))


def test_after_an_abort_the_statement_is_cancelled(job_types, stubbed, session_of):
    client, stub = stubbed("redshift-data")
    stub.add_response("cancel_statement", {"Status": True}, {"Id": "s1"})
    began = {"job": {"id": "s1", "began": "2026-01-02T03:04:05Z", "running": True, "state": "SUBMITTED"}}
    job_types["redshift"].stop(Outcome.succeeded(began, REDSHIFT), session_of(client), None)
    job_types["redshift"].stop(Outcome.succeeded(None, REDSHIFT), session_of(client), None)
    job_types["redshift"].stop(Outcome.failed("States.Timeout", ""), session_of(client), None)


def test_jsonata_in_another_account(start, job_types):
    requests = []

    def build(request):
        requests.append(request)
        return {"Build": {"Id": "extract:1", "BuildStatus": "SUCCEEDED", "ProjectName": "extract"}}

    execution, _, recorded = start(BUILD, {("codebuild", "startBuild"): build})
    assert execution.wait().status == "SUCCEEDED"
    (request,) = requests
    assert request.parameters == {
        "ProjectName": "extract",
        "TimeoutInMinutesOverride": 60,
        "EnvironmentVariablesOverride": [{"Name": "EXTRACT_A", "Value": "x y"}, {"Name": "EXTRACT_B", "Value": "2"}],
    }
    assert request.credentials == {"RoleArn": "arn:aws:iam::210987654321:role/extract-build"}
    assert request.timeout_seconds == 600
    assert recorded["arguments"] == BUILD["arguments"]
    status = status_of(job_types["codebuild"], recorded)
    assert (status.state, status.job_run_id) == (JobState.SUCCEEDED, "extract:1")


@pytest.mark.parametrize("environment", [{}, {"EXTRACT_A": "1"}])
def test_a_list_of_none_or_one_stays_a_list(start, environment):
    """JSONata gives one value for a list of one: the build's environment must be a list."""
    requests = []
    item = {**BUILD, "arguments": {"environment": environment, "timeout": 60}}
    execution, _, _ = start(item, {("codebuild", "startBuild"): lambda request: requests.append(request) or {}})
    assert execution.wait().status == "SUCCEEDED"
    wanted = [{"Name": name, "Value": value} for name, value in environment.items()]
    assert requests[0].parameters["EnvironmentVariablesOverride"] == wanted


def test_a_build_that_failed_is_caught_in_jsonata(start, job_types):
    phases = [{"PhaseType": "BUILD", "Contexts": [{"Message": "COMMAND_EXECUTION_ERROR: exit status 1"}]}]
    cause = json.dumps({"Build": {"Id": "extract:1", "BuildStatus": "FAILED", "Phases": phases}})

    def build(request):
        raise TaskFailed("States.TaskFailed", cause)

    execution, _, recorded = start(BUILD, {("codebuild", "startBuild"): build})
    assert execution.wait().status == "SUCCEEDED"
    status = status_of(job_types["codebuild"], recorded)
    assert (status.state, status.failure) == (JobState.FAILED, FailureClass.USER_CODE)
    assert status.message == "CodeBuild build extract:1 ended FAILED: COMMAND_EXECUTION_ERROR: exit status 1"


def test_a_role_that_may_not_be_taken_on(start, job_types):
    said = "The role x is not authorized to assume the task state's role, arn:aws:iam::210987654321:role/extract-build."

    def build(request):
        raise TaskFailed("States.TaskFailed", said)

    execution, _, recorded = start(BUILD, {("codebuild", "startBuild"): build})
    assert execution.wait().status == "SUCCEEDED"
    assert status_of(job_types["codebuild"], recorded).failure is FailureClass.PERMISSION


def table(name, deployment, mode="full", table_name="public.accounts"):
    return TableRun(
        source="sales", source_type="jdbc", table=table_name, job_type=name, run_id="r1",
        run_started_at="2026-01-02T03:04:05Z", attempt=1, extract_s3_uri="s3://d/it's/", result_uri="s3://r",
        watermark=Watermark(mode=mode), deployment=deployment, job_arguments={"--a": "x y", "--b": "2"},
    )  # fmt: skip


def test_arguments(job_types, deployments):
    made = {
        name: job_type.arguments(table(name, job_type.deployment()(**deployments[name])), job_type.settings()())
        for name, job_type in job_types.items()
    }
    assert made["redshift"]["sql"] == (
        "UNLOAD ('SELECT * FROM public.accounts') TO 's3://d/it''s/' "
        "IAM_ROLE 'arn:aws:iam::123456789012:role/unload' FORMAT PARQUET MAXFILESIZE 512 MB"
    )
    assert made["worker"] == {
        "job": {"id": "r1/public.accounts/1", "priority": 5, "arguments": ["--a", "x y", "--b", "2"]},
    }
    assert made["codebuild"] == {"environment": {"EXTRACT_A": "x y", "EXTRACT_B": "2"}, "timeout": 60}


def test_statements_that_redshift_refuses(job_types, deployments):
    redshift = job_types["redshift"]
    deployment = redshift.deployment()(**deployments["redshift"])
    with pytest.raises(ValueError, match=r"^redshift unloads whole tables only: leave extract_type out, or take another "):
        redshift.arguments(table("redshift", deployment, mode="incremental"), redshift.settings()())
    with pytest.raises(ValueError, match=r"can't be unloaded: write schema\.table, in letters, digits and _$"):
        redshift.arguments(table("redshift", deployment, table_name="a'; drop table b"), redshift.settings()())
