"""The whole pipeline behind its own roles: nothing is refused, and every part of every grant is needed by something.

A pipeline with all job types and all choices of [deploy] lives through what happens to pipelines: runs that succeed and fail,
reruns, conflicts, aborts, lost ends, and the commands of an operator. Each call asks the evaluator first.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from asl_toolkit import Submitted, TaskFailed
from asl_toolkit.services.aws.iam.mutation import score
from asl_toolkit.services.aws.iam.reference import policy_faults
from extract_cli.options import engine_of
from extract_core import LocalExit
from extract_core.objects.routed import open_objects
from extract_core.registry.loading import discover
from extract_core.runs.end import summarise
from extract_core.runs.reconcile import reconcile_dead

ROLE = "arn:aws:iam::123456789012:role"
EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:extract-sales"
PIPELINE = f"""
[pipeline]
name = "extract-sales"
region = "eu-central-1"
account = "123456789012"
config_uri = "s3://bucket/config/"
data_uri = "s3://bucket/data/"
runs_uri = "s3://bucket/runs/"
tracking = "dynamodb://tracking"
state_machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:extract-sales"

[machine]
max_concurrency = 16

[pools]
sales-db = 1

[deploy]
kms_key = "arn:aws:kms:eu-central-1:123456789012:key/1"
subnets = ["subnet-1a"]
security_groups = ["sg-1a"]
event_bus = "default"
tracing = true

[notify]
topic = "arn:aws:sns:eu-central-1:123456789012:failures"
webhook_secret = "extract/slack"
template = {{text = "$text"}}

[schedules.nightly]
when = "rate(1 day)"
event = {{source = "sales", tables = "*"}}

[job_types.glue]
job_name = "extract-jdbc"

[job_types.emr]
cluster_id = "j-3KVT5M2Q9Z7UG"
scripts_uri = "s3://code/"
log_uri = "s3://logs/emr/"
execution_role_arn = "{ROLE}/emr-step"

[job_types.emr_serverless]
application_id = "00f1r5mqj3k2ab01"
scripts_uri = "s3://code/"
execution_role_arn = "{ROLE}/emr-job"
log_uri = "s3://logs/serverless/"

[job_types.emr_eks]
virtual_cluster_id = "0b0qvauoy3ch1nqod"
scripts_uri = "s3://code/"
execution_role_arn = "{ROLE}/emr-job"
release_label = "emr-7.9.0-latest"
log_uri = "s3://logs/eks/"

[job_types.ecs]
cluster = "extracts"
task_definition = "extract-job"
subnets = ["subnet-1"]
task_roles = ["{ROLE}/extract-task"]
log_group = "/ecs/extract"
"""
POOLED = "pooled"
TYPES = ("glue", "emr", "emr_serverless", "emr_eks", "ecs")
CONFIG = """
source_name: sales
extract:
  script_name: job.py
  db_engine: postgres
  db_name: sales
  db_secret: postgres/sales
  tables:
