"""What a service of its own invites, each fault caught by its check: rule, role, word, name; and what is no fault."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from acme_drum import START, Drum
from acme_forge import Forge

from extract_core import JobState, JobStatus, LambdaFunction, Statement
from extract_testing import CHECKS, Subject
from extract_testing.sync_rights import RULE_ACTIONS, SYNC

HERE = Path(__file__).parent
SPEC = importlib.util.spec_from_file_location("faulty_forges", HERE / "faulty_forges.py")
faulty = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(faulty)

FORGE = {"role_arn": "arn:aws:iam::123456789012:role/forge"}
FAULTS = {
    "RuleOfAnotherJob": "permissions_cover_the_branch",
    "NoRule": "permissions_cover_the_branch",
    "HalfARule": "permissions_cover_the_branch",
    "AllowedOnAnotherKindOfJob": "permissions_cover_the_branch",
    "AllowedOnAnotherService": "permissions_cover_the_branch",
    "PassesNoRole": "passed_roles_are_allowed",
    "PassesAnotherRole": "passed_roles_are_allowed",
    "PassesToAnotherService": "passed_roles_are_allowed",
    "GreenWhenStopped": "only_success_words_are_green",
    "GreenUnlessFailed": "only_success_words_are_green",
    "DropsItsOwnArn": "only_success_words_are_green",
    "StartsAgainWhatWasStopped": "only_success_words_are_green",
    "TooManyOfThem": "requests_have_the_services_types",
    "RetriesAnErrorThatIsNone": "retries_start_no_job_twice",
    "RetriesInAnotherCase": "retries_start_no_job_twice",
    "ArgumentsNotMeasured": "requests_have_the_services_types",
    "LongNameBehindLongArguments": "requests_have_the_services_types",
    "GreenByAnInventedWord": "only_success_words_are_green",
    "NameTooLong": "requests_have_the_services_types",
    "NameOfOddCharacters": "requests_have_the_services_types",
    "NameOfTheTable": "jobs_have_names_of_their_own",
    "NameOfTheRun": "jobs_have_names_of_their_own",
    "NameCutAtTheEnd": "jobs_have_names_of_their_own",
    "MisspeltSetting": "answers",
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_caught_by_its_check_alone(name, broken_by, golden):
    found, _ = broken_by(getattr(faulty, name)(), FORGE, [{}])
    assert list(found) == [FAULTS[name]]
    golden(HERE / "golden" / f"{name}.txt", re.sub(r"\.py:\d+", ".py:LINE", found[FAULTS[name]]) + "\n")


def test_every_faulty_forge_is_tried():
    assert {name for name, cls in vars(faulty).items() if isinstance(cls, type) and issubclass(cls, Forge)} == {
        *FAULTS,
        "Forge",
        "ParserRaises",
    }


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_forge_passes_every_check(check):
    assert check(Subject(Forge(), FORGE, [{}])) is None


def test_a_misspelt_setting_is_told_with_the_plugins_own_line(broken_by):
    found, _ = broken_by(faulty.MisspeltSetting(), FORGE, [{}])
    source = (HERE / "faulty_forges.py").read_text().splitlines()
    place = re.search(r"it raised AttributeError: .* has no attribute 'siez' \((\w+\.py):(\d+)\)", found["answers"])
    assert place[1] == "faulty_forges.py"
    assert "settings.siez" in source[int(place[2]) - 1]


class Labels(Forge):
    """A .sync whose managed rule nobody has published."""

    def task(self, target):
        task = super().task(target)
        return {**task, "Resource": task["Resource"].replace("createTrainingJob", "createLabelingJob")}

    def permissions(self, target):
        first, *rest = super().permissions(target)
        actions = [action.replace("TrainingJob", "LabelingJob") for action in first.actions]
        return [Statement(actions=actions, resources=first.resources), *rest]


def test_a_rule_that_nobody_knows_is_left_out_aloud(broken_by):
    _, left_out = broken_by(Labels(), FORGE, [{}])
    assert left_out["permissions_cover_the_branch"] == (
        "left out: the kit does not know which EventBridge rule sagemaker:createLabelingJob.sync needs: look it up in the Step "
        "Functions guide, and allow events:PutTargets, events:PutRule and events:DescribeRule on it"
    )


@pytest.mark.parametrize("call", SYNC)
def test_the_calls_with_sync_have_actions_of_their_api(call):
    from extract_testing.service_models import models_of

    for action in SYNC[call].actions:
        service, _, operation = action.partition(":")
        assert operation in models_of(service).operation_names, action
    assert SYNC[call].rule is None or re.fullmatch(r"StepFunctionsGetEvents?For[A-Z]\w+Rule", SYNC[call].rule)


class Steps(Drum):
    """A step of EMR, for which the guide once asked for a rule."""

    rules = ()

    def task(self, target):
        step = {"Name": "drum", "HadoopJarStep": {"Jar": "command-runner.jar"}}
        named = {"ClusterId": "j-1", "Step": step}
        return {
            **super().task(target),
            "Resource": f"arn:{target.partition}:states:::elasticmapreduce:addStep.sync",
            "Parameters": named,
        }

    def permissions(self, target):
        where = f"{target.region}:{target.account}"
        actions = [f"elasticmapreduce:{action}" for action in ("AddJobFlowSteps", "DescribeStep", "CancelSteps")]
        yield Statement(actions=actions, resources=[f"arn:{target.partition}:elasticmapreduce:{where}:cluster/j-1"])
        for rule in self.rules:
            yield Statement(actions=RULE_ACTIONS, resources=[f"arn:{target.partition}:events:{where}:rule/{rule}"])


def test_a_rule_that_is_no_longer_asked_for_may_be_allowed_by_its_name(broken_by):
    class WithRule(Steps):
        rules = ("StepFunctionsGetEventForEMRAddJobFlowStepsRule",)

    class WithAnother(Steps):
        rules = ("StepFunctionsGetEventsForEMRAddJobFlowStepsRule",)

    for good in (Steps(), WithRule()):
        assert "permissions_cover_the_branch" not in broken_by(good)[0]
    assert broken_by(WithAnother())[0]["permissions_cover_the_branch"].endswith(
        "name rule/StepFunctionsGetEventForEMRAddJobFlowStepsRule: with another name Step Functions refuses to create the machine"
    )


class Tasks(Drum):
    """A task of ECS: the roles of its definition are passed though the request names none."""

    def task(self, target):
        task = super().task(target)
        named = {"Cluster": "drums", "TaskDefinition": target.deployment.definition}
        return {**task, "Resource": f"arn:{target.partition}:states:::ecs:runTask.sync", "Parameters": named}


@pytest.mark.parametrize(
    ("arn", "made"),
    [
        ("arn:aws:datasync:eu-west-1:123456789012:task/task-0123456789abcdef0", lambda arn: f"{arn}/execution/*"),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:c", lambda arn: arn.replace("stateMachine", "execution") + ":*"),
    ],
)
def test_what_is_made_of_an_arn_of_the_deployment_has_the_users_partition(broken_by, arn, made):
    class Below(Drum):
        def permissions(self, target):
            resources = [made(target.deployment.definition)]
            return [*super().permissions(target), Statement(actions=["states:StopExecution"], resources=resources)]

    assert broken_by(Below(), {"queue": "night", "definition": arn}) == ({}, {})


def test_a_token_that_step_functions_fills_in_is_long_enough(broken_by):
    class WithoutToken(Tokens):
        def task(self, target):
            task = super().task(target)
            return {**task, "Parameters": {"QueryString": "unload"}}

    assert "requests_have_the_services_types" not in broken_by(WithoutToken(), FORGE, [{}])[0]


ROLE = "arn:aws:iam::123456789012:role/drum-task"
ROLES = {"queue": "night", "definition": ROLE}


def test_the_roles_of_a_task_definition_are_asked_for_where_the_deployment_names_them(broken_by):
    found, _ = broken_by(Tasks(), ROLES)
    assert found["passed_roles_are_allowed"].endswith(
        f"permissions(target), for state {START!r}: no statement allows iam:PassRole on {ROLE!r}, which ecs:runTask passes with "
        "the task definition; add a Statement for it, with the condition StringEquals iam:PassedToService "
        "'ecs-tasks.amazonaws.com'"
    )


def test_roles_of_a_task_definition_that_nothing_names_are_left_out_aloud(broken_by):
    found, left_out = broken_by(Tasks())
    assert "passed_roles_are_allowed" not in found
    assert left_out["passed_roles_are_allowed"] == (
        "left out: ecs:runTask passes the roles of the task definition, and nothing here names them: allow iam:PassRole on them"
    )


class Queued(Drum):
    """A message that is an object: Step Functions sends its text."""

    def functions(self):
        return [LambdaFunction(name="start", handler="json:loads")]

    def task(self, target):
        return {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {
                "QueueUrl": f"https://sqs.{target.region}.amazonaws.com/{target.account}/drums",
                "MessageBody": {"token.$": "$$.Task.Token", "arguments.$": "$.arguments"},
            },
            "ResultPath": "$.job_result",
        }

    def permissions(self, target):
        return [Statement(actions=["sqs:SendMessage"], resources=[f"arn:{target.partition}:sqs:{target.region}:1:drums"])]


def test_an_object_as_a_message_is_no_fault(broken_by):
    found, left_out = broken_by(Queued())
    assert found == {}
    assert left_out == {
        "only_success_words_are_green": "left out: the branch calls no service whose model tells the words for a job's state"
    }


ABROAD = {**FORGE, "other_role_arn": "arn:aws:iam::210987654321:role/abroad"}


class Abroad(Forge):
    """In another account: that role has the rights of the call, and passes the job's role."""

    def task(self, target):
        return {**super().task(target), "Credentials": {"RoleArn": target.deployment.other_role_arn}}

    def permissions(self, target):
        return [Statement(actions=["sts:AssumeRole"], resources=[target.deployment.other_role_arn])]


