"""The plugin contract: JobType, the values it reads and returns, and the hooks. The one file a plugin author reads.

A plugin is a pip package with an entry point in the group ``extract_core`` that names a module. The module says which job
types it brings::

    from extract_core import SyncJob, hookimpl

    class Batch(SyncJob[Settings, Deployment]):
        ...

    @hookimpl
    def extract_job_types():
        return [Batch()]

If Step Functions can start the service's job and wait for its end (``.sync``), subclass `SyncJob` (extract_core.sync_job.base).
The subclass states the call, the permissions and the words of the service; the base class does the rest. If Step Functions can
only start a job and ask about it, subclass `PolledJob` (extract_core.sync_job.polled). For everything else (task tokens, several
calls), subclass `JobType`.

A job type contributes three things that belong together: its ASL branch (`JobType.branch`), its arguments
(`JobType.arguments`: what the branch finds under ``$.arguments``) and its status parser (`JobType.status`). Everything else has
a default.

This module does not import pydantic, boto3 or rich. A plugin should not either when it is imported: import them inside methods.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, TypeAlias, TypeVar

import pluggy

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from pydantic import BaseModel

API_VERSION: Final = (1, 3)
"""Version of this contract. A job type's `api_version` must equal the first number; the second one grows with additions."""

PROJECT: Final = "extract_core"
"""The pluggy project and the entry-point group of plugins."""

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value of JSON, as `json.loads` gives it."""

S = TypeVar("S", bound="BaseModel")
D = TypeVar("D", bound="BaseModel")

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class JobState(StrEnum):
    """How a job ended. Only SUCCEEDED is a success. A state of the service that the job type does not know is UNKNOWN."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"
    UNKNOWN = "UNKNOWN"


class FailureClass(StrEnum):
    """Why a job did not succeed. People filter by it, and it decides whether another attempt may follow."""

    USER_CODE = "USER_CODE"  # the script raised, or exited with a code other than 0
    CONFIG = "CONFIG"  # a setting is wrong, or names what does not exist
    PERMISSION = "PERMISSION"  # a role or a user of the database may not do what the job needs, or the password is wrong
    CAPACITY = "CAPACITY"  # no room in the service (workers, addresses, hosts) or the database (connections, a lock)
    THROTTLED = "THROTTLED"  # a rate or a concurrency limit of the service
    START = "START"  # the job never began to run: image pull, network interface, bootstrap
    OUT_OF_MEMORY = "OUT_OF_MEMORY"  # the job ran and needed more memory than it had
    INTERRUPTED = "INTERRUPTED"  # the host was taken away: spot, maintenance, host failure
    TIMEOUT = "TIMEOUT"  # over the time limit of the service or of the state
    STOPPED = "STOPPED"  # a person or an abort stopped it
    INTERNAL = "INTERNAL"  # the service itself failed
    NO_RESULT = "NO_RESULT"  # the job ended well but reported nothing at result_uri
    CONFLICT = "CONFLICT"  # another run took the table, or the source is behind its mark; nothing was committed
    PROOF = "PROOF"  # the files do not hold what the source holds; nothing was committed
    NOT_RECORDED = "NOT_RECORDED"  # planned, but its end was not recorded
    UNKNOWN = "UNKNOWN"  # the reason is not known


