"""The template as a document: its bytes, its size, what cfn-lint says of it, and the traps that a deployment falls into."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from cfnlint.api import ManualArgs, lint

from asl_generator.errors import GeneratorError
from asl_generator.template.assemble import MOST, MOST_INLINE, check_size
from asl_generator.template.text import as_json, as_yaml
from extract_core.errors import ConfigError, UsageError
from extract_core.pipeline.notify import NotifyOptions

from .conftest import ALL, PLACES, THREE


def of_type(template, kind: str) -> dict[str, dict]:
    return {name: body["Properties"] for name, body in template["Resources"].items() if body["Type"] == kind}


@pytest.mark.parametrize("sections", [THREE, ALL], ids=["existing", "managed"])
def test_cfn_lint_has_no_finding(template, sections):
    matches = lint(as_json(template(sections)), config=ManualArgs(regions=["eu-central-1"]))
    assert [f"{match.rule.id} {match.path}: {match.message}" for match in matches] == []


def test_three_job_types_fit_into_a_request(template):
    assert len(as_json(template()).encode()) < MOST_INLINE
    assert len(as_yaml(template()).encode()) < MOST_INLINE


def test_json_and_yaml_hold_the_same_and_the_same_bytes_each_time(template):
    assert yaml.load(as_yaml(template(ALL)), yaml.CSafeLoader) == json.loads(as_json(template(ALL)))
    assert as_json(template(ALL)) == as_json(template(ALL))


def test_a_template_over_the_limit_of_cloudformation_is_refused():
    check_size("x" * MOST)
    with pytest.raises(GeneratorError, match="the template has 1,000,001 bytes, but CloudFormation allows 1,000,000: use fewer"):
        check_size("x" * (MOST + 1))


class TestTraps:
    """Each has stopped a deployment of somebody: docs of the modules in asl_generator/template say where."""

    def test_every_policy_is_there_before_what_needs_it(self, template):
        resources = template(ALL)["Resources"]
        assert resources["Machine"]["DependsOn"] == ["MachineRolePolicy"]
        assert resources["ConfigManagerFunction"]["DependsOn"] == ["ConfigManagerFunctionRolePolicy"]
        assert resources["Schedulesales"]["DependsOn"] == ["SchedulerRolePolicy"]
        assert resources["GlueJob"]["DependsOn"] == ["GlueRolePolicy"]

    def test_the_machines_log_group_is_one_of_vended_logs(self, template):
        assert of_type(template(), "AWS::Logs::LogGroup")["MachineLogs"] == {
            "LogGroupName": "/aws/vendedlogs/states/nightly",
            "RetentionInDays": 90,
        }

    def test_the_definition_is_whole(self, template):
        machine = of_type(template(), "AWS::StepFunctions::StateMachine")["Machine"]
        assert "DefinitionSubstitutions" not in machine
        assert json.loads(machine["DefinitionString"])["StartAt"] == "Extract Config Manager"

    def test_values_that_aws_chooses_are_functions(self, template):
        machine = of_type(template(ALL), "AWS::StepFunctions::StateMachine")["Machine"]
        text = machine["DefinitionString"]["Fn::Sub"]
        assert set(re.findall(r"\$\{[^}]+\}", text)) == {
            *("${EMRServerlessApplication}", "${EMRServerlessRole.Arn}", "${ECSTaskRole.Arn}", "${ECSExecutionRole.Arn}"),
        }
        policy = json.dumps(template(ALL)["Resources"]["MachineRolePolicy"])
        assert '{"Fn::Sub": "${EMRServerlessRole.Arn}"}' in policy
        assert "applications/${EMRServerlessApplication}" in policy

    def test_no_policy_names_the_machine_by_reference(self, template):
        for name, properties in of_type(template(ALL), "AWS::IAM::Policy").items():
            assert '"Machine"' not in json.dumps(properties), name

    def test_what_holds_data_stays(self, template):
        retained = {name for name, body in template(ALL)["Resources"].items() if body.get("DeletionPolicy") == "Retain"}
        assert retained == {"Bucket1", "Bucket1Policy", "Bucket2", "Bucket2Policy", "MachineVersion", "TrackingTable"}
        assert {body["UpdateReplacePolicy"] for body in template(ALL)["Resources"].values() if "DeletionPolicy" in body} == {
            "Retain"
        }

    def test_the_table_has_what_the_tracking_store_needs(self, template):
        table = of_type(template(), "AWS::DynamoDB::Table")["TrackingTable"]
        assert table["TimeToLiveSpecification"] == {"Enabled": True, "AttributeName": "expires_at"}
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert (table["DeletionProtectionEnabled"], table["BillingMode"]) == (True, "PAY_PER_REQUEST")
        assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "history"

    def test_a_lifecycle_never_deletes_an_object_in_use(self, template):
        for bucket in of_type(template(ALL), "AWS::S3::Bucket").values():
            rules = bucket["LifecycleConfiguration"]["Rules"]
            actions = {key for rule in rules for key in rule} - {"Id", "Status"}
            assert actions <= {"AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"}
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}

    def test_the_rule_names_this_machine_and_nothing_of_its_children(self, template):
        [rule] = of_type(template(), "AWS::Events::Rule").values()
        assert rule["EventPattern"]["detail"]["stateMachineArn"] == [
            "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"
        ]
        assert rule["EventPattern"]["detail"]["status"] == ["ABORTED", "FAILED", "RUNNING", "TIMED_OUT"]
        assert rule["Targets"][0]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["ReconcileDeadLetters", "Arn"]}}
        [permission] = of_type(template(), "AWS::Lambda::Permission").values()
        assert permission["SourceArn"] == {"Fn::GetAtt": ["ReconcileRule", "Arn"]}

    def test_functions_run_the_zip_whose_name_changes_with_its_content(self, template):
        functions = of_type(template(), "AWS::Lambda::Function")
        assert {of["FunctionName"] for of in functions.values()} == {
            *("nightly-config-manager", "nightly-job-run-status", "nightly-run-summary", "nightly-reconcile"),
        }
        for function in functions.values():
            assert function["Code"] == {"S3Bucket": {"Ref": "ArtifactsBucket"}, "S3Key": {"Ref": "BundleKey"}}
            assert (function["Architectures"], function["Runtime"]) == (["arm64"], "python3.13")

    def test_a_pipeline_with_pools_has_one_function_more(self, template):
        functions = of_type(template(f"[pools]\ndb = 8\n{THREE}"), "AWS::Lambda::Function")
        assert len(functions) == 5
        assert functions["TakeSlotFunction"]["Handler"] == "extract_core.lambdas.take_slot.handler"

    @pytest.mark.parametrize("sections", [THREE, ALL, "[pools]\nsales = 8\n" + THREE], ids=["existing", "managed", "pools"])
    def test_every_function_that_the_machine_invokes_is_there(self, template, sections):
        made = template(sections)
        machine = of_type(made, "AWS::StepFunctions::StateMachine")["Machine"]
        invoked = set(re.findall(r"function:([A-Za-z0-9_-]+)", json.dumps(machine["DefinitionString"])))
        functions = {of["FunctionName"] for of in of_type(made, "AWS::Lambda::Function").values()}
        assert invoked | {"nightly-reconcile"} == functions

    def test_each_function_has_a_role_of_its_own(self, template):
        roles = [of["Role"]["Fn::GetAtt"][0] for of in of_type(template(ALL), "AWS::Lambda::Function").values()]
        assert len(set(roles)) == len(roles) == 4

    def test_a_boundary_bounds_every_role(self, template):
        roles = of_type(template(ALL), "AWS::IAM::Role")
        assert {of["PermissionsBoundary"] for of in roles.values()} == {"arn:aws:iam::123456789012:policy/edge"}
        assert {"GlueRole", "ECSTaskRole", "BatchJobRole", "MachineRole", "SchedulerRole"} <= roles.keys()

    def test_a_star_is_written_only_for_actions_without_a_resource(self, template):
        without = set()
        for policy in of_type(template(ALL), "AWS::IAM::Policy").values():
            for statement in policy["PolicyDocument"]["Statement"]:
                if "*" in statement["Resource"]:
                    without |= set(statement["Action"])
        services = {action.partition(":")[0] for action in without}
        assert services == {"logs", "xray", "ec2", "ecr", "ecs", "batch"}
        assert {action for action in without if action.startswith(("ecr", "ecs", "batch"))} == {
            *("ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "batch:DescribeJobs"),
        }


class TestParts:
    def test_the_application_has_the_python_and_the_drivers_of_the_job(self, template):
        application = template(ALL)["Resources"]["EMRServerlessApplication"]["Properties"]
        (defaults,) = application["RuntimeConfiguration"]
        assert defaults["Classification"] == "spark-defaults"
        assert defaults["Properties"]["spark.archives"] == "s3://acme-scripts/environment.tar.gz#environment"
        assert defaults["Properties"]["spark.executorEnv.PYSPARK_PYTHON"] == "./environment/bin/python"
        assert defaults["Properties"]["spark.jars"] == "s3://acme-scripts/postgresql.jar"

    def test_managed_chooses_what_the_stack_makes(self, template):
        made = template("[deploy]\nmanaged = []\n" + THREE)["Resources"]
        assert {body["Type"].split("::")[1] for body in made.values()} == {"IAM", "Lambda", "Logs", "StepFunctions"}
        assert "MachineAlias" not in made

    def test_a_bucket_that_holds_the_artifacts_is_not_made(self, template):
        options = '[deploy]\nartifacts_uri = "s3://acme-extract/artifacts/"\nmanaged = ["buckets"]\n'
        buckets = of_type(template(options + THREE), "AWS::S3::Bucket")
        assert [of["BucketName"] for of in buckets.values()] == ["acme-lake"]

    def test_a_schedule_starts_the_alias_with_its_event(self, template):
        [schedule] = of_type(template(ALL), "AWS::Scheduler::Schedule").values()
        assert schedule["Target"]["Arn"] == {"Ref": "MachineAlias"}
        assert json.loads(schedule["Target"]["Input"]) == {"source": "sales", "tables": "*"}


class TestFaults:
    def test_an_event_of_a_schedule_is_checked(self, template):
        schedule = '[schedules.sales]\nwhen = "rate(1 day)"\nevent = {source = "sales", tabels = "*"}\n'
        with pytest.raises(ConfigError, match=r"extract.toml:\d+:1: schedules.sales.event: the event is wrong: 'tabels' is not"):
            template(schedule + THREE)

    def test_a_stack_without_an_account_is_refused(self, tmp_path, template, monkeypatch):
        monkeypatch.setattr(f"{template.__module__}.PLACES", PLACES.replace("123456789012", "000000000000"), raising=False)
        with pytest.raises(ConfigError, match="write the account that the stack is for"):
            template()

    def test_a_table_in_another_region_is_not_made_here(self, monkeypatch, template):
        elsewhere = PLACES.replace('"dynamodb://nightly"', '"dynamodb://nightly?region=eu-west-1"')
        monkeypatch.setattr(f"{template.__module__}.PLACES", elsewhere, raising=False)
        with pytest.raises(ConfigError, match="the table is in another region than the stack"):
            template()

    def test_places_of_this_machine_are_refused(self, monkeypatch, template):
        monkeypatch.setattr(f"{template.__module__}.PLACES", '[pipeline]\naccount = "123456789012"\n', raising=False)
        with pytest.raises(UsageError, match="config_uri"):
            template()


def test_only_functions_that_end_a_run_get_the_receivers_of_messages(template):
    functions = of_type(template(ALL), "AWS::Lambda::Function")
    notify = {name: of["Environment"]["Variables"].get("EXTRACT_NOTIFY") for name, of in functions.items()}
    assert {name for name, text in notify.items() if text} == {"ConfigManagerFunction", "RunSummaryFunction", "ReconcileFunction"}
    assert NotifyOptions(**json.loads(notify["ReconcileFunction"])) == NotifyOptions(
        topic="arn:aws:sns:eu-central-1:123456789012:failures", webhook_secret="extract/slack", template={"text": "$text"}
    )
