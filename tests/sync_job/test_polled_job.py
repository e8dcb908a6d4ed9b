"""What PolledJob does for a subclass with only the required attributes and methods, in the machine and outside of it."""

from __future__ import annotations

import json
from typing import ClassVar

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from pydantic import BaseModel

from asl_generator import build
from asl_toolkit import Services, TaskFailed, VirtualClock, load
from extract_core import FailureClass, JobState, LocalExit, Outcome, PolledJob, Target
from extract_core.errors import PluginError
from extract_core.registry.installed import Registry
from extract_core.registry.routing import HANDLE_STATUS
from extract_core.status.job_status import outcome_of, status_of

ID = "0" * 32
THROTTLED = TaskFailed("Athena.ThrottlingException", "Rate exceeded (Service: Athena, Status Code: 400, Request ID: 1)")
DENIED = TaskFailed(
    "Athena.AthenaException", "not authorized (Service: Athena, Status Code: 400, Error Code: AccessDeniedException)"
)


class Deployment(BaseModel):
    workgroup: str = "extracts"


class Query(PolledJob):
    name, title, api_version = "query", "Query", 1
    settings_model = deployment_model = "builtins:object"
    resource = "aws-sdk:athena:startQueryExecution"
    describe_resource = "aws-sdk:athena:getQueryExecution"
    stop_resource = "aws-sdk:athena:stopQueryExecution"
    rights: ClassVar = {
        "workgroup/{workgroup}": ("athena:StartQueryExecution", "athena:GetQueryExecution", "athena:StopQueryExecution")
    }
    wrappers, id_member, state_member = ("QueryExecution",), "QueryExecutionId", "Status.State"
    succeeded, failures = "SUCCEEDED", {"FAILED": None, "CANCELLED": FailureClass.STOPPED}
    not_ends = frozenset({"QUEUED", "RUNNING"})
    reason_members = ("Status.StateChangeReason",)

    def settings(self):
        return BaseModel

    def deployment(self):
        return Deployment

    def request(self, deployment):
        return {"QueryString.$": "$.arguments.sql", "WorkGroup": deployment.workgroup}

    def arguments(self, table, settings):
        return {"sql": "UNLOAD"}


def described(state, reason=None):
    status = {"State": state} | ({"StateChangeReason": reason} if reason else {})
    return {"QueryExecution": {"QueryExecutionId": ID, "Status": status}}


@pytest.fixture
def run():
    """Runs one item through the built machine. Answers are results, or errors to raise; the last one repeats."""

    def ran(*answers, start=({"QueryExecutionId": ID},), stop=({},), seconds=7_200, job_type=Query, **more):
        calls = []

        def of(name, sequence):
            def answer(request):
                calls.append((name, request.parameters))
                result = sequence[min(sum(call == name for call, _ in calls), len(sequence)) - 1]
                if isinstance(result, TaskFailed):
                    raise result
                return result

            return answer

        item = {"table": "t", "job_type": "query", "arguments": {"sql": "UNLOAD"}, "timeout_seconds": seconds, **more}
        recorded, clock = {}, VirtualClock()
        registry = Registry.of(job_type())
        machine = build(registry, name="extract", partition="aws", region="eu-west-1", account="123456789012",
                        max_concurrency=1, deployments={"query": {}})  # fmt: skip
        services = Services(
            {
                ("s3", "getObject"): lambda request: json.dumps(item),
                ("s3", "putObject"): lambda request: {},
                ("aws-sdk:athena", "startQueryExecution"): of("start", start),
                ("aws-sdk:athena", "getQueryExecution"): of("ask", answers),
                ("aws-sdk:athena", "stopQueryExecution"): of("stop", stop),
            },
            functions={
                "extract-config-manager": lambda event, context: {
                    "max_concurrency": 1,
                    "map_error": None,
                    "items": {"bucket": "runs", "key": "r/items.jsonl"},
                    "results": {"bucket": "runs", "key": "r/map"},
                },
                "extract-job-run-status": lambda event, context: recorded.update(event) or {"status": "RECORDED"},
                "extract-run-summary": lambda event, context: {"succeeded": True, "error": "", "cause": ""},
            },
        )
        began = clock.now()
        execution = load(machine.definition).start({"source": "sales"}, services=services, clock=clock)
        assert execution.wait(60).status == "SUCCEEDED"
        ran.seconds, ran.requests = clock.now() - began, calls
        return status_of(registry, recorded, outcome_of(recorded)), [name for name, _ in calls]

    return ran


