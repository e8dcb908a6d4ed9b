"""A CDK app that deploys what `extract deploy export DIR` wrote: `cdk deploy --app "python app.py DIR"`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

if TYPE_CHECKING:
    from constructs import Construct


class Pipeline(cdk.Stack):
    """The stack of one exported pipeline. Buckets and the resources of job types are yours, as extract.toml names them."""

    def __init__(self, scope: Construct, folder: Path) -> None:
        self.folder = folder
        self.parameters: dict[str, Any] = json.loads((folder / "parameters.json").read_text(encoding="utf-8"))
        place = cdk.Environment(account=self.parameters["account"], region=self.parameters["region"])
        super().__init__(scope, self.parameters["name"], env=place, tags=self.parameters["tags"] or None)
        functions = {name: self._function(name, of) for name, of in self.parameters["functions"].items()}
        machine = self._machine()
        self._reconcile(functions["reconcile"], machine)
        self._table()
        self._schedules(machine)

    def _role(self, name: str, service: str, policy: str) -> tuple[iam.Role, iam.Policy]:
        only_here = {"StringEquals": {"aws:SourceAccount": self.account}} if service != "lambda.amazonaws.com" else {}
        role = iam.Role(self, f"{name}-role", assumed_by=iam.ServicePrincipal(service, conditions=only_here))
        document = iam.PolicyDocument.from_json(json.loads((self.folder / policy).read_text(encoding="utf-8")))
        return role, iam.Policy(self, f"{name}-policy", document=document, roles=[role])

    def _logs(self, name: str, group: str) -> logs.LogGroup:
        days = self.parameters["log_retention_days"]
        made = logs.CfnLogGroup(self, f"{name}-logs", log_group_name=group, retention_in_days=days)
        return logs.LogGroup.from_log_group_arn(self, f"{name}-log-group", made.attr_arn)

    def _function(self, name: str, of: dict[str, Any]) -> lambda_.Function:
        role, policy = self._role(name, "lambda.amazonaws.com", of["policy"])
        arm = of["architecture"] == "arm64"
        function = lambda_.Function(
            self,
            name,
            function_name=of["name"],
            runtime=lambda_.Runtime(of["runtime"], lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
            handler=of["handler"],
            code=lambda_.Code.from_asset(str(self.folder / self.parameters["bundle"]["file"])),
            memory_size=of["memory_mb"],
            timeout=cdk.Duration.seconds(of["timeout_seconds"]),
            environment=of["environment"],
            role=role,
            log_group=self._logs(name, of["log_group"]),
        )
        function.node.add_dependency(policy)
        return function

    def _machine(self) -> sfn.CfnStateMachine:
        of = self.parameters["state_machine"]
        role, policy = self._role("state-machine", "states.amazonaws.com", of["policy"])
        group = logs.CfnLogGroup(
            self,
            "state-machine-logs",
            log_group_name=of["log_group"],
            retention_in_days=self.parameters["log_retention_days"],
        )
        machine = sfn.CfnStateMachine(
            self,
            "state-machine",
            state_machine_name=of["name"],
            state_machine_type="STANDARD",
            definition_string=(self.folder / of["definition"]).read_text(encoding="utf-8"),
            role_arn=role.role_arn,
            tracing_configuration={"enabled": of["tracing"]},
            logging_configuration={
                "level": "ERROR",
                "includeExecutionData": False,
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group.attr_arn}}],
            },
        )
        machine.node.add_dependency(policy)  # Step Functions refuses a machine whose role may not do what it does
        return machine

    def _reconcile(self, function: lambda_.Function, machine: sfn.CfnStateMachine) -> None:
        pattern = events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={"status": ["ABORTED", "FAILED", "RUNNING", "TIMED_OUT"], "stateMachineArn": [machine.ref]},
        )
        dead = sqs.Queue(self, "reconcile-failed", retention_period=cdk.Duration.days(14), enforce_ssl=True)
        target = targets.LambdaFunction(function, dead_letter_queue=dead)
        events.Rule(self, "reconcile-rule", event_pattern=pattern, targets=[target])

    def _table(self) -> None:
        table = self.parameters["tracking_table"]
        if table is not None:
            more = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}, "DeletionProtectionEnabled": True}
            made = cdk.CfnResource(self, "tracking", type="AWS::DynamoDB::Table", properties={**table, **more})
            made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    def _schedules(self, machine: sfn.CfnStateMachine) -> None:
        if not self.parameters["schedules"]:
            return
        role, policy = self._role("scheduler", "scheduler.amazonaws.com", "policies/scheduler.json")
        for name, of in self.parameters["schedules"].items():
            made = scheduler.CfnSchedule(
                self,
                f"schedule-{name}",
                name=f"{self.parameters['name']}-{name}",
                flexible_time_window={"mode": "OFF"},
                schedule_expression=of["when"],
                schedule_expression_timezone=of["timezone"],
                state="ENABLED" if of["enabled"] else "DISABLED",
                target={"arn": machine.ref, "roleArn": role.role_arn, "input": json.dumps(of["event"])},
            )
            made.node.add_dependency(policy)


if __name__ == "__main__":
    app = cdk.App()
    Pipeline(app, Path(sys.argv[1]))
    app.synth()
