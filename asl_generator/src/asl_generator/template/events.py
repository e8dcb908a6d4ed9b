"""What starts the machine and what follows its end, in the template: schedules, the reconcile rule, alarms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from asl_generator.machine.core_states import RECONCILE_FUNCTION
from asl_generator.permissions import SCHEDULER
from asl_generator.template.functions import function_id
from asl_generator.template.machine import ALIAS, MACHINE
from asl_generator.template.resources import attribute, ref, resource, role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asl_generator.permissions import Granted
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline

_RULE: Final = "ReconcileRule"
_QUEUE: Final = "ReconcileDeadLetters"
_TOPIC: Final = "AlarmTopic"
_STATUSES: Final = ("ABORTED", "FAILED", "RUNNING", "TIMED_OUT")
"""The statuses of executions that ended from outside, and that run: reconcile stops one that was redriven after its run was
closed."""


def event_resources(pipeline: Pipeline, roles: Mapping[str, Sequence[Granted]]) -> dict[str, Json]:
    """The schedules, and the parts `reconcile` and `alarms`, if the stack makes them."""
    managed = pipeline.deploy.managed
    return {
        **(_schedules(pipeline, roles[SCHEDULER]) if pipeline.schedules else {}),
        **(_reconcile(pipeline) if "reconcile" in managed else {}),
        **(_alarms(pipeline) if "alarms" in managed else {}),
    }


def _schedules(pipeline: Pipeline, grants: Sequence[Granted]) -> dict[str, Json]:
    """Each starts the machine with its event. EventBridge Scheduler may start twice: the leases of the tables allow one run."""
    only_here: dict[str, Json] = {"StringEquals": {"aws:SourceAccount": pipeline.account}}
    made: dict[str, Json] = dict(role("SchedulerRole", "scheduler.amazonaws.com", grants, only_here))
    for name, schedule in sorted(pipeline.schedules.items()):
        target: dict[str, Json] = {
            "Arn": ref(ALIAS if "alias" in pipeline.deploy.managed else MACHINE),
            "RoleArn": attribute("SchedulerRole", "Arn"),
            "Input": json.dumps(schedule.event, ensure_ascii=False, sort_keys=True),
            "RetryPolicy": {"MaximumEventAgeInSeconds": 3_600, "MaximumRetryAttempts": 10},
        }
        properties: dict[str, Json] = {
            "Name": f"{pipeline.name}-{name}",
            "ScheduleExpression": schedule.when,
            "ScheduleExpressionTimezone": schedule.timezone,
            "State": "ENABLED" if schedule.enabled else "DISABLED",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        }
        made[f"Schedule{_id(name)}"] = resource("AWS::Scheduler::Schedule", properties, after=["SchedulerRolePolicy"])
    return made


def _id(name: str) -> str:
    """A part of a logical id. Two schedules whose names differ only in hyphens have different ids."""
    return name.replace("-", "Dash")


def _reconcile(pipeline: Pipeline) -> dict[str, Json]:
    """The rule for executions that ended from outside or run again.

    It names exactly this machine, since a prefix would let its children in.
    """
    function = function_id(RECONCILE_FUNCTION)
    own = f"arn:{pipeline.partition}:states:{pipeline.region}:{pipeline.account}:stateMachine:{pipeline.name}"
    target: dict[str, Json] = {
        "Id": RECONCILE_FUNCTION,
        "Arn": attribute(function, "Arn"),
        "DeadLetterConfig": {"Arn": attribute(_QUEUE, "Arn")},
        "RetryPolicy": {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185},
    }
    rule: dict[str, Json] = {
        "Name": f"{pipeline.name}-reconcile",
        "Description": "Executions that ended without their own summary, or were redriven after it",
        "EventPattern": {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": [*_STATUSES], "stateMachineArn": [own]},
        },
        "Targets": [target],
    }
    permission: dict[str, Json] = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": ref(function),
        "Principal": "events.amazonaws.com",
        "SourceArn": attribute(_RULE, "Arn"),
        "SourceAccount": pipeline.account,
    }
    send: dict[str, Json] = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attribute(_QUEUE, "Arn"),
        "Condition": {"ArnEquals": {"aws:SourceArn": attribute(_RULE, "Arn")}},
    }
    policy: dict[str, Json] = {
        "Queues": [ref(_QUEUE)],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [send]},
    }
    queue: dict[str, Json] = {"MessageRetentionPeriod": 1_209_600, "SqsManagedSseEnabled": True}
    return {
        _QUEUE: resource("AWS::SQS::Queue", queue),
        f"{_QUEUE}Policy": resource("AWS::SQS::QueuePolicy", policy),
        _RULE: resource("AWS::Events::Rule", rule),
        "ReconcilePermission": resource("AWS::Lambda::Permission", permission),
    }


def _alarms(pipeline: Pipeline) -> dict[str, Json]:
    """A topic, and an alarm for each way in which a run ends badly or its end is not recorded."""
    topic: dict[str, Json] = {"TopicName": f"{pipeline.name}-alarms"}
    if pipeline.deploy.alarm_email:
        topic["Subscription"] = [{"Protocol": "email", "Endpoint": pipeline.deploy.alarm_email}]
    of_machine: Json = [{"Name": "StateMachineArn", "Value": ref(MACHINE)}]
    made: dict[str, Json] = {_TOPIC: resource("AWS::SNS::Topic", topic)}
    for status, words in (("Failed", "failed"), ("TimedOut", "timed out"), ("Aborted", "was stopped")):
        made[f"Runs{status}Alarm"] = _alarm(
            f"A run of {pipeline.name} {words}", "AWS/States", f"Executions{status}", of_machine, "Sum"
        )
    of_function: Json = [{"Name": "FunctionName", "Value": ref(function_id(RECONCILE_FUNCTION))}]
    made["ReconcileErrorsAlarm"] = _alarm(
        f"Reconcile of {pipeline.name} failed: see its log", "AWS/Lambda", "Errors", of_function, "Sum"
    )
    if "reconcile" in pipeline.deploy.managed:
        of_queue: Json = [{"Name": "QueueName", "Value": attribute(_QUEUE, "QueueName")}]
        made["ReconcileDeadLettersAlarm"] = _alarm(
            f"Reconcile of {pipeline.name} was not called: see the queue",
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", of_queue, "Maximum",
        )  # fmt: skip
    return made


def _alarm(words: str, namespace: str, metric: str, dimensions: Json, statistic: str) -> dict[str, Json]:
    properties: dict[str, Json] = {
        "AlarmDescription": words,
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": dimensions,
        "Statistic": statistic,
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [ref(_TOPIC)],
    }
    return resource("AWS::CloudWatch::Alarm", properties)
