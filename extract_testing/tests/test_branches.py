"""Branches of several states, in both languages: correct ones pass, and a run finds what reading cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from acme_drum import START, Drum
from check_groups import APART, SLOW

from extract_core import Branch, JobState, JobStatus, LambdaFunction
from extract_testing import ContractBroken, Subject
from extract_testing.checks.loops import loops_end

KEEP = "{% $merge([$states.input, {'job_result': $states.result}]) %}"


def invoke(target, **more):
    return {
        "Type": "Task",
        "Resource": f"arn:{target.partition}:states:::lambda:invoke",
        "TimeoutSeconds": 60,
        **more,
    }


class Polled(Drum):
    """Starts by a Lambda function, waits, and polls by another: a service without .sync."""

    def functions(self):
        return [LambdaFunction(name=name, handler="json:loads") for name in ("start", "poll")]

    def stop(self, outcome, aws):
        """A drum that has been started can't be stopped: the queue forgets it after an hour."""

    def branch(self, target):
        start = invoke(
            target,
            Parameters={"FunctionName": target.function_arn("start"), "Payload.$": "$.arguments"},
            ResultSelector={"id.$": "$.Payload.id"},
            ResultPath="$.drum",
            Next="Drum Wait",
        )
        poll = invoke(
            target,
            Parameters={
                "FunctionName": target.function_arn("poll"),
                "Payload": {"drum.$": "$.drum", "timeout_seconds.$": "$.timeout_seconds"},
            },
            Retry=[{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 6}],
            ResultSelector={"Status.$": "$.Payload.status", "JobQueue": "drums"},
            ResultPath="$.job_result",
            Next="Drum Ended?",
        )
        ended = {"Variable": "$.job_result.Status", "StringEquals": "RUNNING", "Next": "Drum Wait"}
        states = {
            START: start,
            "Drum Wait": {"Type": "Wait", "Seconds": 30, "Next": "Drum Ask"},
            "Drum Ask": poll,
            "Drum Ended?": {"Type": "Choice", "Choices": [ended], "Default": "Handle Extract Job Run Status"},
        }
        return Branch(start=START, states=states, job_state=START)


class Token(Drum):
    """Waits for a task token."""

    def functions(self):
        return [LambdaFunction(name="start", handler="json:loads")]

    def branch(self, target):
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": target.function_arn("start"),
                "Payload": {"token.$": "$$.Task.Token", "arguments.$": "$.arguments"},
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start=START, states={START: task}, job_state=START)


class Jsonata(Drum):
    def branch(self, target):
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::batch:submitJob.sync",
            "Arguments": {
                "JobName": "{% $states.input.arguments.job_name %}",
                "JobQueue": target.deployment.queue,
                "JobDefinition": target.deployment.definition,
                "ContainerOverrides": "{% $states.input.arguments.overrides %}",
            },
            "Output": KEEP,
        }
        return Branch(start=START, states={START: task}, job_state=START, query_language="JSONata")


class Variants(Drum):
    """Exclusive members: each shape has its own state, which reads members that only tables of that shape have."""

    def branch(self, target):
        sized = super().task(target)
        shared = json.loads(json.dumps(sized))
        shared["Parameters"]["ShareIdentifier.$"] = "$.arguments.share"
        by_shape = {"Variable": "$.arguments.shape", "StringEquals": "shared", "Next": "Drum Start Shared"}
        states = {
            "Drum Choose Shape": {"Type": "Choice", "Choices": [by_shape], "Default": START},
            "Drum Start Shared": {**shared, "TimeoutSecondsPath": "$.timeout_seconds"},
            START: sized,
        }
        return Branch(start="Drum Choose Shape", states=states, job_state=START)

    def arguments(self, table, settings):
        shape = {"shape": "shared", "share": "night"} if settings.vcpus > 2 else {"shape": "sized"}
        return {**super().arguments(table, settings), **shape}


POLLED = {
    START: [{"Payload": {"id": "d-1"}}],
    "Drum Ask": [{"Payload": {"status": status}} for status in ("RUNNING", "SUCCEEDED")],
}


