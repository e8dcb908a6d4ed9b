"""A stack's states, change sets and events, as CloudFormation answers them: botocore checks each request and each answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import ANY, Stubber

from asl_generator.deploy.change import change_of
from asl_generator.deploy.faults import DeployError
from asl_generator.deploy.progress import follow
from asl_generator.deploy.stack import ChangeSet, StackState, Wanted, execute, prepare, require_usable, stack_state
from extract_core.errors import UsageError

ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/nightly/0a1b"
SET = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/x/0a1b"
WANTED = Wanted(name="nightly", url="https://s3/b/t.json", parameters={"BundleKey": "k"}, tags={"team": "data"})
TAKEN = (
    "; something else has this name: delete it, choose other names in extract.toml, or leave its part out of managed under "
    "[deploy]"
)
BEGIN = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def client():
    return boto3.client(
        "cloudformation", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )  # for all tests: it takes long to make


@pytest.fixture
def cloudformation(client):
    with Stubber(client) as stub:
        client.stub = stub
        yield client
        stub.assert_no_pending_responses()


def state(status: str, description: str = "Extract pipeline nightly") -> StackState:
    return StackState(ID, "nightly", status, description)


def described(status: str) -> dict:
    stack = {"StackId": ID, "StackName": "nightly", "StackStatus": status, "CreationTime": BEGIN}
    return {"Stacks": [stack]}


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"]
)
def test_these_take_a_change(status):
    require_usable(state(status), "nightly")


@pytest.mark.parametrize(
    ("stack", "kind", "words"),
    [
        (state("UPDATE_IN_PROGRESS"), DeployError, "is changing now (UPDATE_IN_PROGRESS)"),
        (state("UPDATE_ROLLBACK_FAILED"), DeployError, "aws cloudformation continue-update-rollback --stack-name nightly"),
        (state("DELETE_FAILED"), DeployError, "then: extract deploy down"),
        (state("CREATE_COMPLETE", "A web shop"), UsageError, "choose another name, with stack = "),
    ],
)
def test_others_do_not_and_the_message_says_what_to_do(stack, kind, words):
    with pytest.raises(kind) as caught:
        require_usable(stack, "nightly")
    assert words in str(caught.value)


def test_there_may_be_no_stack(cloudformation):
    cloudformation.stub.add_client_error("describe_stacks", "ValidationError", "Stack with id nightly does not exist", 400)
    assert stack_state(cloudformation, "nightly") is None


class TestChangeSets:
    def prepared(self, cloudformation, stack, **answer):
        kind = "CREATE" if stack is None or stack.status == "REVIEW_IN_PROGRESS" else "UPDATE"
        request = {
            "StackName": "nightly",
            "ChangeSetName": ANY,
            "ChangeSetType": kind,
            "TemplateURL": WANTED.url,
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [{"ParameterKey": "BundleKey", "ParameterValue": "k"}],
            "Tags": [{"Key": "team", "Value": "data"}],
            "ImportExistingResources": True,
        }
        cloudformation.stub.add_response("create_change_set", {"Id": SET, "StackId": ID}, request)
        cloudformation.stub.add_response("describe_change_set", answer, {"ChangeSetName": SET, "StackName": ID})

    def test_nothing_to_change_is_none_and_leaves_nothing(self, cloudformation):
        reason = "The submitted information didn't contain changes."
        self.prepared(cloudformation, state("CREATE_COMPLETE"), Status="FAILED", StatusReason=reason)
        cloudformation.stub.add_response("delete_change_set", {}, {"ChangeSetName": SET, "StackName": ID})
        assert prepare(cloudformation, state("CREATE_COMPLETE"), WANTED) is None

    def test_a_refused_first_one_names_all_findings_and_leaves_no_stack(self, cloudformation):
        self.prepared(cloudformation, None, Status="FAILED", StatusReason="Validation failed")
        finding = {
            "EventId": "1", "EventType": "VALIDATION_ERROR", "LogicalResourceId": "Bucket1", "ResourceType": "AWS::S3::Bucket",
            "ValidationName": "RESOURCE_NAME_CONFLICT", "ValidationStatusReason": "the bucket already exists",
        }  # fmt: skip
        cloudformation.stub.add_response("describe_events", {"OperationEvents": [finding]}, {"ChangeSetName": SET})
        cloudformation.stub.add_response("delete_change_set", {}, {"ChangeSetName": SET, "StackName": ID})
        cloudformation.stub.add_response("delete_stack", {}, {"StackName": ID})
        with pytest.raises(DeployError) as caught:
            prepare(cloudformation, None, WANTED)
        assert str(caught.value).splitlines() == [
            "CloudFormation refuses the change of 'nightly': Validation failed",
            f"  Bucket1 (S3::Bucket): the bucket already exists [RESOURCE_NAME_CONFLICT]{TAKEN}",
        ]

    def test_an_abandoned_stack_is_removed_first(self, cloudformation):
        abandoned = state("REVIEW_IN_PROGRESS")
        old = {"Summaries": [{"CreationTime": datetime.now(UTC) - timedelta(hours=1)}]}
        cloudformation.stub.add_response("list_change_sets", old, {"StackName": ID})
        cloudformation.stub.add_response("delete_stack", {}, {"StackName": ID})
        self.prepared(cloudformation, abandoned, Status="CREATE_COMPLETE", Changes=[])
        assert prepare(cloudformation, abandoned, WANTED).is_first

    @pytest.mark.parametrize(
        ("stack", "code", "message"),
        [
            (None, "AlreadyExistsException", "Stack [nightly] already exists"),
            (state("CREATE_COMPLETE"), "ValidationError", "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."),
        ],
    )
    def test_a_stack_that_another_person_changes_meanwhile(self, cloudformation, stack, code, message):
        cloudformation.stub.add_client_error("create_change_set", code, message, 400)
        with pytest.raises(DeployError) as caught:
            prepare(cloudformation, stack, WANTED)
        assert str(caught.value).startswith(
            "another deployment has begun to change the stack 'nightly': follow it with extract deploy up --follow, then run the"
        )

    def test_two_people_who_begin_at_once_do_not_meet(self, cloudformation):
        new = {"Summaries": [{"CreationTime": datetime.now(UTC) - timedelta(minutes=1)}]}
        cloudformation.stub.add_response("list_change_sets", new, {"StackName": ID})
        with pytest.raises(DeployError, match="another deployment is preparing the stack 'nightly'"):
            prepare(cloudformation, state("REVIEW_IN_PROGRESS"), WANTED)

    def test_a_change_that_another_one_has_overtaken_is_not_made(self, cloudformation):
        self.prepared(cloudformation, state("CREATE_COMPLETE"), Status="CREATE_COMPLETE", Changes=[])
        change_set = prepare(cloudformation, state("CREATE_COMPLETE"), WANTED)
        cloudformation.stub.add_client_error("execute_change_set", "InvalidChangeSetStatus", "is OBSOLETE", 400)
        with pytest.raises(DeployError, match="another deployment has changed the stack since this change was prepared"):
            execute(cloudformation, change_set)


@pytest.mark.parametrize("code", ["BucketAlreadyExists", "BucketAlreadyOwnedByYou"])
def test_a_bucket_that_is_not_adopted_says_how_to_use_it(cloudformation, code):
    cloudformation.stub.add_client_error("execute_change_set", code, "The requested bucket name is not available")
    cloudformation.stub.add_response("delete_change_set", {}, {"ChangeSetName": SET, "StackName": ID})
    cloudformation.stub.add_response("delete_stack", {}, {"StackName": ID})
    with pytest.raises(DeployError, match=r"^cannot begin the change: .*; the bucket exists and was not adopted\."):
        execute(cloudformation, ChangeSet(SET, ID, (), is_first=True))


@pytest.mark.parametrize(
    ("resource", "words", "loses"),
    [
        ({"Action": "Add"}, "create       Machine (StepFunctions::StateMachine)", False),
        ({"Action": "Modify", "Replacement": "False"}, "change       Machine (StepFunctions::StateMachine)", False),
        ({"Action": "Modify", "Replacement": "True"}, "replace      Machine (StepFunctions::StateMachine)", True),
        ({"Action": "Modify", "Replacement": "Conditional"}, "may replace  Machine (StepFunctions::StateMachine)", True),
        ({"Action": "Remove"}, "delete       Machine (StepFunctions::StateMachine)", True),
        ({"Action": "Remove", "PolicyAction": "Retain"}, "keep         Machine (StepFunctions::StateMachine)", False),
        ({"Action": "Import"}, "adopt        Machine (StepFunctions::StateMachine)", False),
    ],
)
def test_a_change_in_words(resource, words, loses):
    kind = {"LogicalResourceId": "Machine", "ResourceType": "AWS::StepFunctions::StateMachine"}
    change = change_of({"ResourceChange": {**kind, **resource}})
    assert (change.words, change.loses) == (words, loses)


def test_a_change_names_its_properties():
    details = [{"Target": {"Attribute": "Properties", "Name": "Code"}}, {"Target": {"Attribute": "Tags"}}]
    resource = {"Action": "Modify", "LogicalResourceId": "F", "ResourceType": "AWS::Lambda::Function", "Details": details}
    assert change_of({"ResourceChange": resource}).words == "change       F (Lambda::Function): Code, Tags"


class TestProgress:
    @staticmethod
    def event(number: int, logical_id: str, status: str, reason: str = "", kind: str = "AWS::S3::Bucket") -> dict:
        physical = ID if logical_id == "nightly" else logical_id.lower()
        event = {
            "StackId": ID, "StackName": "nightly", "EventId": str(number), "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical, "ResourceType": kind, "ResourceStatus": status,
            "Timestamp": BEGIN + timedelta(seconds=number),
        }  # fmt: skip
        return {**event, "ResourceStatusReason": reason} if reason else event

    def test_each_resource_is_told_once_with_its_seconds_and_the_first_cause_is_named(self, cloudformation):
        denied = "User: ann is not authorized to perform: s3:CreateBucket on resource: arn:aws:s3:::b"
        events = [
            self.event(1, "nightly", "CREATE_IN_PROGRESS"),
            self.event(2, "Bucket1", "CREATE_IN_PROGRESS"),
            self.event(3, "Bucket2", "CREATE_IN_PROGRESS"),
            self.event(5, "Bucket1", "CREATE_FAILED", denied),
            self.event(6, "Bucket2", "CREATE_FAILED", "Resource creation cancelled"),
            self.event(7, "nightly", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Bucket1]."),
        ]
        for known, status in ((3, "CREATE_IN_PROGRESS"), (6, "ROLLBACK_COMPLETE")):
            cloudformation.stub.add_response("describe_stacks", described(status), {"StackName": ID})
            answer = {"StackEvents": events[:known][::-1]}
            cloudformation.stub.add_response("describe_stack_events", answer, {"StackName": ID})
        lines: list[str] = []
        ended = follow(cloudformation, ID, lines.append, pause=lambda _: None)
        assert lines == [
            f"   3.0 s  create failed    Bucket1 (S3::Bucket): {denied}",
            "   3.0 s  create failed    Bucket2 (S3::Bucket): Resource creation cancelled",
            "rolling back: The following resource(s) failed to create: [Bucket1].",
        ]
        assert (ended.succeeded, [failure.logical_id for failure in ended.failures]) == (False, ["Bucket1"])
        assert str(ended.failures[0]).endswith('{"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "arn:aws:s3:::b"}')

    def test_without_a_failed_resource_the_findings_of_the_validation_are_the_cause(self, cloudformation):
        """Those of the newest operation."""
        events = [self.event(1, "nightly", "CREATE_IN_PROGRESS"), self.event(2, "nightly", "ROLLBACK_COMPLETE")]
        finding = {
            "EventType": "VALIDATION_ERROR", "LogicalResourceId": "Bucket1", "ResourceType": "AWS::S3::Bucket",
            "ValidationName": "NAME_CONFLICT_VALIDATION",
        }  # fmt: skip
        old = {**finding, "EventId": "1", "OperationId": "a", "Timestamp": BEGIN, "ValidationStatusReason": "old"}
        later = BEGIN + timedelta(hours=1)
        new = {**finding, "EventId": "2", "OperationId": "b", "Timestamp": later, "ValidationStatusReason": "It already exists."}
        cloudformation.stub.add_response("describe_stacks", described("ROLLBACK_COMPLETE"), {"StackName": ID})
        cloudformation.stub.add_response("describe_stack_events", {"StackEvents": events[::-1]}, {"StackName": ID})
        request = {"StackName": ID, "Filters": {"FailedEvents": True}}
        cloudformation.stub.add_response("describe_events", {"OperationEvents": [old, new]}, request)
        ended = follow(cloudformation, ID, lambda _: None, pause=lambda _: None)
        (failure,) = ended.failures
        assert str(failure).startswith("Bucket1 (S3::Bucket): It already exists. [NAME_CONFLICT_VALIDATION]; something else has")

    def test_a_lost_connection_is_tried_again_and_then_says_how_to_go_on(self, cloudformation):
        for _ in range(3):
            cloudformation.stub.add_client_error("describe_stacks", "Throttling", "Rate exceeded", 400)
        cloudformation.stub.add_client_error("describe_stacks", "ExpiredToken", "expired", 400)
        pauses: list[float] = []
        with pytest.raises(DeployError, match=r"the credentials have expired.*\n.*follow it with: extract deploy up --follow"):
            follow(cloudformation, ID, print, pause=pauses.append)
        assert pauses == [2, 2, 2]

    def test_events_of_earlier_operations_are_not_told(self, cloudformation):
        old = [self.event(1, "Bucket1", "CREATE_COMPLETE"), self.event(2, "nightly", "CREATE_COMPLETE")]
        new = [self.event(3, "nightly", "UPDATE_IN_PROGRESS"), self.event(4, "Machine", "UPDATE_COMPLETE")]
        cloudformation.stub.add_response("describe_stacks", described("UPDATE_COMPLETE"), {"StackName": ID})
        cloudformation.stub.add_response(
            "describe_stack_events", {"StackEvents": [*old, *new][::-1], "NextToken": "more"}, {"StackName": ID}
        )
        lines: list[str] = []
        assert follow(cloudformation, ID, lines.append, after="2").succeeded
        assert len(lines) == 1
        assert "Machine" in lines[0]
