"""What the core's Lambda functions need in their roles: objects, the tracking table, executions, logs.

The modules that make the calls are named in each reason. Facts about S3: a missing object is "not found" only for a caller that
may list the bucket, else "access denied" (API reference, GetObject); such a request has no ``s3:prefix``, so the condition on the
prefix is one "if exists".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from asl_generator.machine.core_states import (
    CONFIG_MANAGER_FUNCTION,
    RECONCILE_FUNCTION,
    STATUS_FUNCTION,
    SUMMARY_FUNCTION,
    TAKE_SLOT_FUNCTION,
)
from asl_generator.permissions.granted import Granted, granted
from extract_core.plan.places import ITEMS_NAME, NOTICE_NAME, s3_place
from extract_core.tracking.dynamodb.keys import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asl_generator.permissions.arns import Arns
    from extract_core.pipeline.deploy import DeployOptions
    from extract_core.pipeline.model import Pipeline

FUNCTIONS: Final = (CONFIG_MANAGER_FUNCTION, STATUS_FUNCTION, SUMMARY_FUNCTION, RECONCILE_FUNCTION)
"""The core's functions."""
NOTIFYING: Final = (CONFIG_MANAGER_FUNCTION, SUMMARY_FUNCTION, RECONCILE_FUNCTION)
"""Those that can end a run, and send the messages about it."""
MANIFEST: Final = "*/_committed/*"
"""The entries of tables' manifests, below the place of the data."""
_PLAN: Final = "*/plan.jsonl"
_RESULTS: Final = "*/results/*"
_TRACKING: Final = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem")