@pytest.mark.parametrize(
    ("job_type", "more"),
    [
        (Polled(), {"task_results": POLLED}),
        (Token(), {}),
        (Jsonata(), {}),
        (Variants(), {"task_results": {"Drum Start Shared": [{"JobQueue": "q", "Status": "SUCCEEDED"}]}}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Drum) else "",
)
def test_branches_that_keep_the_contract_pass(broken_by, job_type, more):
    faults, _ = broken_by(job_type, **more)
    assert faults == {}


def test_a_check_that_needs_a_missing_answer_is_skipped_with_the_reason(broken_by):
    _, left_out = broken_by(Polled(), task_results={START: POLLED[START]})
    assert left_out == {
        "branch_keeps_the_item": "left out: the branch cannot run to its end; add the answers of 'Drum Ask' to task_results",
        "only_success_words_succeed": "left out: no service of the branch has a model with the words for a job's state",
    }


def test_a_missing_path_inside_jsonata_is_found(broken_by):
    class Misread(Jsonata):
        def arguments(self, table, settings):
            built = dict(super().arguments(table, settings))
            built["names"] = built.pop("job_name")
            return built

        def local_answer(self, arguments, ended):
            return super().local_answer({"job_name": "x", **arguments}, ended)

    faults, _ = broken_by(Misread())
    assert faults["arguments_hold_what_the_branch_reads"].endswith(
        "branch(target), state 'Drum Start Extract Job Run', Arguments.JobName: it reads $.arguments.job_name, which arguments() "
        "never returns; return a value for every table: a missing path ends the whole run, and no Catch handles it"
    )


@pytest.mark.parametrize(
    "bound",
    [
        {"Variable": "$.drum.rounds", "NumericGreaterThan": 9, "Next": "Handle Extract Job Run Status"},
        {"Variable": "$.drum.until", "TimestampLessThanPath": "$$.State.EnteredTime", "Next": "Handle Extract Job Run Status"},
    ],
)
def test_a_loop_that_counts_or_compares_the_clock_ends(bound):
    class Counted(Polled):
        def branch(self, target):
            branch = super().branch(target)
            states = json.loads(json.dumps(branch.states).replace('"timeout_seconds.$": "$.timeout_seconds"', '"x": 1'))
            states["Drum Ended?"]["Choices"].append(bound)
            states["Drum Count"] = {
                "Type": "Pass",
                "Parameters": {"rounds.$": "States.MathAdd($.drum.rounds, 1)", "id.$": "$.drum.id"},
                "ResultPath": "$.drum",
                "Next": "Drum Ask",
            }
            states["Drum Wait"]["Next"] = "Drum Count"
            return Branch(start=START, states=states, job_state=START)

    assert loops_end(Subject(Counted(), {"queue": "night"})) is None


@pytest.mark.parametrize(
    ("condition", "raised", "bounded"),
    [
        ("{% $rounds > 9 %}", "{% $rounds + 1 %}", True),
        ("{% $rounds > 9 %}", "{% $states.input.attempt %}", False),
        ("{% $states.input.ended %}", "{% $rounds + 1 %}", False),
    ],
)
def test_a_loop_in_jsonata_ends_by_a_comparison_of_a_changing_value(condition, raised, bounded):
    class Counted(Jsonata):
        def branch(self, target):
            branch = super().branch(target)
            ended = [{"Condition": condition, "Next": "Handle Extract Job Run Status"}]
            states = {
                START: {**branch.states[START], "Assign": {"rounds": raised}, "Next": "Drum Ended?"},
                "Drum Ended?": {"Type": "Choice", "Choices": ended, "Default": START},
            }
            return Branch(start=START, states=states, job_state=START, query_language="JSONata")

    subject = Subject(Counted(), {"queue": "night"})
    if bounded:
        assert loops_end(subject) is None
    else:
        with pytest.raises(ContractBroken, match="their loop has no limit"):
            loops_end(subject)


def test_an_endless_loop_is_ended(broken_by):
    faults, _ = broken_by(
        Polled(), settings_examples=[{}], task_results={**POLLED, "Drum Ask": [{"Payload": {"status": "RUNNING"}}]}
    )
    problem = "it ended ABORTED: ContractKit.Endless: it called its Tasks 500 times and did not end"
    assert problem in faults["branch_keeps_the_item"]


def test_a_job_type_that_cannot_run_here_is_skipped_with_the_reason(broken_by):
    class Remote(Drum):
        def local_command(self, arguments):
            return None

    faults, left_out = broken_by(Remote(), also=["status_reports_no_false_success"])
    assert faults == {}
    no_local = "left out: local_command() returns None, so this job type cannot run on one machine"
    assert left_out == {"local_command_carries_the_arguments": no_local, "local_ends_are_read_correctly": no_local}


WITHOUT_BOTOCORE = """
import sys
sys.path.append(sys.argv[1])
sys.modules["botocore"] = sys.modules["botocore.session"] = None
from acme_drum import Drum
from extract_testing import CHECKS, NotChecked, Subject
subject = Subject(Drum(), {"queue": "night"})
for check in CHECKS:
    if check.name not in sys.argv[2:]:
        try:
            check(subject)
        except NotChecked as reason:
            print(f"{check.name}: {reason}")
"""


def test_without_botocore_the_checks_that_need_it_are_skipped_with_the_reason():
    site = Path(__file__).parent / "site"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_BOTOCORE, site, *SLOW, *APART], capture_output=True, text=True, check=True
    )
    absent = "left out: botocore is not installed, so"
    no_request = f"{absent} requests are not compared with the API: pip install boto3"
    assert done.stdout.splitlines() == [
        f"result_selectors_read_required_members: {absent} the members of answers are not known: pip install boto3",
        f"requests_match_the_api: {no_request}",
        f"answers_have_the_services_shape: {no_request}",
        f"job_names_are_unique: {no_request}",
        f"passed_roles_are_allowed: {no_request}",
        f"diagnose_and_stop_are_allowed: {absent} calls of diagnose() and stop() are not checked: pip install boto3",
        f"diagnose_and_stop_make_valid_calls: {absent} calls of diagnose() and stop() are not checked: pip install boto3",
        f"only_success_words_succeed: {no_request}",
        'hooks_work_for_every_table: left out: the module of the plugin is not known; write plugin = "your_module" in the class',
    ]