def test_it_asks_until_the_job_has_ended(run):
    status, calls = run(described("QUEUED"), described("RUNNING"), described("SUCCEEDED"))
    assert (status.state, status.job_run_id, status.message) == (JobState.SUCCEEDED, ID, None)
    assert calls == ["start", "ask", "ask", "ask"]
    assert run.requests[1] == ("ask", {"QueryExecutionId": ID})
    assert run.seconds == 180


@pytest.mark.parametrize(("state", "failure"), [("FAILED", FailureClass.USER_CODE), ("CANCELLED", FailureClass.STOPPED)])
def test_a_bad_end(run, state, failure):
    status, calls = run(described(state, "no such table"))
    assert (status.failure, status.retryable, calls) == (failure, False, ["start", "ask"])
    assert status.message == f"Query job {ID} ended {state}: no such table"


def test_a_question_that_fails_is_asked_again(run):
    status, calls = run(THROTTLED, DENIED, TaskFailed("States.Timeout", ""), described("SUCCEEDED"))
    assert (status.state, calls) == (JobState.SUCCEEDED, ["start", "ask", "ask", "ask", "ask"])


def test_a_question_that_always_fails_stops_the_job_and_starts_no_second_one(run):
    status, calls = run(THROTTLED)
    assert calls == ["start", *["ask"] * 9, "stop"]
    assert (status.failure, status.retryable, status.job_run_id) == (FailureClass.THROTTLED, False, ID)
    assert status.message == (
        f"Query job {ID}: the question about it failed: Athena.ThrottlingException: {THROTTLED.cause}; the job was told to stop"
    )


def test_a_job_that_never_ends_is_stopped_when_its_time_is_up(run):
    status, calls = run(described("RUNNING"))
    assert (calls.count("ask"), calls[-1], calls.count("stop")) == (120, "stop", 1)
    assert run.requests[-1] == ("stop", {"QueryExecutionId": ID})
    assert (status.state, status.failure, status.retryable) == (JobState.TIMED_OUT, FailureClass.TIMEOUT, False)
    assert status.message == (
        f"Query job {ID} was still RUNNING after 7200 seconds, the table's time limit; the job was told to stop"
    )


def test_a_word_that_is_not_known_is_no_end_and_is_named(run):
    status, calls = run(described("SUCCEDED"))
    assert (status.state, calls.count("ask")) == (JobState.TIMED_OUT, 120)
    assert "was still SUCCEDED (a state that extract does not know: if it is an end, add it to `failures`)" in status.message


def test_a_stop_that_is_refused_is_tried_again_and_named(run):
    status, calls = run(described("RUNNING"), stop=(DENIED,))
    assert calls.count("stop") == 4
    assert status.state is JobState.TIMED_OUT
    assert f"the job could not be stopped and may still run: Athena.AthenaException: {DENIED.cause}" in status.message


def test_an_answer_without_the_state_stops_the_job(run):
    status, calls = run({"QueryExecution": {"QueryExecutionId": ID, "State": "RUNNING"}})
    assert calls == ["start", "ask", "stop"]
    assert (status.state, status.failure) == (JobState.UNKNOWN, FailureClass.UNKNOWN)
    assert status.message == (
        f"Query job {ID}: the answer to aws-sdk:athena:getQueryExecution has no QueryExecution.Status.State, so its state is not "
        "known; the job was told to stop"
    )


def test_a_start_that_is_refused_asks_nothing(run):
    status, calls = run(described("RUNNING"), start=(THROTTLED,))
    assert (status.failure, status.retryable, calls) == (FailureClass.THROTTLED, True, ["start"])


@pytest.mark.parametrize(
    ("seconds", "attempts", "questions"),
    [(60, 1, 1), (7_200, 20, 120), (604_800, 1, 1_000), (604_800, 2, 1_000), (604_800, 5, 500), (604_800, 20, 125)],
)
def test_however_long_the_limit_the_history_stays_below_its_own(run, seconds, attempts, questions):
    _, calls = run(described("RUNNING"), seconds=seconds, max_attempts=attempts)
    assert calls.count("ask") == questions


class TwoWords(Query):
    """A service that says how a job ended beside its state, and only then."""

    state_member, done_member, done = "Status.Result", "Status.State", ("OVER",)
    not_ends = frozenset({"RUNNING"})


