import hashlib
import json
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import described, instant, member, number, text, whole
from extract_core.parsing.process_end import reason

START = "Athena Start Extract Job Run"


class Athena(JobType):
    name = "athena"
    title = "Athena"
    api_version = 1
    unread_arguments = ("job_arguments",)

    def settings(self):
        from tidy_athena.models import Settings

        return Settings

    def deployment(self):
        from tidy_athena.models import Deployment

        return Deployment

    def branch(self, target):
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::athena:startQueryExecution.sync",
            "Parameters": {
                "QueryString.$": "$.arguments.query",
                "ClientRequestToken.$": "$.arguments.token",
                "QueryExecutionContext": {"Catalog": "AwsDataCatalog", "Database": target.deployment.database},
                "ResultConfiguration": {"OutputLocation": target.deployment.results},
                "WorkGroup": target.deployment.workgroup,
            },
            "ResultSelector": {"Query.$": "$.QueryExecution"},
            "ResultPath": "$.job_result",
        }
        return Branch(start=START, states={START: task}, job_state=START)

    def arguments(self, table, settings):
        if table.watermark.mode != "full":
            raise ValueError("athena unloads whole tables only: leave extract_type out, or take another job type")
        parts = table.table.split(".")
        if not all(part.isascii() and part.isidentifier() for part in parts):
            raise ValueError(f"the table {table.table!r} can't be unloaded: write database.table, in letters, digits and _")
        place = table.extract_s3_uri.replace("'", "''")
        return {
            "query": f"UNLOAD (SELECT * FROM {table.table}) TO '{place}' WITH (format = 'PARQUET', compression = '{settings.compression}')",
            "token": hashlib.sha256(f"{table.run_id}/{table.table}/{table.attempt}".encode()).hexdigest(),
        }

    def status(self, outcome):
        query = described(outcome, "Query", "QueryExecution")
        state, number_of_it = text(query, "Status", "State"), text(query, "QueryExecutionId")
        said = text(query, "Status", "AthenaError", "ErrorMessage") or text(query, "Status", "StateChangeReason")
        scanned = number(query, "Statistics", "DataScannedInBytes")
        common = {
            "job_run_id": number_of_it,
            "started_at": instant(query, "Status", "SubmissionDateTime"),
            "ended_at": instant(query, "Status", "CompletionDateTime"),
            "cost_basis": None if scanned is None else {"scanned_bytes": scanned},
        }
        if outcome.error is None and state == "SUCCEEDED" and number_of_it:
            return JobStatus(state=JobState.SUCCEEDED, **common)
        if state == "FAILED" and number_of_it:
            of_athena = whole(query, "Status", "AthenaError", "ErrorCategory") == 1
            verdict = v.failed(v.by_words(said) or (FailureClass.INTERNAL if of_athena else FailureClass.USER_CODE))
            message = f"the query ended FAILED: {said or 'Athena gave no reason'}"
        elif state == "CANCELLED" and number_of_it:
            verdict, message = v.STOPPED, f"the query was cancelled: {said or 'Athena gave no reason'}"
        elif outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        else:
            verdict, message = v.UNKNOWN, f"the query ended {state}: {said or 'Athena gave no reason'}"
        return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, **common)

    def permissions(self, target):
        place = target.deployment.results.removeprefix("s3://").rstrip("/")
        bucket = place.partition("/")[0]
        prefix = f"arn:{target.partition}:s3:::"
        catalog = [target.arn("glue", "catalog"), target.arn("glue", f"database/{target.deployment.database}"), target.arn("glue", f"table/{target.deployment.database}/*")]
        return [
            Statement(
                actions=["athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution", "athena:GetDataCatalog"],
                resources=[
                    target.arn("athena", f"workgroup/{target.deployment.workgroup}"),
                    target.arn("athena", "datacatalog/AwsDataCatalog"),
                ],
            ),
            Statement(actions=["glue:GetTable", "glue:GetPartitions", "glue:GetDatabase"], resources=catalog),
            Statement(actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[f"{prefix}{bucket}"]),
            Statement(actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], resources=[f"{prefix}{place}/*"]),
            Statement(actions=["lakeformation:GetDataAccess"], resources=["*"]),
        ]

    def start_retries(self):
        return [Retry(errors=["Athena.TooManyRequestsException", "Athena.AmazonAthenaException"])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60

    def diagnose(self, outcome, aws):
        number_of_it = text(described(outcome, "Query", "QueryExecution"), "QueryExecutionId")
        if not number_of_it:
            return None
        query = member(answer(aws, "athena", "get_query_execution", QueryExecutionId=number_of_it), "QueryExecution")
        return text(query, "Status", "StateChangeReason")

    def diagnose_permissions(self, target):
        return [Statement(actions=["athena:GetQueryExecution"], resources=[target.arn("athena", f"workgroup/{target.deployment.workgroup}")])]

    def stop(self, outcome, aws):
        number_of_it = text(described(outcome, "Query", "QueryExecution"), "QueryExecutionId")
        if number_of_it:
            athena = client(aws, "athena")
            stopped(lambda: athena.stop_query_execution(QueryExecutionId=number_of_it), ended=("InvalidRequestException",))

    def stop_permissions(self, target):
        return [Statement(actions=["athena:StopQueryExecution"], resources=[target.arn("athena", f"workgroup/{target.deployment.workgroup}")])]

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-c", "import sys; print(sys.argv[1])", arguments["query"]])

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed(
                "Athena.TooManyRequestsException", "Rate exceeded (Service: Athena, Status Code: 400, Request ID: 11111111-2222-3333-4444-555555555555)"
            )
        if ended.injected == "timeout":
            return Outcome.failed("States.Timeout", "")
        query = {"QueryExecutionId": "11111111-2222-3333-4444-555555555555", "Query": arguments["query"], "Status": {"State": "SUCCEEDED"}}
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded({"QueryExecution": query})
        said = {
            "oom": "Query exhausted resources at this scale factor: OutOfMemoryError",
            "interrupt": "Spot interruption: the host was taken away",
        }.get(ended.injected, reason(ended))
        status = {"State": "FAILED", "StateChangeReason": said, "AthenaError": {"ErrorCategory": 2, "ErrorMessage": said}}
        return Outcome.failed("States.TaskFailed", json.dumps({"QueryExecution": {**query, "Status": status}}))
