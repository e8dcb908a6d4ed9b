import hashlib

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LambdaFunction, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import client, stopped
from extract_core.parsing.payload import described, instant, text

START, PAUSE, ASK, ENDED = "Query Start Extract Job Run", "Query Wait", "Query Ask", "Query Ended?"
BUSY = ["Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.TooManyRequestsException"]


class Query(JobType):
    name = "query"
    title = "Query"
    api_version = 1
    unread_arguments = ("job_arguments",)

    def settings(self):
        from tidy_lambda.models import Settings

        return Settings

    def deployment(self):
        from tidy_lambda.models import Deployment

        return Deployment

    def branch(self, target):
        invoke = {"Type": "Task", "Resource": f"arn:{target.partition}:states:::lambda:invoke"}
        answer = {"ResultSelector": {"job.$": "$.Payload"}, "ResultPath": "$.job_result", "Next": ENDED}
        states = {
            START: {
                **invoke,
                "Parameters": {
                    "FunctionName": target.function_arn("query-start"),
                    "Payload": {"statement.$": "$.arguments", "entered.$": "$$.State.EnteredTime"},
                },
                **answer,
            },
            ENDED: {
                "Type": "Choice",
                "Choices": [{"Variable": "$.job_result.job.running", "BooleanEquals": True, "Next": PAUSE}],
                "Default": "Handle Extract Job Run Status",
            },
            PAUSE: {"Type": "Wait", "Seconds": 20, "Next": ASK},
            ASK: {
                **invoke,
                "Parameters": {
                    "FunctionName": target.function_arn("query-ask"),
                    "Payload": {
                        "job.$": "$.job_result.job",
                        "timeout_seconds.$": "$.timeout_seconds",
                        "entered.$": "$$.State.EnteredTime",
                    },
                },
                "TimeoutSeconds": 60,
                "Retry": [{"ErrorEquals": BUSY, "IntervalSeconds": 2, "MaxAttempts": 6, "JitterStrategy": "FULL"}],
                **answer,
            },
        }
        return Branch(start=START, states=states, job_state=START)

    def arguments(self, table, settings):
        if table.watermark.mode != "full":
            raise ValueError("query unloads whole tables only: leave extract_type out, or take another job type")
        if not all(part.isidentifier() for part in table.table.split(".")):
            raise ValueError(f"the table {table.table!r} can't be unloaded: write schema.table, in letters, digits and _")
        place = table.extract_s3_uri.replace("'", "''")
        return {
            "workgroup": table.deployment.workgroup,
            "database": table.deployment.database,
            "sql": f"UNLOAD ('SELECT * FROM {table.table}') TO '{place}' IAM_ROLE '{table.deployment.role_arn}' FORMAT PARQUET",
            "token": hashlib.sha256(f"{table.run_id}/{table.table}/{table.attempt}".encode()).hexdigest(),
        }

    def status(self, outcome):
        job = described(outcome, "job")
        state, statement, said = text(job, "state"), text(job, "id"), text(job, "error")
        if outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        elif state == "FINISHED" and statement:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=statement, started_at=instant(job, "began"))
        else:
            verdict = {
                "TIMED_OUT": v.TIMED_OUT,
                "ABORTED": v.STOPPED,
                "FAILED": v.failed(v.by_words(said) or (FailureClass.USER_CODE if said else FailureClass.UNKNOWN)),
            }.get(state or "", v.UNKNOWN)
            message = f"statement {statement or '?'} ended {state}: {said or 'Redshift gave no reason'}"
        return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=statement)

    def start_retries(self):
        return [Retry(errors=["ActiveStatementsExceededException", "Lambda.TooManyRequestsException"])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60

    def stop(self, outcome, aws):
        statement = text(described(outcome, "job"), "id")
        if statement:
            redshift = client(aws, "redshift-data")
            stopped(lambda: redshift.cancel_statement(Id=statement), ended=("ResourceNotFoundException", "ValidationException"))

    def stop_permissions(self, target):
        return [Statement(actions=["redshift-data:CancelStatement"], resources=["*"])]

    def functions(self):
        of_statements = Statement(actions=["redshift-data:CancelStatement", "redshift-data:DescribeStatement"], resources=["*"])
        return [
            LambdaFunction(name="query-start", handler="tidy_lambda.functions:start", statements_for=_start),
            LambdaFunction(name="query-ask", handler="tidy_lambda.functions:ask", statements=[of_statements]),
        ]


def _start(target):
    where = f"arn:{target.partition}:redshift-serverless:{target.region}:{target.account}:workgroup/*"
    return [Statement(actions=["redshift-data:ExecuteStatement"], resources=[where])]
