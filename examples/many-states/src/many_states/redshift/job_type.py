"""The job type redshift: a Lambda function starts the statement; a Wait, a second function and a Choice poll it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, LambdaFunction, Retry, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, Outcome, TableRun, Target
    from many_states.redshift.models import RedshiftDeployment, RedshiftSettings

START: Final = "redshift-start"
ASK: Final = "redshift-ask"
POLL_SECONDS: Final = 20

_LAMBDA_IS_BUSY: Final = [
    "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException",
    "Lambda.TooManyRequestsException",
]  # fmt: skip
"""A repeated question does no harm: all errors of Lambda are retried (Step Functions guide, "Handle transient exceptions")."""


class Redshift(JobType["RedshiftSettings", "RedshiftDeployment"]):
    """Amazon Redshift: UNLOAD by the Data API."""

    name: ClassVar[str] = "redshift"
    title: ClassVar[str] = "Redshift"
    api_version: ClassVar[int] = 1
    requires_contract: ClassVar[str] = "1.2"
    unread_arguments = ("job_arguments",)  # a query: no program reads them

    def settings(self) -> type[RedshiftSettings]:
        """One table's settings."""
        from many_states.redshift.models import RedshiftSettings

        return RedshiftSettings

    def deployment(self) -> type[RedshiftDeployment]:
        """``[job_types.redshift]``."""
        from many_states.redshift.models import RedshiftDeployment

        return RedshiftDeployment

    def branch(self, target: Target[RedshiftDeployment]) -> Branch:
        """Start, then wait and poll until the statement has ended or the function reports TIMED_OUT.

        From the first answer on, `$.job_result` has id, state and began, so `stop` can find the statement at any time.
        """
        start, wait, ask, ended = start_state(self.title), "Redshift Wait", "Redshift Ask For Job", "Redshift Has Job Ended?"
        invoke: dict[str, Json] = {"Type": "Task", "Resource": f"arn:{target.partition}:states:::lambda:invoke"}
        answer: dict[str, Json] = {"ResultSelector": {"job.$": "$.Payload"}, "ResultPath": "$.job_result", "Next": ended}
        states: dict[str, Mapping[str, Json]] = {
            start: {
                **invoke,
                "Comment": "Starts the table's UNLOAD",
                "Parameters": {
                    "FunctionName": target.function_arn(START),
                    "Payload": {"statement.$": "$.arguments", "entered.$": "$$.State.EnteredTime"},
                },
                **answer,
            },
            ended: {
                "Type": "Choice",
                "Comment": "Goes round until the statement has ended",
                "Choices": [{"Variable": "$.job_result.job.running", "BooleanEquals": True, "Next": wait}],
                "Default": "Handle Extract Job Run Status",
            },
            wait: {
                "Type": "Wait",
                "Comment": "Between two questions",
                "Seconds": POLL_SECONDS,
                "Next": ask,
            },
            ask: {
                **invoke,
                "Comment": "Asks how the UNLOAD is getting on",
                "Parameters": {
                    "FunctionName": target.function_arn(ASK),
                    "Payload": {
                        "job.$": "$.job_result.job",
                        "timeout_seconds.$": "$.timeout_seconds",
                        "entered.$": "$$.State.EnteredTime",
                    },
                },
                "TimeoutSeconds": 60,
                "Retry": [{"ErrorEquals": _LAMBDA_IS_BUSY, "IntervalSeconds": 2, "MaxAttempts": 6, "JitterStrategy": "FULL"}],
                **answer,
            },
        }
        return Branch(start=start, states=states, job_state=start)

    def arguments(self, table: TableRun[RedshiftDeployment], settings: RedshiftSettings) -> Mapping[str, Json]:
        """ExecuteStatement's members. Raises ValueError for an incremental table, because an UNLOAD reports no watermark."""
        from many_states.redshift.models import unload

        if table.watermark.mode != "full":
            raise ValueError("redshift unloads whole tables only: leave extract_type out, or take another job type")
        return {
            "workgroup": table.deployment.workgroup,
            "database": table.deployment.database,
            "sql": unload(table.table, table.extract_s3_uri, table.deployment.unload_role_arn, settings.file_size_mb),
            "name": f"{table.source} {table.table} {table.run_id} {table.attempt}"[:500],
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """The meaning of the statement's state, or of the error. SUCCEEDED only for FINISHED."""
        from many_states.redshift.status import status

        return status(outcome)

    def start_retries(self) -> Iterable[Retry]:
        """Refused starts: no statement was started.

        Other errors of Lambda are not named, because the call may have started one.
        """
        return (Retry(errors=("ActiveStatementsExceededException", "Lambda.TooManyRequestsException")),)

    def timeout(self, settings: RedshiftSettings) -> int:
        """``timeout_minutes * 60`` seconds, from the start of the statement."""
        return settings.timeout_minutes * 60

    def stop(self, outcome: Outcome, aws: object, deployment: RedshiftDeployment) -> None:  # noqa: ARG002 - the item has all
        """CancelStatement, because Step Functions does not know a statement that a function started."""
        from extract_core.parsing.asking import client, stopped
        from many_states.redshift.status import job_of

        statement = job_of(outcome).get("id")
        if isinstance(statement, str):
            redshift = client(aws, "redshift-data")
            stopped(lambda: redshift.cancel_statement(Id=statement), ended=("ResourceNotFoundException", "ValidationException"))

    def functions(self) -> Iterable[LambdaFunction]:
        """The two functions, with the rights of their roles. The generator allows the machine to invoke them."""
        functions = "many_states.redshift.functions"
        yield LambdaFunction(name=START, handler=f"{functions}:start", statements_for=_start_statements)
        yield LambdaFunction(name=ASK, handler=f"{functions}:ask", statements=(_OF_STATEMENTS,))

    def stop_permissions(self, target: Target[RedshiftDeployment]) -> Iterable[Statement]:  # noqa: ARG002 - nothing is named
        """CancelStatement."""
        return (Statement(actions=("redshift-data:CancelStatement",), resources=("*",)),)


_OF_STATEMENTS: Final = Statement(actions=("redshift-data:CancelStatement", "redshift-data:DescribeStatement"), resources=("*",))
"""A statement is not a resource of IAM (service authorization reference, "Amazon Redshift Data API")."""


def _start_statements(target: Target[RedshiftDeployment]) -> Iterable[Statement]:
    """ExecuteStatement on the deployment's workgroup."""
    where = f"arn:{target.partition}:redshift-serverless:{target.region}:{target.account}"
    workgroup = f"{where}:workgroup/{target.deployment.workgroup_id}"
    yield Statement(actions=("redshift-data:ExecuteStatement",), resources=(workgroup,))
