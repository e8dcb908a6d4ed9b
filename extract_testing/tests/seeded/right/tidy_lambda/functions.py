"""The two Lambda functions: one starts a statement, the other asks for its state and cancels it after its time."""

from datetime import datetime

RUNNING = frozenset({"SUBMITTED", "PICKED", "STARTED"})


def start(event, context):
    import boto3

    wanted = event["statement"]
    redshift = boto3.client("redshift-data")
    answer = redshift.execute_statement(
        WorkgroupName=wanted["workgroup"], Database=wanted["database"], Sql=wanted["sql"], ClientToken=wanted["token"]
    )
    return {"id": answer["Id"], "began": event["entered"], "running": True, "state": "SUBMITTED"}


def ask(event, context):
    import boto3

    job = event["job"]
    redshift = boto3.client("redshift-data")
    answer = redshift.describe_statement(Id=job["id"])
    state = answer["Status"]
    seconds = (datetime.fromisoformat(event["entered"]) - datetime.fromisoformat(job["began"])).total_seconds()
    if state in RUNNING and seconds >= event["timeout_seconds"]:
        redshift.cancel_statement(Id=job["id"])
        state = "TIMED_OUT"
    return {**job, "running": state in RUNNING, "state": state, "error": answer.get("Error") or ""}