def two_words(state, result=None):
    return {"QueryExecution": {"QueryExecutionId": ID, "Status": {"State": state} | ({"Result": result} if result else {})}}


def test_a_state_that_is_there_at_the_end_only(run):
    status, calls = run(two_words("RUNNING"), two_words("OVER", "SUCCEEDED"), job_type=TwoWords)
    assert (status.state, calls) == (JobState.SUCCEEDED, ["start", "ask", "ask"])
    status, calls = run(two_words("OVER"), job_type=TwoWords)
    assert (status.state, calls) == (JobState.UNKNOWN, ["start", "ask"])
    status, calls = run(two_words("RUNNING"), job_type=TwoWords)
    assert (status.state, calls[-1]) == (JobState.TIMED_OUT, "stop")
    ended = TwoWords().local_answer({}, LocalExit(code=0, seconds=2.0, output_tail=""))
    assert ended.result["QueryExecution"]["Status"] == {"State": "OVER", "Result": "SUCCEEDED"}


def test_states_may_be_numbers(run):
    class Counted(Query):
        succeeded, failures, not_ends = "10", {"20": None, "-1": None}, frozenset({"3"})

    assert run(described(3), described(10), job_type=Counted)[1] == ["start", "ask", "ask"]
    for failed in (20, -1):
        status, calls = run(described(failed, "no such table"), job_type=Counted)
        assert (status.failure, calls) == (FailureClass.USER_CODE, ["start", "ask"])
    for succeeded in (10, 10.0, "10"):
        status, calls = run(described(succeeded), job_type=Counted)
        assert (status.state, calls) == (JobState.SUCCEEDED, ["start", "ask"])


class Session:
    """A boto3 session whose one client is stubbed."""

    def __init__(self):
        self._client = boto3.client("athena", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub = Stubber(self._client)
        self.stub.activate()

    def get_available_services(self):
        return boto3.Session().get_available_services()

    def client(self, name, config=None):
        assert name == "athena"
        return self._client


STARTED = {"arguments": {}, "started": {"QueryExecutionId": ID}}


def boto_answer(state):
    return {"QueryExecution": {"QueryExecutionId": ID, "Status": {"State": state, "StateChangeReason": "why"}}}


def test_stop_outside_of_the_machine():
    session = Session()
    session.stub.add_response("stop_query_execution", {}, {"QueryExecutionId": ID})
    Query().stop(Outcome.succeeded(None, STARTED), session, Deployment())
    session.stub.assert_no_pending_responses()


@pytest.mark.parametrize("item", [{"arguments": {}}, {"started": {}}, {"started": None}])
def test_a_start_that_was_not_answered_is_not_stopped(item):
    Query().stop(Outcome.succeeded(None, item), Session(), Deployment())


def test_the_answer_to_the_start_may_be_the_outcome():
    session = Session()
    session.stub.add_response("stop_query_execution", {}, {"QueryExecutionId": ID})
    Query().stop(Outcome.succeeded({"QueryExecutionId": ID}, {"arguments": {}}), session, Deployment())
    session.stub.assert_no_pending_responses()


@pytest.mark.parametrize(("state", "raised"), [("SUCCEEDED", False), ("RUNNING", True)])
def test_a_refusal_counts_unless_the_job_has_ended(state, raised):
    session = Session()
    session.stub.add_client_error("stop_query_execution", "InvalidRequestException")
    session.stub.add_response("get_query_execution", boto_answer(state), {"QueryExecutionId": ID})
    if raised:
        with pytest.raises(ClientError, match="InvalidRequestException"):
            Query().stop(Outcome.succeeded(None, STARTED), session, Deployment())
    else:
        Query().stop(Outcome.succeeded(None, STARTED), session, Deployment())


def test_after_a_failed_question_the_diagnosis_asks_once_more():
    session = Session()
    session.stub.add_response("get_query_execution", boto_answer("FAILED"), {"QueryExecutionId": ID})
    refused = Outcome.failed(THROTTLED.error, THROTTLED.cause, STARTED)
    assert Query().diagnose(refused, session, Deployment()) == "Query now says: FAILED: why"


def test_the_rights_of_the_functions_are_a_part_of_those_of_the_machine():
    target = Target(partition="aws", region="eu-west-1", account="1", machine_name="m", map_mode="INLINE",
                    deployment=Deployment(), function_arn=str)  # fmt: skip
    assert [list(statement.actions) for statement in Query().stop_permissions(target)] == [
        ["athena:GetQueryExecution", "athena:StopQueryExecution"]
    ]
    assert [list(statement.actions) for statement in Query().diagnose_permissions(target)] == [["athena:GetQueryExecution"]]


def test_a_local_end_is_a_result_that_has_the_id_of_the_start():
    class Nested(Query):
        started_id = "Query.Ids[0]"

    answer = Nested().local_answer({}, LocalExit(code=1, seconds=2.0, output_tail="row 41")).result
    assert answer["Query"]["Ids"] == [answer["QueryExecution"]["QueryExecutionId"]]
    assert answer["QueryExecution"]["Status"] == {"State": "FAILED", "StateChangeReason": "row 41 [exit code 1]"}
    goes_on = Query().local_answer({}, LocalExit(code=0, seconds=2.0, output_tail="", injected="timeout"))
    assert goes_on.result["QueryExecution"]["Status"]["State"] == "QUEUED"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"resource": "x:y.sync"}, "has `resource` 'x:y.sync', which waits for the job: subclass SyncJob or JobType"),
        ({"interval_seconds": 0}, "has `interval_seconds` 0; it must be a whole number of seconds, from 1 to 3600"),
        ({"stop_resource": "cancel"}, "has `stop_resource` 'cancel'; write service and call, as in 'batch:submitJob.sync'"),
        ({"wrappers": ("A", "B")}, "has `wrappers` ('A', 'B'); the answer to a question has one path: write the one that it has"),
        ({"not_ends": {"FAILED"}}, "has 'FAILED' in `not_ends` and in `succeeded`, `failures` or `done`; write it in one"),
        ({"failures": {20: None}}, "has the state 20 in `failures`; write it as text: '20'"),
        ({"not_ends": {3}}, "has `not_ends` {3}; it must be a frozenset of texts"),
        ({"done": ("OVER",)}, "has `done` ('OVER',) and `done_member` ''; set both, or none"),
        ({"stop_resorce": "athena:x"}, "has 'stop_resorce', which nothing reads; did you mean 'stop_resource'?"),
    ],
)  # fmt: skip
def test_a_fault_of_the_attributes_is_named_when_the_plugin_is_loaded(attributes, message):
    members = {name: value for name, value in vars(Query).items() if name != "stop_resource" or "stop_resorce" not in attributes}
    with pytest.raises(PluginError) as refused:
        Registry.of(type("Wrong", (PolledJob,), members | attributes)())
    assert str(refused.value) == f"its job type 'query' {message}"