def test_the_rights_of_another_accounts_role_are_not_asked_for_here(broken_by):
    assert broken_by(Abroad(), ABROAD, [{}]) == ({}, {})


def test_the_role_of_another_account_must_be_taken_on(broken_by):
    class Elsewhere(Abroad):
        def permissions(self, target):
            return [Statement(actions=["sts:AssumeRole"], resources=[target.deployment.role_arn])]

    found, _ = broken_by(Elsewhere(), ABROAD, [{}])
    assert found["permissions_cover_the_branch"].endswith(
        "permissions(target), for state 'Forge Start Extract Job Run': no statement allows sts:AssumeRole on the role "
        "'arn:aws:iam::210987654321:role/abroad' of its Credentials; add a Statement: with Credentials the call's own rights are "
        "that role's, and this one must be taken on"
    )


class Tokens(Forge):
    """A token against double starts that a second attempt has too."""

    def task(self, target):
        return {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::athena:startQueryExecution.sync",
            "Parameters": {"QueryString": "unload", "ClientRequestToken.$": "$.arguments.token"},
            "ResultPath": "$.job_result",
        }

    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "token": super().job_name(table).rpartition("-")[2] * 2}

    def permissions(self, target):
        actions = ["athena:startQueryExecution", "athena:getQueryExecution", "athena:stopQueryExecution"]
        return [Statement(actions=actions, resources=[f"arn:{target.partition}:athena:{target.region}:1:workgroup/primary"])]