"""
CONFIG += (
    f"    ecs.long: {{job_type: ecs, argument_encoding: json, lwm_value: {'x' * 9000}, max_attempts: 2, retry_wait_seconds: 1}}\n"
)
CONFIG += "".join(
    f"    {kind}.inc: {{job_type: {kind}, extract_type: PE, watermark: {{column: at, type: timestamp}}}}\n"
    for kind in ("glue", "ecs")
)
CONFIG += "".join(f"    {kind}.{end}: {{job_type: {kind}}}\n" for kind in TYPES for end in ("good", "bad"))
CONFIG += "".join(f"    {POOLED}.{end}: {{job_type: glue, pool: sales-db}}\n" for end in ("first", "second"))


def logging_to(uri):
    return {"configurationOverrides": {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": uri}}}}


CONTAINER = {
    "name": "extract-job",
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/ecs/extract", "awslogs-stream-prefix": "job"},
    },
}
ANSWERS = {
    "BatchStopJobRun": {"Errors": [{"JobRunId": "1"}]},
    "CancelSteps": {"CancelStepsInfoList": [{"Status": "FAILED"}]},
    "DescribeCluster": {"Cluster": {"LogUri": "s3://logs/emr/"}},
    "DescribeJobRun": {"jobRun": logging_to("s3://logs/eks/")},
    "DescribeStep": {"Step": {"Status": {"State": "CANCELLED"}}},
    "DescribeTaskDefinition": {"taskDefinition": {"containerDefinitions": [CONTAINER]}},
    "emr-serverless GetJobRun": {"jobRun": logging_to("s3://logs/serverless/")},
    "glue GetJobRun": {"JobRun": {"JobRunState": "STOPPED"}},
}
"""What the services of jobs answer, so that `diagnose` and `stop` ask for all that they may ask for."""


TASK = "arn:aws:ecs:us-east-1:000000000000:task/local/1"
SUBMITTED = {
    "glue": {"JobName": "extract-jdbc", "JobRunId": "jr_1"},
    "emr": {"StepId": "s-1"},
    "emr_serverless": {"ApplicationId": "00f1r5mqj3k2ab01", "JobRunId": "1"},
    "emr_eks": {"VirtualClusterId": "0b0qvauoy3ch1nqod", "Id": "1"},
    "ecs": {"Tasks": [{"TaskArn": TASK, "TaskDefinitionArn": "t", "LastStatus": "PROVISIONING"}]},
}
"""What the services answer when a job is submitted."""


class Jobs:
    """The services of all job types: a table ``….bad`` fails, and all wait for `gate`, if there is one."""

    def __init__(self) -> None:
        self.job_types = discover().job_types
        self.started: list[str] = []
        self.gate = None
        self.objects = open_objects()
        self.handlers = [(f"before-call.{name}", self.answer) for name in ("glue", "emr", "emr-serverless", "emr-containers")]
        self.handlers += [(f"before-call.{name}", self.answer) for name in ("ecs", "logs", "events")]
        self.handlers.append(("before-call.s3", self.logs))

    def answer(self, model, **_):
        return AWSResponse("https://x", 200, {}, None), {**self.answers(model), "ResponseMetadata": {}}

    @staticmethod
    def answers(model):
        return ANSWERS.get(model.name) or ANSWERS.get(f"{model.service_model.service_name} {model.name}", {})

    def logs(self, model, context, **_):
        """The bucket of logs, which is not the pipeline's: it has a key for each list, and refuses to read it."""
        request = context.get("guarded", {})
        if request.get("Bucket") != "logs":
            return None
        if model.name == "GetObject":
            return AWSResponse("https://x", 403, {}, None), {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {}}
        contents = [{"Key": f"{request['Prefix']}spark-driver/stderr.gz"}]
        return AWSResponse("https://x", 200, {}, None), {"Contents": contents, "ResponseMetadata": {}}

    def __call__(self, request):
        """The job is submitted at once, and ends when the gate opens."""
        item = request.input
        ended = Future()
        self.started.append(item["table"])
        threading.Thread(target=self.work, args=(item, ended), daemon=True).start()
        return Submitted(json.loads(self.placed(json.dumps(SUBMITTED[item["job_type"]]))), ended)

    def work(self, item, ended):
        if self.gate is not None:
            self.gate.wait(30)
        injected = "oom" if (item["table"], item["attempt"]) == ("ecs.long", 1) else None
        fails = item["table"].endswith(".bad") or injected is not None
        if not fails:
            self.objects.write(f"{item['extract_s3_uri']}rows.csv", b"1\n" * 7)
            files = [{"name": "rows.csv", "bytes": 14, "rows": 7}]
            result = {"run_id": item["run_id"], "attempt": item["attempt"], "rows": 7, "bytes": 14, "files": files}
            high = "2026-03-01 05:00:00" if item["watermark"]["mode"] == "incremental" else None
            marks = {"low_watermark": item["watermark"]["low"], "high_watermark": high}
            self.objects.write(item["result_uri"], json.dumps(result | marks).encode())
        job_type = self.job_types[item["job_type"]].job_type
        exit_ = LocalExit(code=int(fails), seconds=1.0, output_tail="x", injected=injected)
        answer = job_type.local_answer(item["arguments"], exit_)
        if answer.error is not None:
            cause = self.placed(answer.cause or "").replace('"ErrorMessage": "', f'"ErrorMessage": "{"y" * 5000}')
            ended.set_exception(TaskFailed(answer.error, cause))
        else:
            ended.set_result(json.loads(self.placed(json.dumps(answer.result))))

    def placed(self, text):
        """ECS names cluster and account in the ARNs of a task."""
        here = text.replace("ecs:us-east-1:000000000000:", "ecs:eu-central-1:123456789012:")
        return here.replace("task/local/", "task/extracts/").replace("cluster/local", "cluster/extracts")


EVENT = json.dumps({"source": "sales", "tables": "*"})


