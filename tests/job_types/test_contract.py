"""What every built-in job type keeps: a branch reads what arguments hold, AWS takes the request, local ends read as on AWS."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import botocore.session
import pytest
from botocore.validate import ParamValidator

from extract_core import FailureClass, JobState, LocalExit, Outcome
from extract_core.registry.routing import start_state

OPERATIONS = {
    "glue": ("glue", "StartJobRun"),
    "emr": ("emr", "AddJobFlowSteps"),
    "emr_eks": ("emr-containers", "StartJobRun"),
    "emr_serverless": ("emr-serverless", "StartJobRun"),
    "batch": ("batch", "SubmitJob"),
    "ecs": ("ecs", "RunTask"),
}
FILLED_BY_THE_SDK = {"clientToken": "an idempotency token"}


def substituted(template, item):
    """A payload template with its ``$.arguments.x`` members filled in, as Step Functions does it."""
    if isinstance(template, dict):
        filled = {}
        for name, value in template.items():
            if name.endswith(".$"):
                assert value.startswith("$.arguments."), value
                filled[name[:-2]] = item["arguments"][value.removeprefix("$.arguments.")]
            else:
                filled[name] = substituted(value, item)
        return filled
    return template


def camel_case(value):
    """The members of APIs that write them so: Step Functions takes them in PascalCase."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: camel_case(inner) for name, inner in value.items()}
    return [camel_case(inner) for inner in value] if isinstance(value, list) else value


def api_request(name, parameters):
    if name in ("emr_eks", "emr_serverless"):
        return camel_case(parameters) | FILLED_BY_THE_SDK
    if name in ("batch", "ecs"):
        return camel_case(parameters)
    if name == "emr":
        rest = {key: value for key, value in parameters.items() if key not in ("ClusterId", "Step")}
        return {"JobFlowId": parameters["ClusterId"], "Steps": [parameters["Step"]], **rest}
    return parameters


def request_of(installed):
    branch = installed.job_type.branch(installed.target())
    parameters = branch.states[branch.job_state]["Parameters"]
    item = {"arguments": json.loads(json.dumps(installed.arguments()))}
    return substituted(parameters, item)


def test_branch_is_one_commented_task_that_keeps_the_item(installed):
    branch = installed.job_type.branch(installed.target("aws-cn"))
    assert branch.start == branch.job_state == start_state(installed.job_type.title)
    assert list(branch.states) == [branch.start]
    state = branch.states[branch.start]
    assert sorted(state) == ["Comment", "Parameters", "Resource", "ResultPath", "Type"]
    assert state["ResultPath"] == "$.job_result"
    assert str(state["Resource"]).startswith("arn:aws-cn:states:::")
    assert str(state["Resource"]).endswith(".sync")
    assert json.loads(json.dumps(state)) == state


def test_aws_takes_the_request(installed):
    service, operation = OPERATIONS[installed.job_type.name]
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    request = api_request(installed.job_type.name, request_of(installed))
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()


def test_request_members_are_pascal_case_and_never_null(installed):
    def walk(value, path):
        assert value is not None, path
        if isinstance(value, dict):
            for name, inner in value.items():
                assert path.endswith(".Arguments") or re.fullmatch(r"[A-Z][A-Za-z0-9]*", name), f"{path}.{name}"
                walk(inner, f"{path}.{name}")

    walk(request_of(installed), "")


def test_same_input_gives_the_same_bytes(installed):
    assert json.dumps(installed.arguments()) == json.dumps(installed.arguments())
    target = installed.target()
    assert json.dumps(dict(installed.job_type.branch(target).states)) == json.dumps(
        dict(installed.job_type.branch(target).states)
    )


def test_local_command_gives_back_the_jobs_arguments_from_json_alone(installed):
    arguments = json.loads(json.dumps(installed.arguments()))
    command = installed.job_type.local_command(arguments)
    assert command is not None
    assert list(command.argv) == [
        sys.executable, "-P", "-m", "extract_job",
        "--extract_table", "public.accounts",
        "--query", "select \"a b\", 'ü' from t where $x = 1; -- end",
        "--result_uri", "s3://runs/r/results/public.accounts/attempt=1.json",
    ]  # fmt: skip


def answered(installed, **ended):
    """The status of a local end, after the way through a Catch: error and cause are texts."""
    arguments = installed.arguments()
    outcome = installed.job_type.local_answer(arguments, LocalExit(**{"code": 0, "seconds": 2.0, "output_tail": "", **ended}))
    item = {"arguments": json.loads(json.dumps(arguments))}
    if outcome.error is None:
        return installed.job_type.status(Outcome.succeeded(json.loads(json.dumps(outcome.result)), item))
    return installed.job_type.status(Outcome.failed(outcome.error, outcome.cause, item))