def of_function(function: str, pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    """The grants of one of `FUNCTIONS`, without those that job types add."""
    me = f"function {function!r}"
    needs = partial(granted, me)
    own = {
        CONFIG_MANAGER_FUNCTION: _config_manager,
        STATUS_FUNCTION: _status_handler,
        SUMMARY_FUNCTION: _end_of_run,
        RECONCILE_FUNCTION: _reconcile,
    }[function]
    yield from own(me, pipeline, arns)
    manifests = arns.objects(pipeline.data_uri, MANIFEST)
    yield needs("reads and checks the tables' manifests (status.manifest)", ("s3:GetObject",), manifests)
    yield needs("writes what a table's manifest lacks (status.manifest)", ("s3:PutObject",), manifests)
    yield from of_every_function(function, arns, pipeline.deploy)
    if pipeline.deploy.event_bus and function != STATUS_FUNCTION:
        bus = pipeline.deploy.event_bus
        bus = bus if bus.startswith("arn:") else arns.of("events", f"event-bus/{bus}")
        yield needs("announces the end of a run (runs.announce)", ("events:PutEvents",), bus)
    if function in NOTIFYING:
        yield from of_messages(me, pipeline, arns)
    if key := pipeline.deploy.kms_key:
        via = {"StringEquals": {"kms:ViaService": arns.host("s3")}}
        use = ("kms:Decrypt", "kms:GenerateDataKey")
        yield needs("reads and writes objects that the key encrypts", use, key, condition=via)


def of_messages(me: str, pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    """The grants of whoever sends the messages of [notify]."""
    if topic := pipeline.notify.topic:
        yield granted(me, "sends messages about failed runs (runs.notify)", ("sns:Publish",), topic)
    if secret := pipeline.notify.webhook_secret:
        arn = arns.of("secretsmanager", f"secret:{secret}-??????")
        yield granted(me, "reads the address of the webhook (runs.notify)", ("secretsmanager:GetSecretValue",), arn)


def of_slots(pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    """The grants of the function that takes slots of pools."""
    needs = partial(granted, f"function {TAKE_SLOT_FUNCTION!r}")
    use = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query")
    yield needs("takes slots, and frees those of dead executions (tracking)", use, arns.table(pipeline.tracking))
    alive = "sees whether the holder of a slot is alive (aws.client)"
    yield needs(alive, ("states:DescribeExecution",), arns.executions, arns.children)
    yield from of_every_function(TAKE_SLOT_FUNCTION, arns, pipeline.deploy)


def _config_manager(me: str, pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    needs = partial(granted, me)
    config, data, runs = pipeline.config_uri, pipeline.data_uri, pipeline.runs_uri
    yield needs("reads the config of the source (config.find)", ("s3:GetObject",), arns.objects(config))
    yield from listing(me, "looks for configs, plans and manifests, and sees which are missing", arns, config, data, read=[runs])
    yield needs("reads the plan of a run that is repeated (plan.plan_file)", ("s3:GetObject",), arns.objects(runs, _PLAN))
    written = (arns.objects(runs, name) for name in (_PLAN, f"*/{ITEMS_NAME}", _RESULTS))
    yield needs("writes plan, items and long arguments (plan.plan_file)", ("s3:PutObject",), *written)
    if pipeline.notify:
        sent = arns.objects(runs, f"*/{NOTICE_NAME}")
        yield needs("notes that the message about a refused run is on its way (runs.notify)", ("s3:PutObject",), sent)
    large = (arns.objects(runs, name) for name in (_PLAN, f"*/{ITEMS_NAME}"))
    yield needs("gives up a large upload that broke off (objects.s3_parts)", ("s3:AbortMultipartUpload",), *large)
    yield from _tracking(me, "takes the tables of the run (tracking)", pipeline, arns)
    alive = "sees whether the run that holds a table is alive (aws.client)"
    yield needs(alive, ("states:DescribeExecution",), arns.executions)


def _status_handler(me: str, pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    needs = partial(granted, me)
    data, runs = pipeline.data_uri, pipeline.runs_uri
    read = (arns.objects(runs, name) for name in (_PLAN, _RESULTS))
    yield needs("reads the table's plan line and the job's result (status)", ("s3:GetObject",), *read)
    written = (arns.objects(runs, name) for name in ("*/messages/*", _RESULTS))
    yield needs("writes long messages, and arguments of a next attempt (status)", ("s3:PutObject",), *written)
    yield from listing(me, "compares the files of a result with those that are there (status)", arns, data, read=[runs])
    actions = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem")
    yield from _tracking(me, "records the end of the attempt (tracking)", pipeline, arns, actions)


def _end_of_run(me: str, pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    needs = partial(granted, me)
    data, runs = pipeline.data_uri, pipeline.runs_uri
    read = (arns.objects(runs, name) for name in (_PLAN, _RESULTS))
    yield needs("reads plan and results of the run (runs)", ("s3:GetObject",), *read)
    yield needs("writes long messages and the reports of the run (runs.publish)", ("s3:PutObject",), arns.objects(runs))
    yield from listing(me, "looks for plans, results and manifests, and sees which are missing", arns, data, read=[runs])
    yield from _tracking(me, "closes the run (tracking)", pipeline, arns)
    history = "reads what the execution and its children started (aws.follow)"
    yield needs(history, ("states:GetExecutionHistory",), arns.executions, arns.children)
    yield needs("finds the children that have ended (aws.map_runs)", ("states:ListExecutions",), arns.map_runs)


def _reconcile(me: str, pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    yield from _end_of_run(me, pipeline, arns)
    alive = "sees whether the execution that has ended was redriven (aws.client)"
    yield granted(me, alive, ("states:DescribeExecution",), arns.executions)
    late = "stops an execution that was redriven after its run was closed (aws.redriven)"
    yield granted(me, late, ("states:StopExecution",), arns.executions)


def _tracking(me: str, reason: str, pipeline: Pipeline, arns: Arns, actions: Sequence[str] = _TRACKING) -> Iterator[Granted]:
    table = arns.table(pipeline.tracking)
    yield granted(me, reason, actions, table)
    if "dynamodb:Query" in actions:
        yield granted(me, "reads earlier runs (tracking)", ("dynamodb:Query",), arns.table(pipeline.tracking, INDEX))
    if pipeline.pools:
        yield granted(me, "gives slots of pools back (tracking)", ("dynamodb:DeleteItem",), table)


def listing(needed_by: str, reason: str, arns: Arns, *listed: str, read: Sequence[str] = ()) -> Iterator[Granted]:
    """The right to list these places, which also makes S3 report a missing object as such: a grant per bucket.

    In places of `read`, objects are read and nothing is listed. Their bucket needs the right too; a list of another place is
    refused there.
    """
    for bucket in sorted({arns.bucket(uri) for uri in (*listed, *read)}):
        here = [uri for uri in listed if arns.bucket(uri) == bucket] or [uri for uri in read if arns.bucket(uri) == bucket]
        prefixes = sorted({f"{s3_place(uri)[1]}*" for uri in here})
        condition = {"StringLikeIfExists": {"s3:prefix": list(prefixes)}}
        yield granted(needed_by, reason, ("s3:ListBucket",), bucket, condition=condition)


def of_every_function(function: str, arns: Arns, options: DeployOptions) -> Iterator[Granted]:
    """What the Lambda service needs in the role of each function: its log, and network interfaces in a VPC.

    Source: Lambda guide, "Execution role" and "Giving Lambda functions access to resources in an Amazon VPC".
    """
    needs = partial(granted, f"function {function!r}")
    streams = arns.of("logs", f"log-group:/aws/lambda/{arns.name}-{function}:log-stream:*")
    yield needs("writes its log", ("logs:CreateLogStream", "logs:PutLogEvents"), streams)
    if options.subnets:
        interfaces = arns.of("ec2", "network-interface/*")
        reason = "Lambda gives it a network interface in the VPC"
        yield needs(reason, ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"), "*")
        place = [arns.of("ec2", f"subnet/{subnet}") for subnet in options.subnets]
        place += [arns.of("ec2", f"security-group/{group}") for group in options.security_groups]
        yield needs(reason, ("ec2:CreateNetworkInterface",), interfaces, *place)
        rest = ("ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses")
        yield needs(reason, rest, interfaces)
