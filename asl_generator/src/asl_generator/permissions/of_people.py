"""What a person or a program needs who runs the command `extract` against a deployed pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.permissions.granted import Granted, granted
from asl_generator.permissions.of_functions import MANIFEST, listing, of_messages
from extract_core.tracking.dynamodb.keys import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asl_generator.permissions.arns import Arns
    from extract_core.pipeline.model import Pipeline

OPERATOR: Final = "operator"
"""The role of whoever runs the command. The template does not make it: people have roles already."""


def of_operator(pipeline: Pipeline, arns: Arns) -> Iterator[Granted]:
    """The grants of `OPERATOR`, by command."""
    places = (pipeline.config_uri, pipeline.data_uri, pipeline.runs_uri)
    table = arns.table(pipeline.tracking)
    yield granted("extract run", "starts the machine", ("states:StartExecution",), arns.machine)
    yield granted("extract run", "stops an execution that is interrupted", ("states:StopExecution",), arns.executions)
    follow = ("states:DescribeExecution", "states:GetExecutionHistory")
    yield granted("extract run, watch", "follows an execution", follow, arns.executions)
    yield granted("extract watch", "reads what children did", ("states:GetExecutionHistory",), arns.children)
    yield granted("extract watch", "sees how far the Map is", ("states:DescribeMapRun", "states:ListExecutions"), arns.map_runs)
    yield granted("extract pace", "changes how many tables run at once", ("states:UpdateMapRun",), arns.map_runs)
    read = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
    yield granted("extract run, status, history", "reads tracking", read, table)
    index = arns.table(pipeline.tracking, INDEX)
    yield granted("extract runs, history", "reads earlier runs and attempts", ("dynamodb:Query",), index)
    yield granted("extract state, reconcile", "changes tracking", ("dynamodb:PutItem", "dynamodb:UpdateItem"), table)
    if pipeline.pools:
        yield granted("extract reconcile", "frees slots of dead executions", ("dynamodb:DeleteItem",), table)
        yield granted("extract reconcile", "sees whether holders are alive", ("states:DescribeExecution",), arns.children)
    objects = map(arns.objects, places)
    yield granted("extract plan, status, data", "reads configs, plans, results and manifests", ("s3:GetObject",), *objects)
    yield from listing("extract plan, status, data", "lists what is there, and sees what is missing", arns, *places)
    yield granted("extract clean", "removes files that no read needs", ("s3:DeleteObject",), arns.objects(pipeline.data_uri))
    written = (arns.objects(pipeline.runs_uri), arns.objects(pipeline.data_uri, MANIFEST))
    yield granted("extract run, reconcile", "writes what the end of a run lacks", ("s3:PutObject",), *written)
    yield from of_messages("extract reconcile, status", pipeline, arns)
    if key := pipeline.deploy.kms_key:
        via = {"StringEquals": {"kms:ViaService": arns.host("s3")}}
        use = ("kms:Decrypt", "kms:GenerateDataKey")
        yield granted("extract run, status, data", "reads and writes objects that the key encrypts", use, key, condition=via)
