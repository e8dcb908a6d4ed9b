"""What SyncJob does for a subclass with only the required attributes and methods."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import ClassVar

import pytest

from extract_core import FailureClass, JobState, LocalExit, Outcome, SyncJob, Target
from extract_core.parsing.verdicts import Verdict


class Deployment:
    queue = "night"
    queues = ("day",)
    project = "extracts"


class Settings:
    queue = None
    timeout_minutes = 10


class Drum(SyncJob):
    name, title, api_version = "drum", "Drum", 1
    settings_model = "tests:Settings"
    deployment_model = "collections:OrderedDict"
    resource = "drum:beat.sync"
    named: ClassVar = {"queue": "drum queue"}
    rights: ClassVar = {"queue/{queue}/{project}": ("drum:Beat",), "*": ("drum:Listen",)}
    event_rule = "DrumRule"
    role_service = "drum.amazonaws.com"
    wrappers = ("Drum", "Drums")
    id_member, state_member, succeeded = "DrumId", "Beat", "BOOM"
    failures: ClassVar = {"CRACKED": None, "HUSHED": FailureClass.STOPPED}
    not_ends = frozenset({"ROLLING"})
    reason_members = ("Why", "Note")

    def request(self, deployment):
        return {"Queue": deployment.queue}

    def arguments(self, table, settings):
        return {}

    def roles(self, deployment):
        return ("arn:b", "arn:a")

    def local_argv(self, arguments):
        return arguments["argv"]


DRUM = Drum()
TARGET = Target(
    partition="aws-cn",
    region="cn-north-1",
    account="1",
    machine_name="m",
    map_mode="INLINE",
    deployment=Deployment(),
    function_arn=str,
)


def test_the_task():
    assert DRUM.branch(TARGET).states == {
        "Drum Start Extract Job Run": {
            "Type": "Task",
            "Comment": "Runs the table's job and waits for its end",
            "Resource": "arn:aws-cn:states:::drum:beat.sync",
            "Parameters": {"Queue": "night"},
            "ResultPath": "$.job_result",
        }
    }


def test_models_are_imported_by_name():
    from collections import OrderedDict

    assert DRUM.deployment() is OrderedDict


def test_a_field_of_the_deployment_may_hold_a_whole_arn():
    class Named(Drum):
        rights: ClassVar = {"{queue}/beat/*": ("drum:Beat",)}

    class OfArns(Deployment):
        queue = "arn:aws:drum:eu-west-1:1:queue/day"
        queues = ()

    statement, *_ = Named().permissions(replace(TARGET, deployment=OfArns()))
    assert statement.resources == (f"{OfArns.queue}/beat/*",)


def test_rights_stand_for_every_allowed_value():
    statements = [
        (list(statement.actions), list(statement.resources), statement.condition) for statement in DRUM.permissions(TARGET)
    ]
    where = "arn:aws-cn:drum:cn-north-1:1:queue"
    rule = "arn:aws-cn:events:cn-north-1:1:rule/DrumRule"
    assert statements == [
        (["drum:Beat"], [f"{where}/day/extracts", f"{where}/night/extracts"], None),
        (["drum:Listen"], ["*"], None),
        (["iam:PassRole"], ["arn:a", "arn:b"], {"StringEquals": {"iam:PassedToService": "drum.amazonaws.com"}}),
        (["events:DescribeRule", "events:PutRule", "events:PutTargets"], [rule], None),
    ]
    assert list(DRUM.diagnose_permissions(TARGET)) == list(DRUM.stop_permissions(TARGET)) == []


def test_a_name_outside_the_deployment_is_refused():
    chosen = Settings()
    assert DRUM.chosen("queue", chosen, Deployment()) == "night"
    chosen.queue = "noon"
    with pytest.raises(
        ValueError, match=r"^the drum queue 'noon' is not in the deployment, which allows 'day', 'night': name one"
    ):
        DRUM.chosen("queue", chosen, Deployment())


def test_the_time_limit():
    assert DRUM.timeout(Settings()) == 1200
    assert DRUM.timeout(object()) == 86_400


@pytest.mark.parametrize("answer", [{"DrumId": "d", "Beat": "BOOM"}, {"Drum": {"DrumId": "d", "Beat": "BOOM"}}])
def test_success(answer):
    status = DRUM.status(Outcome.succeeded(answer))
    assert (status.state, status.failure, status.message, status.job_run_id) == (JobState.SUCCEEDED, None, None, "d")


@pytest.mark.parametrize(
    ("job", "state", "failure", "message"),
    [
        ({"Beat": "CRACKED"}, "FAILED", "UNKNOWN", "ended CRACKED: Drum gave no reason"),
        ({"Beat": "CRACKED", "Why": "old", "Note": "skin"}, "FAILED", "USER_CODE", "ended CRACKED: old: skin"),
        ({"Beat": "CRACKED", "Why": "Rate exceeded"}, "FAILED", "THROTTLED", "ended CRACKED: Rate exceeded"),
        ({"Beat": "HUSHED", "Why": "by ann"}, "STOPPED", "STOPPED", "ended HUSHED: by ann"),
        ({"Beat": "ROLLING"}, "UNKNOWN", "UNKNOWN", "ended ROLLING: Drum gave no reason"),
        ({"Beat": "BURNT", "Why": "sun"}, "UNKNOWN", "UNKNOWN", "ended BURNT: a state that extract does not know: sun"),
        ({"Beat": "BOOM"}, "UNKNOWN", "UNKNOWN", "ended BOOM: yet Step Functions says States.TaskFailed"),
    ],
)
def test_other_ends(job, state, failure, message):
    status = DRUM.status(Outcome.failed("States.TaskFailed", json.dumps({"Drums": [{"DrumId": "d", **job}]})))
    assert (status.state, status.failure, status.message) == (state, failure, f"Drum job d {message}")


def test_a_verdict_of_the_subclass_is_unchanged():
    class Kettle(Drum):
        def failure(self, state, job, reason):
            return Verdict(JobState.FAILED, FailureClass.START, retryable=True)

    status = Kettle().status(Outcome.succeeded({"DrumId": "d", "Beat": "CRACKED"}))
    assert (status.failure, status.retryable) == (FailureClass.START, True)


def test_without_the_id_no_state_counts():
    status = DRUM.status(Outcome.succeeded({"Beat": "BOOM"}))
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "Drum answered without the state of a job: how it ended is not known",
    )  # fmt: skip


def test_a_cause_that_begins_in_the_middle():
    status = DRUM.status(Outcome.failed("States.TaskFailed", '..."DrumId":"d","Beat":"HUSHED","Note":"enou'))
    assert (status.state, status.message) == (JobState.STOPPED, "Drum job d ended HUSHED: enou")


@pytest.mark.parametrize(
    ("exit_", "state", "failure"),
    [
        ({"code": 0}, "SUCCEEDED", None),
        ({"code": 1}, "FAILED", "USER_CODE"),
        ({"code": -15}, "STOPPED", "STOPPED"),
        ({"code": 0, "injected": "oom"}, "FAILED", "OUT_OF_MEMORY"),
        ({"code": 0, "injected": "interrupt"}, "FAILED", "INTERRUPTED"),
        ({"code": 0, "injected": "fail"}, "FAILED", "USER_CODE"),
        ({"code": 0, "injected": "timeout"}, "TIMED_OUT", "TIMEOUT"),
        ({"code": 0, "injected": "throttle"}, "FAILED", "THROTTLED"),
    ],
)
def test_ends_on_one_machine_read_as_they_were(exit_, state, failure):
    status = DRUM.status(DRUM.local_answer({}, LocalExit(seconds=1.0, output_tail="ValueError: x", **exit_)))
    assert (status.state, status.failure) == (state, failure)


def test_the_command_on_one_machine():
    assert DRUM.local_command({"argv": {"--a": 1}}).argv[1:] == ["-P", "-m", "extract_job", "--a", "1"]
    assert DRUM.local_command({"argv": ["--a"]}).argv[1:] == ["-P", "-m", "extract_job", "--a"]
    assert DRUM.local_command({"argv": None}) is None
    with pytest.raises(
        TypeError, match=r"^local_argv\(\) of job type 'drum' must return a list or an object of arguments, not 'x'$"
    ):
        DRUM.local_command({"argv": "x"})


def test_a_diagnosis_adds_only_new_reasons():
    class Kettle(Drum):
        def describe(self, aws, key):
            return {"Drum": {"DrumId": key[0], "Why": aws}}

        def logs(self, aws, key, job):
            yield f"log of {job['DrumId']} {job['Beat']}"

    outcome = Outcome.failed("States.TaskFailed", json.dumps({"DrumId": "d", "Beat": "CRACKED", "Why": "old"}))
    assert Kettle().diagnose(outcome, "old", None) == "log of d CRACKED"
    assert Kettle().diagnose(outcome, "new", None) == "new\nlog of d CRACKED"
    assert Kettle().diagnose(Outcome.failed("States.Timeout", ""), "new", None) is None


def test_the_import_is_light():
    code = "import sys, extract_core; extract_core.SyncJob; print({'pydantic', 'boto3', 'botocore'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("key", [{"job": "d"}, "d", ("d", 1), None])
def test_a_key_that_is_not_a_sequence_of_texts_is_refused(key):
    class Keyed(Drum):
        def key(self, job, arguments):
            return key

    for method in ("diagnose", "stop"):
        with pytest.raises(TypeError, match=r"^key\(\) of job type 'drum' must return a sequence of texts, with None for"):
            getattr(Keyed(), method)(Outcome.succeeded({"DrumId": "d"}), object(), None)


def test_a_key_may_be_of_the_deployment():
    stopped = []

    class Keyed(Drum):
        def key(self, job, arguments, deployment):
            return deployment, job["DrumId"]

        def stop_job(self, aws, key):
            stopped.append((aws, *key))

    Keyed().stop(Outcome.succeeded({"DrumId": "d"}), "session", "north")
    assert stopped == [("session", "north", "d")]


def test_a_brace_that_names_no_field_of_the_deployment_is_named():
    from pydantic import BaseModel

    class Drums(BaseModel):
        queue: str = "night"
        project: str = "extracts"

    class Misspelt(Drum):
        rights: ClassVar = {"queue/{quue}": ("drum:Beat",)}

    target = Target(
        partition="aws", region="r", account="1", machine_name="m", map_mode="INLINE", deployment=Drums(), function_arn=str
    )
    with pytest.raises(ValueError, match=r"^rights on 'queue/\{quue\}': Drums has no field 'quue'; did you mean 'queue'\?$"):
        list(Misspelt().permissions(target))