def test_local_success(installed):
    status = answered(installed, code=0, output_tail="read 5 rows\n")
    assert (status.state, status.failure, status.message) == (JobState.SUCCEEDED, None, None)
    assert status.job_run_id
    assert status.log_url is None
    assert status.started_at
    assert status.ended_at
    assert 1.9 < (status.ended_at - status.started_at).total_seconds() < 2.1


def test_local_failure_says_the_jobs_own_last_error(installed):
    tail = 'Traceback (most recent call last):\n  File "x.py", line 1\nsqlite3.OperationalError: no such table: accounts\n\n'
    status = answered(installed, code=1, output_tail=tail)
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, FailureClass.USER_CODE, False)
    assert status.message is not None
    assert status.message.endswith("sqlite3.OperationalError: no such table: accounts [exit code 1]")
    assert status.job_run_id
    assert status.job_run_id.rpartition("/")[2] in status.message


def test_local_failure_without_output(installed):
    status = answered(installed, code=3)
    assert status.failure is FailureClass.USER_CODE
    assert "the job wrote nothing; exit code 3" in str(status.message)


@pytest.mark.parametrize("code", [-15, 143, -2, 130])
def test_local_job_that_was_stopped(installed, code):
    status = answered(installed, code=code)
    assert (status.state, status.failure, status.retryable) == (JobState.STOPPED, FailureClass.STOPPED, False)


@pytest.mark.parametrize("code", [-9, 137])
def test_a_kill_is_not_taken_for_lack_of_memory(installed, code):
    status = answered(installed, code=code)
    assert (status.state, status.failure) == (JobState.FAILED, FailureClass.INTERRUPTED)
    assert "killed by SIGKILL; " in str(status.message)


@pytest.mark.parametrize(
    ("injected", "state", "failure", "retryable"),
    [
        ("throttle", JobState.FAILED, FailureClass.THROTTLED, True),
        ("oom", JobState.FAILED, FailureClass.OUT_OF_MEMORY, False),
        ("interrupt", JobState.FAILED, FailureClass.INTERRUPTED, True),
        ("fail", JobState.FAILED, FailureClass.USER_CODE, False),
        ("timeout", JobState.TIMED_OUT, FailureClass.TIMEOUT, False),
    ],
)
def test_injected_ends_read_as_the_service_says_them(installed, injected, state, failure, retryable):
    status = answered(installed, injected=injected)
    assert (status.state, status.failure, status.retryable) == (state, failure, retryable)
    assert status.message


def test_permissions_name_their_resources_and_include_the_stop(installed):
    statements = list(installed.job_type.permissions(installed.target("aws-us-gov")))
    actions = {action for statement in statements for action in statement.actions}
    stops = {"glue:BatchStopJobRun", "elasticmapreduce:CancelSteps", "ecs:StopTask", "emr-serverless:CancelJobRun"}
    assert actions & {*stops, "emr-containers:CancelJobRun", "batch:TerminateJob"}
    resources = [resource for statement in statements for resource in statement.resources]
    everything = {action for statement in statements if "*" in statement.resources for action in statement.actions}
    assert everything <= {"batch:DescribeJobs"}  # which knows no resources
    assert all(resource.startswith("arn:aws-us-gov:") for resource in resources if ":iam:" not in resource and resource != "*")


def test_start_retries_name_errors_of_the_start_alone(installed):
    for retry in installed.job_type.start_retries():
        assert retry.jitter == "FULL"
        assert retry.max_delay_seconds > retry.interval_seconds
        assert not [name for name in retry.errors if name.startswith("States.")]


def test_settings_refuse_unknown_keys(installed):
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        installed.job_type.settings().model_validate({"wrker_no": 2})
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        installed.job_type.deployment().model_validate({"jobname": "x"})


def test_patterns_have_no_word_class(installed):
    """`\\w` means all letters of Unicode, which names of AWS are not. `\\w{1,60}` also takes 30 ms to compile, in each start."""
    models = (installed.job_type.settings(), installed.job_type.deployment())
    patterns = re.findall(r'"pattern": "([^"]*)"', json.dumps([model.model_json_schema() for model in models]))
    assert patterns or installed.job_type.name in {"batch", "ecs"}
    assert [pattern for pattern in patterns if "\\w" in pattern] == []


def test_timeout_is_longer_than_the_services_own_limit(installed):
    settings = installed.settings
    assert installed.job_type.timeout(settings) >= settings.timeout_minutes * 60 + 600


@pytest.mark.parametrize("plugin", ["extract_batch", "extract_glue", "extract_emr", "extract_ecs"])
def test_importing_a_plugin_is_light(plugin):
    code = (
        f"import sys, {plugin}; found = {plugin}.extract_job_types(); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pydantic', 'boto3', 'botocore', 'rich'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
