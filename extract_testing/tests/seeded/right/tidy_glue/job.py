from extract_core import FailureClass, Retry, SyncJob
from extract_core.parsing.asking import answer, client, log_tail, stopped
from extract_core.parsing.payload import number, objects, text

JOBS = "job/{job_name}"
TYPES = ("G.1X", "G.2X", "G.4X", "G.8X")


class Night(SyncJob):
    name, title, api_version = "night", "Night", 1
    settings_model = "tidy_glue.models:Settings"
    deployment_model = "tidy_glue.models:Deployment"
    resource = "glue:startJobRun.sync"
    named = {"job_name": "Glue job"}
    rights = {JOBS: ("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")}
    stop_rights = {JOBS: ("glue:BatchStopJobRun",)}
    diagnose_rights = {JOBS: ("glue:GetJobRun",), "log-group:/aws-glue/jobs/error:log-stream:*": ("logs:GetLogEvents",)}
    service_arguments = frozenset({"--conf", "--extra-py-files"})
    job_word = "job run"
    wrappers, id_member, state_member, known_by = ("JobRun",), "Id", "JobRunState", ("JobRunState",)
    succeeded = "SUCCEEDED"
    failures = {
        "FAILED": None,
        "ERROR": None,
        "TIMEOUT": FailureClass.TIMEOUT,
        "STOPPED": FailureClass.STOPPED,
        "EXPIRED": FailureClass.CAPACITY,
    }
    not_ends = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
    reason_members = ("ErrorMessage", "StateDetail")
    started_members, ended_members, throttled = ("StartedOn",), ("CompletedOn",), "Glue.AWSGlueException"

    def request(self, deployment):
        return {
            "JobName.$": "$.arguments.job_name",
            "Arguments.$": "$.arguments.arguments",
            "WorkerType.$": "$.arguments.worker_type",
            "NumberOfWorkers.$": "$.arguments.workers",
            "Timeout.$": "$.arguments.minutes",
        }

    def arguments(self, table, settings):
        return {
            "job_name": self.chosen("job_name", settings, table.deployment),
            "arguments": {"--job-language": "python", **table.job_arguments},
            "worker_type": settings.worker_type,
            "workers": settings.workers,
            "minutes": settings.timeout_minutes,
        }

    def start_retries(self):
        yield Retry(errors=["Glue.ConcurrentRunsExceededException", "Glue.ResourceNumberLimitExceededException"], interval_seconds=60)
        yield Retry(errors=["Glue.AWSGlueException"], interval_seconds=5, max_attempts=6, max_delay_seconds=60)

    def bigger(self, settings, status):
        place = TYPES.index(settings.worker_type)
        return settings.model_copy(update={"worker_type": TYPES[place + 1]}) if place + 1 < len(TYPES) else None

    def key(self, job, arguments):
        return text(job, "JobName") or text(arguments, "job_name"), text(job, "JobRunId") or text(job, "Id")

    def cost_basis(self, job):
        seconds = number(job, "DPUSeconds")
        return None if seconds is None else {"dpu_seconds": seconds}

    def describe(self, aws, key):
        return answer(aws, "glue", "get_job_run", JobName=key[0], RunId=key[1])

    def logs(self, aws, key, job):
        yield log_tail(aws, "/aws-glue/jobs/error", key[1])

    def stop_job(self, aws, key):
        glue = client(aws, "glue")
        refused = []
        stopped(
            lambda: refused.extend(objects(glue.batch_stop_job_run(JobName=key[0], JobRunIds=[key[1]]), "Errors")),
            ended=("EntityNotFoundException",),
        )
        if refused:
            raise RuntimeError(f"the job run {key[1]} could not be stopped: {text(refused[0], 'ErrorDetail', 'ErrorMessage')}")

    def local_argv(self, arguments):
        return {name: value for name, value in arguments["arguments"].items() if name != "--job-language"}