def test_a_breach_is_reported_even_if_the_check_cannot_finish(broken_by):
    class Both(Drum):
        def status(self, outcome):
            return JobStatus(state=JobState.SUCCEEDED)

        def local_command(self, arguments):
            raise KeyError("x")

    faults, _ = broken_by(Both(), also=["status_reports_no_false_success"])
    assert "SUCCEEDED for garbage" in faults["status_reports_no_false_success"]
    assert (
        "local_command() of settings example 1, a full extract: it raised KeyError: 'x'"
        in faults["local_command_carries_the_arguments"]
    )


def test_tables_that_a_job_type_refuses_are_reported_as_skipped(broken_by):
    class Refuses(Drum):
        def arguments(self, table, settings):
            if table.watermark.mode == "backfill":
                raise ValueError("drums can't go back: leave hwm_value out")
            return super().arguments(table, settings)

    faults, left_out = broken_by(Refuses(), settings_examples=[{}])
    assert faults == {}
    assert left_out == {
        "methods_return_the_right_types": "left out: tables that arguments() refuses, which is allowed: settings example 1, "
        "a backfill: drums can't go back: "
        "leave hwm_value out"
    }


def test_a_job_type_that_refuses_everything_is_broken(broken_by):
    class Refuses(Drum):
        def arguments(self, table, settings):
            raise ValueError("drums are silent on Sundays")

    faults, _ = broken_by(Refuses())
    assert list(faults) == ["methods_return_the_right_types"]
    assert faults["methods_return_the_right_types"].endswith(
        "arguments() of settings example 1: it refuses every table; the first: settings example 1, a full extract: drums "
        "are silent on Sundays; use settings that can be planned"
    )


def test_the_message_names_the_section_of_extract_toml_that_is_refused(broken_by):
    faults, _ = broken_by(Drum(), {"queue": "night", "qeue": 1}, deployment_source="[job_types.drum] of extract.toml")
    assert "deployment(): its model refuses [job_types.drum] of extract.toml {" in faults["methods_return_the_right_types"]
    assert (
        "qeue: Extra inputs are not permitted; fix [job_types.drum] of extract.toml or the model"
        in faults["methods_return_the_right_types"]
    )