def test_a_token_of_the_table_alone_starts_no_second_attempt(broken_by):
    class OfTheTable(Tokens):
        def job_name(self, table):
            return faulty.NameOfTheTable.job_name(self, table)

        def arguments(self, table, settings):
            return {**Forge.arguments(self, table, settings), "token": self.job_name(table).rpartition("-")[2] * 2}

    assert "jobs_have_names_of_their_own" not in broken_by(Tokens(), FORGE, [{}])[0]
    found, _ = broken_by(OfTheTable(), FORGE, [{}])
    assert "athena:startQueryExecution gets the ClientRequestToken '" in found["jobs_have_names_of_their_own"]


def test_a_good_end_that_is_not_known_is_left_out_aloud(broken_by):
    class Remote(Forge):
        def local_command(self, arguments):
            return None

        def local_answer(self, arguments, ended):
            return super(Forge, self).local_answer(arguments, ended)

    left_out = "left out: no good end of this job type is known here, so its words can't be tried; give task_results what state "
    assert (
        broken_by(Remote(), FORGE, [{}])[1]["only_success_words_are_green"]
        == f"{left_out}{START.replace('Drum', 'Forge')!r} answers at a good end"
    )
    told = {"Forge Start Extract Job Run": [{"TrainingJobArn": "arn", "TrainingJobStatus": "Completed"}]}
    assert "only_success_words_are_green" not in broken_by(Remote(), FORGE, [{}], task_results=told)[1]


def test_a_parser_that_raises_is_told_elsewhere(broken_by):
    found, left_out = broken_by(faulty.ParserRaises(), FORGE, [{}], also=["status_is_total"])
    assert "it raised KeyError: 'x'" in found["status_is_total"]
    assert left_out["only_success_words_are_green"].startswith("left out: status() raised KeyError: 'x' (faulty_forges.py")


def test_a_service_without_words_for_the_end_is_left_out_aloud(broken_by):
    class ByExitCode(Tasks):
        def local_answer(self, arguments, ended):
            return super(Drum, self).local_answer(arguments, ended)

        def status(self, outcome):
            code = outcome.result.get("ExitCode") if isinstance(outcome.result, dict) else None
            return JobStatus(state=JobState.SUCCEEDED) if code == 0 else super().status(outcome)

    assert broken_by(ByExitCode())[1]["only_success_words_are_green"] == (
        "left out: botocore has no enum for what says the state in a good end of ecs"
    )