class Lives:
    """What happens to the pipeline, step by step."""

    def __init__(self, cloud, cli):
        self.cloud, self.cli = cloud, cli

    def start(self, name, event=EVENT):
        self.cloud.states.start_execution(stateMachineArn=self.cloud.machine, name=name, input=event)

    def ended(self, name):
        self.cloud.states.wait_for_execution(executionArn=f"{EXECUTION}:{name}", timeout=60)

    def run_to_its_end(self, name, event=EVENT):
        self.start(name, event)
        self.ended(name)

    def reconcile(self, name, status):
        with self.cloud.guarded.acting("reconcile"):
            reconcile_dead(self.cloud.parts_of("reconcile"), name, f"{EXECUTION}:{name}", status, "x")

    def a_run_with_failures_and_calls_that_come_twice(self):
        self.cloud.around = lambda name, work, event: (name == "job-run-status" and work(event), work(event))[1]
        assert self.cli("run", "sales", "--run-id", "one").code == 1
        self.cloud.around = lambda name, work, event: work(event)
        commands = (
            "status one",
            "runs",
            "history glue.good",
            "logs one glue.bad",
            "data glue.good",
            "report one -o json",
            "watch one",
        )
        for command in commands:
            assert self.cli(*command.split()).code in (0, 1), command

    def runs_that_cannot_be_planned(self):
        self.run_to_its_end("of-none", json.dumps({"source": "sales", "rerun_of": "none"}))
        self.run_to_its_end("nowhere", json.dumps({"source": "nowhere", "tables": "*"}))
        self.cloud.around = raising("config-manager")
        self.run_to_its_end("never")
        self.cloud.around = lambda name, work, event: work(event)
        self.reconcile("nothing", "FAILED")

    def ends_that_are_lost(self):
        self.cloud.around = raising("job-run-status")
        self.run_to_its_end("lost")
        self.cloud.around = raising("job-run-status", "run-summary")
        self.run_to_its_end("lost-with-its-summary")
        self.cloud.around = lambda name, work, event: work(event)
        self.reconcile("lost-with-its-summary", "FAILED")

    def at_work(self, name):
        self.cloud.glue.started.clear()
        self.cloud.glue.gate = threading.Event()
        self.start(name)
        self.cloud.await_started(14)  # all but one: the pool has one slot

    def a_map_that_was_stopped(self):
        self.at_work("map-stopped")
        assert self.cli("pace", "map-stopped", "10").code == 0
        assert self.cli("pools").code == 0
        assert self.cli("reconcile").code in (0, 1)
        self.cloud.states.stop_execution(executionArn=f"{EXECUTION}:map-stopped")
        self.cloud.glue.gate.set()
        execution = {"id": f"{EXECUTION}:map-stopped", "name": "map-stopped", "started_at": "2026-03-01T06:00:00.000Z"}
        with self.cloud.guarded.acting("run-summary"):
            error = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "x"}
            summarise(self.cloud.parts_of("run-summary"), {"execution": execution, "map_error": error})

    def a_run_that_is_aborted_while_another_one_waits(self):
        self.at_work("aborted")
        self.run_to_its_end("conflict")
        with self.cloud.guarded.acting("operator"):
            engine_of(None, local=False).start(json.loads(EVENT), run_id="stopped").stop("enough")
        self.cloud.states.stop_execution(executionArn=f"{EXECUTION}:aborted")
        self.cloud.glue.gate.set()
        self.reconcile("aborted", "ABORTED")
        self.a_closed_run_is_redriven("aborted")
        self.cloud.glue.gate = None

    def a_closed_run_is_redriven(self, name):
        self.cloud.glue.gate = threading.Event()
        self.cloud.states.redrive_execution(executionArn=f"{EXECUTION}:{name}")
        self.reconcile(name, "RUNNING")
        self.cloud.glue.gate.set()
        self.ended(name)

    def a_slot_of_a_dead_execution(self):
        self.cloud.glue.started.clear()
        self.cloud.glue.gate = threading.Event()
        self.start("holds", json.dumps({"source": "sales", "tables": [f"{POOLED}.first"]}))
        self.cloud.await_started(1)
        self.cloud.states.stop_execution(executionArn=f"{EXECUTION}:holds")
        self.cloud.glue.gate.set()
        self.run_to_its_end("takes", json.dumps({"source": "sales", "tables": [f"{POOLED}.second"]}))
        self.cloud.glue.gate = None

    def manifests_that_are_damaged(self):
        objects = self.cloud.glue.objects
        for table in ("glue.inc", "ecs.inc"):
            (entry, *_) = objects.list(f"s3://bucket/data/sales/{table}/_committed/")
            if table == "glue.inc":
                objects.delete(entry)
            objects.write(f"s3://bucket/data/sales/{table}/_committed/0000000099-0001.json", b'{"mode": "backfill"}')
        self.run_to_its_end("damaged")

    def uploads_that_break_off(self):
        def parts():
            yield from [b"x" * (9 * 1024 * 1024)] * 3
            raise RuntimeError("the plan cannot be made")

        with self.cloud.guarded.acting("config-manager"):
            objects = self.cloud.parts_of("config-manager").objects
            for name in ("plan.jsonl", "items.jsonl"):
                with pytest.raises(RuntimeError):
                    objects.write_parts(f"s3://bucket/runs/broken/{name}", parts())

    def what_an_operator_changes(self):
        assert self.cli("rerun", "one", "--run-id", "again").code in (0, 1)
        set_mark = ("glue.good", "1", "--column", "id", "--type", "int", "--reason", "x", "--yes")
        assert self.cli("state", "set", *set_mark).code == 0
        assert self.cli("clean", "sales", "--yes").code == 0
        self.at_work("left")
        self.cloud.states.stop_execution(executionArn=f"{EXECUTION}:left")
        assert self.cli("reconcile", "left").code in (0, 1)
        self.cloud.glue.gate.set()
        self.cloud.glue.gate = None
        self.cloud.around = raising("job-run-status", "run-summary")
        self.run_to_its_end("lost-for-the-operator")
        self.cloud.around = lambda name, work, event: work(event)
        assert self.cli("reconcile", "lost-for-the-operator").code in (0, 1)
        self.cli("plan", "sales")
        self.cli("plan", "nowhere")
        for uri in ("s3://bucket/config/", "s3://bucket/runs/"):  # as doctor does
            with self.cloud.guarded.acting("operator"):
                next(iter(open_objects().list(uri)), None)

    def a_closed_run_that_is_redriven(self):
        self.at_work("redriven")
        self.cloud.states.stop_execution(executionArn=f"{EXECUTION}:redriven")
        self.reconcile("redriven", "ABORTED")
        self.cloud.states.redrive_execution(executionArn=f"{EXECUTION}:redriven")
        self.reconcile("redriven", "RUNNING")
        assert self.cloud.states.describe_execution(executionArn=f"{EXECUTION}:redriven")["status"] == "ABORTED"
        self.cloud.glue.gate.set()
        self.cloud.glue.gate = None


