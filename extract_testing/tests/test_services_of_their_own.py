"""Faults that only some services make possible, each caught by its check: rule, role, word, name; and what is not a fault."""

from __future__ import annotations

import re
from pathlib import Path

import faulty_forges as faulty
import pytest
from acme_drum import START, Drum
from acme_forge import Forge

from asl_toolkit.services.aws.iam.sync_rights import RULE_ACTIONS, SYNC
from extract_core import JobState, JobStatus, LambdaFunction, Statement
from extract_testing import CHECKS, Subject

HERE = Path(__file__).parent
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
    "GreenWhenStopped": "only_success_words_succeed",
    "GreenUnlessFailed": "only_success_words_succeed",
    "DropsItsOwnArn": "only_success_words_succeed",
    "StartsAgainWhatWasStopped": "only_success_words_succeed",
    "TooManyOfThem": "requests_match_the_api",
    "RetriesAnErrorThatIsNone": "retries_start_no_job_twice",
    "RetriesInAnotherCase": "retries_start_no_job_twice",
    "ArgumentsNotMeasured": "requests_match_the_api",
    "LongNameBehindLongArguments": "requests_match_the_api",
    "GreenByAnInventedWord": "only_success_words_succeed",
    "NameTooLong": "requests_match_the_api",
    "NameOfOddCharacters": "requests_match_the_api",
    "NameOfTheTable": "job_names_are_unique",
    "NameOfTheRun": "job_names_are_unique",
    "NameCutAtTheEnd": "job_names_are_unique",
    "MisspeltSetting": "methods_return_the_right_types",
}


ALSO_BROKEN = {"AllowedOnAnotherKindOfJob": ["permissions_are_exact"], "AllowedOnAnotherService": ["permissions_are_exact"]}
"""Faults that another check finds too."""


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_caught_by_its_check_alone(name, broken_by, golden):
    breaches, _ = broken_by(getattr(faulty, name)(), FORGE, [{}])
    assert list(breaches) == [FAULTS[name], *ALSO_BROKEN.get(name, ())]
    golden(HERE / "golden" / f"{name}.txt", re.sub(r"\.py:\d+", ".py:LINE", breaches[FAULTS[name]]) + "\n")


def test_every_faulty_forge_is_tried():
    assert {name for name, cls in vars(faulty).items() if isinstance(cls, type) and issubclass(cls, Forge)} == {
        *FAULTS,
        "Forge",
        "ParserRaises",
    }


@pytest.fixture(scope="module")
def good():
    return Subject(Forge(), FORGE, [{}])


@pytest.mark.xdist_group("good forge")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_good_forge_passes_every_check(check, good, passes):
    passes(check, good)


def test_a_misspelt_setting_is_reported_with_its_line_in_the_plugin(broken_by):
    breaches, _ = broken_by(faulty.MisspeltSetting(), FORGE, [{}])
    source = (HERE / "faulty_forges.py").read_text().splitlines()
    place = re.search(
        r"it raised AttributeError: .* has no attribute 'siez' \((\w+\.py):(\d+)\)", breaches["methods_return_the_right_types"]
    )
    assert place[1] == "faulty_forges.py"
    assert "settings.siez" in source[int(place[2]) - 1]


class Labels(Forge):
    """A .sync whose managed rule is not published."""

    def task(self, target):
        task = super().task(target)
        return {**task, "Resource": task["Resource"].replace("createTrainingJob", "createLabelingJob")}

    def permissions(self, target):
        first, *rest = super().permissions(target)
        actions = [action.replace("TrainingJob", "LabelingJob") for action in first.actions]
        return [Statement(actions=actions, resources=first.resources), *rest]


def test_an_unknown_rule_is_skipped_with_the_reason(broken_by):
    _, left_out = broken_by(Labels(), FORGE, [{}])
    assert left_out["permissions_cover_the_branch"] == (
        "left out: the kit does not know the EventBridge rule of sagemaker:createLabelingJob.sync: see the Step Functions "
        "guide, and allow events:PutTargets, events:PutRule and events:DescribeRule on it"
    )


@pytest.mark.parametrize("call", SYNC)
def test_the_calls_with_sync_have_actions_of_their_api(call):
    from extract_testing.services.models import models_of

    for action in SYNC[call].actions:
        service, _, operation = action.partition(":")
        assert operation in models_of(service).operation_names, action
    assert SYNC[call].rule is None or re.fullmatch(r"StepFunctionsGetEvents?For[A-Z]\w+Rule", SYNC[call].rule)


class Steps(Drum):
    """A step of EMR, for which the guide once required a rule."""

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


def test_a_rule_that_is_no_longer_required_may_be_allowed(broken_by):
    class WithRule(Steps):
        rules = ("StepFunctionsGetEventForEMRAddJobFlowStepsRule",)

    class WithAnother(Steps):
        rules = ("StepFunctionsGetEventsForEMRAddJobFlowStepsRule",)

    for good in (Steps(), WithRule()):
        assert "permissions_cover_the_branch" not in broken_by(good)[0]
    assert broken_by(WithAnother())[0]["permissions_cover_the_branch"].endswith(
        "use rule/StepFunctionsGetEventForEMRAddJobFlowStepsRule: Step Functions refuses to create the machine with another name"
    )


class Tasks(Drum):
    """A task of ECS: the roles of its definition are passed, although the request does not name them."""

    def task(self, target):
        task = super().task(target)
        named = {"Cluster": "drums", "TaskDefinition": target.deployment.definition}
        return {**task, "Resource": f"arn:{target.partition}:states:::ecs:runTask.sync", "Parameters": named}