WatermarkMode: TypeAlias = Literal["full", "incremental", "backfill"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """The window of one extract: rows with ``low - lag <= column <= high``; a backfill: ``low < column <= high``.

    Rows of the overlap that were delivered before are left out. Marks are text. The core sets it.
    """

    column: str | None = None
    """The column of the marks. None: the table is not incremental."""
    type: str | None = None
    """How marks compare, as the config writes it: ``timestamp``, ``date``, ``bigint``."""
    low: str | None = None
    """The last committed mark. None on a first run: everything is read."""
    high: str | None = None
    """The upper mark of a backfill. None in other modes: the job reads it before the data."""
    mode: WatermarkMode = "full"
    """``full``, ``incremental`` (also on its first run) or ``backfill``."""
    lag: str | None = None
    """How far below `low` the read begins, as the config writes it. None: the job's default. Since contract 1.1."""
    last_result: str | None = None
    """The URI of the result object of the table's last committed attempt.

    None if the table begins anew, or its mark was set by hand. Since contract 1.1.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRun(Generic[D]):
    """One attempt at one table, as `JobType.arguments` sees it. The core sets it."""

    source: str
    """The source: `source_name` of the config."""
    source_type: str
    """`source_type` of the config: ``jdbc``."""
    table: str
    """The table as the config writes it. It may have 63 characters and more, with blanks and brackets."""
    job_type: str
    """The name of this job type."""
    run_id: str
    """The run. The same for all its tables and attempts."""
    run_started_at: str
    """When the run began: ISO 8601, UTC."""
    attempt: int
    """The number of the attempt, from 1."""
    extract_s3_uri: str
    """The folder that the job writes to: a URI that ends in a slash. Each attempt has its own."""
    result_uri: str
    """The URI of the object in which the job reports what it wrote. Each attempt has its own."""
    watermark: Watermark
    """The window of the extract."""
    deployment: D
    """``[job_types.<name>]`` of extract.toml, as the model of `JobType.deployment`."""
    job_arguments: Mapping[str, str]
    """The flat ``--key value`` arguments that every job gets.

    The core made, checked and encoded them, so only wrap them in the shape of the service. If they are too long for it, raise
    ArgumentsTooLong.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What the infrastructure of a job type may refer to. `extract deploy` sets it. Since contract 1.1."""

    data_uri: str = ""
    """The place of the data: an S3 URI that ends in a slash."""
    runs_uri: str = ""
    """The place of plans and results: an S3 URI that ends in a slash."""
    job_script: Json = ""
    """The S3 URI of the script that starts the reference job: a function of CloudFormation, for properties."""
    job_wheel: Json = ""
    """The S3 URI of the wheel of the reference job, in the same form."""
    job_files: Json = ()
    """The ARNs of both, in the same form."""
    architecture: Literal["arm64", "x86_64"] = "arm64"
    """The processors of the Lambda functions."""
    log_retention_days: int = 90
    """Days after which log groups delete their lines."""
    kms_key: str | None = None
    """The ARN of the KMS key that encrypts the buckets. None: S3's own key (AES256) does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of CloudFormation. You set it, in `JobType.infrastructure`. Since contract 1.1."""

    type: str
    """Its type: ``AWS::Glue::Job``."""
    properties: Mapping[str, Json]
    """Its properties, as CloudFormation has them."""
    after: Sequence[str] = ()
    """Logical ids of resources that are made before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Generic[D]):
    """What the state machine is built for: where it will run, and this job type's deployment. The core sets it."""

    partition: str
    """``aws``, ``aws-cn`` or ``aws-us-gov``."""
    region: str
    """The region of the machine: ``eu-west-1``."""
    account: str
    """The account of the machine: 12 digits, as text."""
    machine_name: str
    """The name of the state machine."""
    map_mode: Literal["INLINE", "DISTRIBUTED"]
    """DISTRIBUTED: each table has its own history. INLINE: all tables share one history."""
    deployment: D
    """``[job_types.<name>]`` of extract.toml, as the model of `JobType.deployment`."""
    function_arn: Callable[[str], str]
    """Gives the ARN of a Lambda function, by the name in `LambdaFunction`."""
    stack: Stack = field(default_factory=Stack)
    """What `JobType.infrastructure` may refer to. Since contract 1.1."""

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this service, where the machine runs: ``arn("glue", "job/nightly")``."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """The states of one job type in Amazon States Language, read from ``$.arguments``.

    You set it, in `JobType.branch`. A state that has neither Next nor End goes on to the status handler. The generator adds a
    Catch to each Task, Parallel and Map without one. Every state keeps its input: the last one leaves its result at
    ``$.job_result``.
    """

    start: str
    """The name of the first state."""
    states: Mapping[str, Mapping[str, Json]]
    """The states by name, with their own inner Next. A name begins with the title and has at most 80 characters."""
    job_state: str
    """The Task that is the job.

    The generator adds TimeoutSecondsPath to it, and Retry from `JobType.start_retries`, unless you wrote them.
    """
    query_language: Literal["JSONPath", "JSONata"] = "JSONPath"
    """The language of the states that do not name one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the service said: either `result` (the state succeeded) or `error` with `cause`. The core sets it."""

    item: Mapping[str, Json] = field(default_factory=dict)
    """The item as it came out of the branch: ``$.arguments``, and what the states left."""
    result: Json = None
    """``$.job_result``: the answer of the service, as Step Functions writes it. None if there is none."""
    error: str | None = None
    """The name of the caught error: ``States.TaskFailed``. None for a result."""
    cause: str | None = None
    """The raw text of the error: JSON, prose, empty, or cut in the middle."""
    cause_json: Json = None
    """`cause` decoded. None if it is not JSON."""

    @classmethod
    def succeeded(cls, result: Json, item: Mapping[str, Json] | None = None) -> Outcome:
        """The outcome of a state that succeeded with this result."""
        return cls(item=item or {}, result=result)

    @classmethod
    def failed(cls, error: str, cause: str | None, item: Mapping[str, Json] | None = None) -> Outcome:
        """The outcome of a caught error; the cause is decoded if it is JSON."""
        return cls(item=item or {}, error=error, cause=cause, cause_json=_decoded(cause))


def _decoded(cause: str | None) -> Json:
    if not cause or cause.lstrip()[:1] not in ("{", "["):
        return None
    try:
        decoded: Json = json.loads(cause)
    except (ValueError, RecursionError):
        return None
    return decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """How a job ended, in the words that all job types share.

    You set it, in `JobType.status`. It is stored, and shown to people.
    """

    state: JobState
    """How it ended."""
    failure: FailureClass | None = None
    """Why. None for a success."""
    retryable: bool = False
    """Whether another attempt may succeed."""
    message: str | None = None
    """The service's own reason. Each failure has one."""
    job_run_id: str | None = None
    """The service's id of the job."""
    log_url: str | None = None
    """Where people read the log."""
    started_at: datetime | None = None
    """When the job began, with a time zone."""
    ended_at: datetime | None = None
    """When the job ended, with a time zone."""
    cost_basis: Mapping[str, float] | None = None
    """The amounts that the service bills, by unit: ``dpu_seconds`` or ``vcpu_hours``, for example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """A run that begins, for the hook extract_run_planned. The core sets it. Since contract 1.3."""

    run_id: str
    """The id of the run."""
    execution_id: str
    """Its execution: an ARN."""
    source: str
    """The source."""
    started_at: str
    """When the run began: ISO 8601, UTC."""
    items: Sequence[Mapping[str, Json]]
    """The items of its tables, at their first attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAttempt:
    """A committed attempt whose files hold rows of the table now. The core sets it. Since contract 1.3."""

    run_id: str
    """The id of the run."""
    attempt: int
    """The number of the attempt in that run, from 1."""
    mode: WatermarkMode
    """``full``, ``incremental`` or ``backfill``."""
    is_base: bool
    """It read the whole table: nothing older is live."""
    recorded_at: str
    """When it was committed: ISO 8601, UTC."""
    rows: int | None
    """Rows in the files. None: the job did not say."""
    files: Sequence[str]
    """The URIs of its files."""
    folder: str
    """The URI of its folder, which ends in a slash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptReport:
    """What is known of an attempt that has ended, beside its item and its status. The core sets it. Since contract 1.3.

    What a job reports is there for an attempt that succeeded, if its result object has it.
    """

    run_started_at: str | None = None
    """When the run began: ISO 8601, UTC."""
    mode: WatermarkMode = "full"
    """``full``, ``incremental`` or ``backfill``."""
    database: Mapping[str, str] = field(default_factory=dict)
    """``db_engine``, ``db_name``, ``db_port`` and ``db_secret`` of the config, as far as the plan is known."""
    rows: int | None = None
    """Rows that were written."""
    bytes: int | None = None
    """Bytes that were written."""
    files: Sequence[str] = ()
    """The URIs of the files."""
    schema: Sequence[Mapping[str, Json]] = ()
    """The columns: ``column``, ``declared`` (the type in the source), ``arrow`` (the type in the files), ``nullable``."""
    origin: Mapping[str, Json] = field(default_factory=dict)
    """The member ``source`` of the result object: ``engine``, ``version``, ``host``, ``port``, ``database`` and more."""
    live: Callable[[], Sequence[LiveAttempt]] = list
    """Reads which attempts hold the rows of the table now, this one included, oldest first. Raises ObjectError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One allow statement of an IAM policy. You set it."""

    actions: Sequence[str]
    """Exact actions: ``glue:StartJobRun``."""
    resources: Sequence[str]
    """ARNs. ``*`` is for actions that take no resource."""
    condition: Mapping[str, Mapping[str, Json]] | None = None
    """The Condition of the statement, as IAM writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A retrier of Amazon States Language. You set it, in `JobType.start_retries`."""

    errors: Sequence[str]
    """Exact names; case matters. ``States.ALL`` is refused."""
    interval_seconds: int = 30
    """Seconds before the first retry; fewer than `max_delay_seconds`."""
    max_attempts: int = 8
    """How many retries, at most."""
    backoff_rate: float = 2.0
    """Each wait is this many times the wait before it; at least 1."""
    max_delay_seconds: int = 300
    """Seconds that one wait takes, at most."""
    jitter: Literal["FULL", "NONE"] = "FULL"
    """FULL: each wait is a random part of its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaFunction:
    """A Lambda function of the plugin, deployed with the machine. You set it, in `JobType.functions`."""

    name: str
    """Its name, for `Target.function_arn`."""
    handler: str
    """``package.module:function``."""
    statements: Sequence[Statement] = ()
    """What its role needs."""
    timeout_seconds: int = 60
    """Its time limit; at most 900."""
    memory_mb: int = 256
    """Its memory in MB."""
    statements_for: Callable[[Target[Any]], Iterable[Statement]] | None = None
    """What else its role needs, if it depends on the target: on partition, region, account or deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCommand:
    """What the service would run, as a process on this machine. You set it, in `JobType.local_command`."""

    argv: Sequence[str]
    """The program and its arguments."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that are added to the environment."""
    script: str | None = None
    """The name or URI of the script that the service runs, if the job type knows it.

    If it is not extract's job, a file of that name in the project's folder runs in its place. Since contract 1.1.
    """
    seconds: float | None = None
    """After so many seconds the service ends the job itself. None: it does not. Since contract 1.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalExit:
    """How that process ended. The local runner sets it."""

    code: int
    """The exit code. -N: signal N killed the process."""
    seconds: float
    """How long it ran."""
    output_tail: str
    """The last lines that it wrote to stdout and stderr."""
    injected: Literal["throttle", "oom", "interrupt", "fail", "timeout"] | None = None
    """The fault of ``--inject``, whatever the exit code says; ``timeout`` also after `LocalCommand.seconds`. None: no fault."""


class ArgumentsTooLong(ValueError):  # noqa: N818 - read as what happened
    """A ValueError that shorter arguments would fix. `JobType.arguments` raises it, with the limit of the service and the length.

    With ``argument_encoding: json`` the core puts all arguments into an object, which the job reads, and calls `arguments` again:
    ``table.job_arguments`` then holds only ``--extract_arguments``, the URI of this object. Otherwise the error becomes the plan
    error of the table, and its message names this remedy.
    """


class JobType(ABC, Generic[S, D]):
    """One value of ``job_type``: how a service runs one table's job. Instances hold no state."""

    name: ClassVar[str]
    """The value of ``job_type`` in the config: ``[a-z][a-z0-9_]*``."""
    title: ClassVar[str]
    """Begins each of its state names: Glue, EMR, EMR Serverless, ECS."""
    api_version: ClassVar[int]
    """The contract it was written for: must equal ``extract_core.API_VERSION[0]``."""
    requires_contract: ClassVar[str] = ""
    """The lowest contract that has all that it uses: ``"1.1"``. Default: any. Since contract 1.1."""
    service_arguments: ClassVar[frozenset[str]] = frozenset()
    """Names of arguments that the service reads itself, and not the script: ``frozenset({"--conf"})``. Default: none.

    They stay in ``table.job_arguments`` with every ``argument_encoding``, and their values may be empty.
    Since contract 1.1.
    """
    service_names: ClassVar[Mapping[str, str]] = {}
    """Names that the service's API uses for keys of `settings`, for messages: ``{"NumberOfWorkers": "worker_no"}``.

    Since contract 1.1.
    """

    shares: ClassVar[bool] = False
    """Whether one job can extract several tables: the job's script reads them from the object that ``--extract_arguments`` names.

    `arguments` then gets ``{"--extract_arguments": <URI>}`` of the object, and the `table` that the job is named after. The
    script must be the reference job, or one that handles the object in the same way. Default: each table has its own job.
    Since contract 1.2.
    """

    start_seconds: ClassVar[int] = 0
    """About how long the service takes to start a job, for estimates: a table that shares a job does not wait for it.

    Since contract 1.2.
    """

    @abstractmethod
    def settings(self) -> type[S]:
        """The pydantic model of one table's settings. Import it inside; let it refuse unknown keys (``extra="forbid"``)."""

    @abstractmethod
    def deployment(self) -> type[D]:
        """The pydantic model of what is fixed when the machine is built: ``[job_types.<name>]`` of extract.toml."""

    @abstractmethod
    def branch(self, target: Target[D]) -> Branch:
        """The states. Called at build time only. For every table, `arguments` must return each path that a state reads."""

    @abstractmethod
    def arguments(self, table: TableRun[D], settings: S) -> Mapping[str, Json]:
        """What the branch finds under ``$.arguments``, in the JSON types of the service's API. No secrets, no null.

        If a table cannot run, raise ValueError (ArgumentsTooLong, if a limit of the service is the reason). It becomes the plan
        error of this table, and the other tables run.
        """

    @abstractmethod
    def status(self, outcome: Outcome) -> JobStatus:
        """What this outcome means. It must never raise. SUCCEEDED is only for the service's own success word."""

    def permissions(self, target: Target[D]) -> Iterable[Statement]:  # noqa: ARG002 - for implementations
        """What the state machine's role needs for this branch, also to stop and cancel jobs. Default: nothing."""
        return ()

    def start_retries(self) -> Iterable[Retry]:
        """Retriers for errors that are raised before a job can have started. Default: none."""
        return ()

    def timeout(self, settings: S) -> int:  # noqa: ARG002
        """Seconds after which the state ends the job: the service's own limit + time in a queue + a margin. Default: a day."""
        return 86_400

    def escalate(self, settings: S, status: JobStatus, attempt: int) -> S | None:  # noqa: ARG002
        """Larger settings for the next attempt after this status. None: they stay the same. Default: None."""
        return None

    def minute_cost(self, settings: S) -> Mapping[str, float]:  # noqa: ARG002
        """What a job uses per minute, in the units of `JobStatus.cost_basis`; a minute is the least that the service bills.

        For estimates of what a shared job saves. Default: nothing is known. Since contract 1.2.
        """
        return {}

    def diagnose(self, outcome: Outcome, aws: object, deployment: D) -> str | None:  # noqa: ARG002
        """A more exact reason than the payload has: request it from the service, with a boto3 session (`aws`). Default: None.

        `deployment` is what the table was planned for. A method may leave this parameter out. It is passed since contract 1.2.
        The status handler calls it for a job that did not succeed; on one machine it is not called. The text goes below the
        message and changes nothing else. Exceptions are logged. After 30 seconds the end is recorded without the text. See
        `diagnose_permissions`.
        """
        return None

    def diagnose_permissions(self, target: Target[D]) -> Iterable[Statement]:  # noqa: ARG002
        """What the roles of the status handler and of reconcile need for `diagnose`. Default: nothing."""
        return ()

    def stop(self, outcome: Outcome, aws: object, deployment: D) -> None:
        """End a job that outlived its execution, with a boto3 session (`aws`). Reconcile calls it. Default: nothing is done.

        `deployment` is what the table was planned for. A method may leave this parameter out. It is passed since contract 1.2.
        `outcome.item` is the input of the branch's last state. `outcome.result` is what is known of the job: the answer to its
        start (TaskSubmitted), or ``$.job_result`` of an earlier state, or None if the history has neither. Do not raise if the
        job has ended, nor in a second call. Exceptions and calls over 60 seconds appear in reconcile's report.
        """

    def stop_permissions(self, target: Target[D]) -> Iterable[Statement]:  # noqa: ARG002
        """What reconcile's role needs for `stop`. Default: nothing."""
        return ()

    def functions(self) -> Iterable[LambdaFunction]:
        """Lambda functions that this job type brings. Default: none."""
        return ()

    def infrastructure(self, target: Target[D]) -> Mapping[str, Resource]:  # noqa: ARG002
        """Resources of the stack, by logical id. An id begins with `title` without blanks: ``GlueRole``. Default: none.

        For a value that AWS chooses, write a token such as ``${GlueRole.Arn}`` in the branch, in the deployment or in statements:
        CloudFormation fills it from the resource of this mapping. A name that the deployment chooses needs no token. Since
        contract 1.1.
        """
        return {}

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand | None:  # noqa: ARG002
        """What the service would run for these arguments. None: this job type cannot run on one machine. Default: None."""
        return None

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:  # noqa: ARG002
        """What the service would answer after that end, in its own shape. `status` must be able to read it.

        Default: ``{"ExitCode": 0}`` as the result, or States.TaskFailed with the exit code and the last output as cause.
        """
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded({"ExitCode": 0})
        reason = {"ExitCode": ended.code, "Reason": ended.injected or ended.output_tail}
        return Outcome.failed("States.TaskFailed", json.dumps(reason))

    def local_task(self, state: str, parameters: Json, end: Outcome | None) -> Outcome | None:  # noqa: ARG002
        """The answer of another Task of the branch on one machine: a Task that asks about the job, cancels it or prepares it.

        `state` is the name of the Task, `parameters` is what it sends. `end` is what `local_answer` returned for the job; it is
        None for a Task before the job. Return None if the Task has no answer: the table is then recorded with this reason.
        Default: `end`, so the first question gets the answer with which the job has ended. Since contract 1.1.
        """
        return end


@hookspec
def extract_job_types() -> Iterable[JobType[S, D]]:  # type: ignore[empty-body]
    """The job types of this plugin, as instances. Called once, when the plugin is loaded. None: it has no job types."""


@hookspec
def extract_amend_arguments(table: TableRun[D], job_type: str) -> Mapping[str, str] | None:
    """Flat ``--key value`` arguments to add to ``table.job_arguments``, or to replace there. None: no change.

    Called at plan time, before `arguments`, for each table of the plugin's own job types, or of all job types if the module has
    ``amends_all_job_types = True``. Plugins are called one after the other, and each gets the arguments that the last one
    returned. If the hook raises, or returns an argument that extract sets itself, the table gets a plan error that names the
    plugin.
    """


@hookspec
def extract_settings() -> type[BaseModel]:  # type: ignore[empty-body]
    """The pydantic model of the section ``[plugins.<name>]`` of extract.toml. Import it inside; let it refuse unknown keys.

    Without the section, no other hook of the plugin is called. `validate` reports what the model refuses. Other hooks get the
    section as `settings`, as it is written. Since contract 1.3.
    """


@hookspec
def extract_permissions(target: Target[Any], settings: Mapping[str, Json]) -> Iterable[Statement]:  # type: ignore[empty-body]
    """What the hooks of a run need if they call AWS: the roles of the functions that call the hooks get these statements.

    The functions are the status handler, the summary and reconcile. ``target.deployment`` is the section too. Since contract 1.3.
    """


@hookspec
def extract_run_planned(run: PlannedRun, settings: Mapping[str, Json]) -> None:
    """Called by the config manager after a run is planned, before its tables start.

    The config manager waits for it, so it must be fast, also for a run of 100,000 tables. It may be called again for the same
    run. An exception is logged with the plugin's name and changes nothing. Since contract 1.3.
    """


@hookspec
def extract_run_finished(
    table: Mapping[str, Json], job_type: str, status: JobStatus, report: AttemptReport, settings: Mapping[str, Json]
) -> None:
    """Called after the end of an attempt is recorded, at least once per attempt: to notify others, for example.

    The status handler calls it with the item; the summary and reconcile call it for ends that they record. `run_id`, `table` and
    `attempt` of the item identify the attempt. An exception is logged with the plugin's name and changes nothing. `report` and
    `settings` are passed since contract 1.3.
    """


@hookspec
def extract_run_ended(summary: Mapping[str, Json], settings: Mapping[str, Json]) -> None:
    """Called after a run has ended and its summary is stored. It may be called again for the same run.

    An exception is logged with the plugin's name and changes nothing. Since contract 1.3.
    """


@hookspec
def extract_state_machine(definition: dict[str, Json]) -> dict[str, Json] | None:
    """Called at build time with the whole definition: return another one, or None to keep it.

    Plugins are called one after the other. An exception stops the build, and the message names the plugin.
    """