def raising(*functions):
    def around(name, work, event):
        if name in functions:
            raise RuntimeError("this function fails")
        return work(event)

    return around


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("cloud", [(PIPELINE, CONFIG, Jobs)], indirect=True)
def test_nothing_is_refused_and_every_part_of_every_grant_is_needed(cloud, cli, request, capsys):
    """Prints the score: `make permissions-score`."""
    cloud.deploy()
    boto3.client("secretsmanager").create_secret(Name="extract/slack", SecretString="http://127.0.0.1:1/")  # nothing listens
    lives = Lives(cloud, cli)
    lives.a_run_with_failures_and_calls_that_come_twice()
    lives.runs_that_cannot_be_planned()
    lives.ends_that_are_lost()
    lives.a_map_that_was_stopped()
    lives.a_run_that_is_aborted_while_another_one_waits()
    lives.a_slot_of_a_dead_execution()
    lives.uploads_that_break_off()
    lives.what_an_operator_changes()
    lives.manifests_that_are_damaged()
    lives.a_closed_run_that_is_redriven()
    guard = cloud.guarded.guard
    result = score(guard.policies, guard.requests)
    too_wide = [str(fault) for policies in guard.policies.values() for policy in policies for fault in policy_faults(policy)]
    writer = request.config.get_terminal_writer()
    with capsys.disabled():
        writer.line()
        writer.line(f"parts of grants that are needed: {result.noticed} of {result.mutants} ({result.percent:.1f} %)")
        writer.line(f"of them values and keys of conditions: {result.conditions}")
        writer.line(f"granted and unused: {len(result.unused)}; used and not granted: {len(set(result.refused))}")
        writer.line(f"statements that AWS's reference refuses, or '*' where a resource has a form: {len(too_wide)}")
        for line in (*sorted(set(result.refused)), *result.unused, *result.superfluous, *too_wide):
            writer.line(f"  {line}")
    assert (result.percent, result.unused, result.refused, too_wide) == (100.0, [], [], [])