@pytest.mark.parametrize(
    ("action", "arn", "made"),
    [
        (
            "datasync:CancelTaskExecution",
            "arn:aws:datasync:eu-west-1:123456789012:task/task-0123456789abcdef0",
            lambda arn: f"{arn}/execution/*",
        ),
        (
            "states:StopExecution",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:c",
            lambda arn: arn.replace("stateMachine", "execution") + ":*",
        ),
    ],
)
def test_an_arn_made_from_one_of_the_deployment_keeps_the_users_partition(broken_by, action, arn, made):
    class Below(Drum):
        def permissions(self, target):
            resources = [made(target.deployment.definition)]
            return [*super().permissions(target), Statement(actions=[action], resources=resources)]

    assert broken_by(Below(), {"queue": "night", "definition": arn}) == ({}, {})


def test_a_token_that_step_functions_fills_in_is_long_enough(broken_by):
    class WithoutToken(Tokens):
        def task(self, target):
            task = super().task(target)
            return {**task, "Parameters": {"QueryString": "unload"}}

    assert "requests_match_the_api" not in broken_by(WithoutToken(), FORGE, [{}])[0]


ROLE = "arn:aws:iam::123456789012:role/drum-task"
ROLES = {"queue": "night", "definition": ROLE}


def test_the_roles_of_a_task_definition_are_required_if_the_deployment_names_them(broken_by):
    breaches, _ = broken_by(Tasks(), ROLES)
    assert breaches["passed_roles_are_allowed"].endswith(
        f"permissions(target), for state {START!r}: no statement allows iam:PassRole on {ROLE!r}, which ecs:runTask passes with "
        "the task definition; add a Statement for it, with the condition StringEquals iam:PassedToService "
        "'ecs-tasks.amazonaws.com'"
    )


def test_unknown_roles_of_a_task_definition_are_skipped_with_the_reason(broken_by):
    breaches, left_out = broken_by(Tasks())
    assert "passed_roles_are_allowed" not in breaches
    assert left_out["passed_roles_are_allowed"] == (
        "left out: ecs:runTask passes the roles of the task definition, which the deployment does not name: "
        "allow iam:PassRole on them"
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


def test_an_object_as_a_message_is_accepted(broken_by):
    breaches, left_out = broken_by(Queued())
    assert breaches == {}
    assert left_out == {
        "only_success_words_succeed": "left out: no service of the branch has a model with the words for a job's state"
    }


ABROAD = {**FORGE, "other_role_arn": "arn:aws:iam::210987654321:role/abroad"}


class Abroad(Forge):
    """In another account: the role of that account has the rights of the call, and passes the job's role."""

    def task(self, target):
        return {**super().task(target), "Credentials": {"RoleArn": target.deployment.other_role_arn}}

    def permissions(self, target):
        return [Statement(actions=["sts:AssumeRole"], resources=[target.deployment.other_role_arn])]


def test_the_rights_of_another_accounts_role_are_not_required_here(broken_by):
    assert broken_by(Abroad(), ABROAD, [{}]) == ({}, {})


def test_assuming_the_role_of_another_account_needs_a_permission(broken_by):
    class Elsewhere(Abroad):
        def permissions(self, target):
            return [Statement(actions=["sts:AssumeRole"], resources=[target.deployment.role_arn])]

    breaches, _ = broken_by(Elsewhere(), ABROAD, [{}])
    assert breaches["permissions_cover_the_branch"].endswith(
        "permissions(target), for state 'Forge Start Extract Job Run': no statement allows sts:AssumeRole on the role "
        "'arn:aws:iam::210987654321:role/abroad' of its Credentials; add a Statement: with Credentials the call uses that role's "
        "rights, so the machine's role must assume it"
    )


class Tokens(Forge):
    """A token against double starts that is the same for the second attempt."""

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

    assert "job_names_are_unique" not in broken_by(Tokens(), FORGE, [{}])[0]
    breaches, _ = broken_by(OfTheTable(), FORGE, [{}])
    assert "athena:startQueryExecution gets the ClientRequestToken '" in breaches["job_names_are_unique"]


def test_an_unknown_success_is_skipped_with_the_reason(broken_by):
    class Remote(Forge):
        def local_command(self, arguments):
            return None

        def local_answer(self, arguments, ended):
            return super(Forge, self).local_answer(arguments, ended)

    left_out = "left out: no success of this job type is known, so its words cannot be tested; add the answer of state "
    assert (
        broken_by(Remote(), FORGE, [{}])[1]["only_success_words_succeed"]
        == f"{left_out}{START.replace('Drum', 'Forge')!r} for a success to task_results"
    )
    results = {"Forge Start Extract Job Run": [{"TrainingJobArn": "arn", "TrainingJobStatus": "Completed"}]}
    assert "only_success_words_succeed" not in broken_by(Remote(), FORGE, [{}], task_results=results)[1]


def test_another_check_reports_a_parser_that_raises(broken_by):
    breaches, left_out = broken_by(faulty.ParserRaises(), FORGE, [{}], also=["status_never_raises"])
    assert "it raised KeyError: 'x'" in breaches["status_never_raises"]
    assert left_out["only_success_words_succeed"].startswith("left out: status() raised KeyError: 'x' (faulty_forges.py")


def test_a_service_without_state_words_is_skipped_with_the_reason(broken_by):
    class ByExitCode(Tasks):
        def local_answer(self, arguments, ended):
            return super(Drum, self).local_answer(arguments, ended)

        def status(self, outcome):
            code = outcome.result.get("ExitCode") if isinstance(outcome.result, dict) else None
            return JobStatus(state=JobState.SUCCEEDED) if code == 0 else super().status(outcome)

    assert broken_by(ByExitCode())[1]["only_success_words_succeed"] == (
        "left out: botocore has no enum for the state member in a success of ecs"
    )