@pytest.mark.parametrize("name", ["describe_resource", "stop_resource"])
def test_a_required_attribute_is_missing(name):
    members = {key: value for key, value in vars(Query).items() if key != name}
    with pytest.raises(PluginError, match=f"lacks the attribute `{name}`: the integration that"):
        Registry.of(type("Incomplete", (PolledJob,), members)())


def test_the_branch_has_the_states_of_a_poll():
    target = Target(partition="aws", region="eu-west-1", account="1", machine_name="m", map_mode="INLINE",
                    deployment=Deployment(), function_arn=str)  # fmt: skip
    branch = Query().branch(target)
    assert list(branch.states) == ["Query Start Extract Job Run", "Query Wait", "Query Ask", "Query Ended?", "Query Stop"]
    assert branch.states["Query Ended?"]["Choices"][1]["Next"] == HANDLE_STATUS


def test_the_members_of_a_stop_may_be_nested_and_are_paths_only():
    class Nested(Query):
        stop_resource = "http:invoke"

        def stop_request(self, deployment):
            return {"RequestBody": {"id.$": "$.started.QueryExecutionId"}}

    Nested().stop(Outcome.succeeded(None, {}), Session(), Deployment())
    with pytest.raises(
        ValueError, match=r"^'http:invoke' cannot be called outside of the machine: override stop and diagnose of "
    ):
        Nested().stop(Outcome.succeeded(None, STARTED), Session(), Deployment())

    class Formatted(Query):
        def stop_request(self, deployment):
            return {"QueryExecutionId.$": "States.Format('{}', $.started.QueryExecutionId)"}

    with pytest.raises(ValueError, match="outside of the machine only paths can be read"):
        Formatted().stop(Outcome.succeeded(None, STARTED), Session(), Deployment())
