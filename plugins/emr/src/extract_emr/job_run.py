"""What EMR Serverless and EMR on EKS have in common: both describe a JobRun, and both write logs to S3.

Success and failure are a JobRun with PascalCase keys and epoch milliseconds. That of EMR Serverless is at top level, in the
result and in the Cause: the machine of vivekaradshan/upgrade-regression-test-agent reads ``$.State`` and ``$.JobRunId`` there,
and its deployment notes say that it ran so on AWS. That of EMR on EKS was not seen; ``{"JobRun": ...}`` reads the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from extract_core import SyncJob
from extract_core.parsing.payload import member, text
from extract_emr.logs import read_logs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel

    from extract_core import Json, Statement, Target
    from extract_core.sync_job.local_end import LocalEnd

S = TypeVar("S", bound="BaseModel")
D = TypeVar("D", bound="BaseModel")

_DETAILS: Final = 256
"""Characters of StateDetails (botocore): a long reason is cut."""


class JobRun(SyncJob[S, D]):
    """`known_by` holds the member of the run's id and that of the place it runs in; `named` has that place alone."""

    log_path: ClassVar[str]
    """The folder of a place's runs below the log folder: ``applications/{}/jobs/``."""

    requires_contract = "1.2"
    job_word = "job run"
    wrappers = ("JobRun",)
    state_member = "State"
    reason_members = ("FailureReason", "StateDetails")
    local_ends: ClassVar[Mapping[str, tuple[str, str]]] = {
        "oom": ("FAILED", "Job failed. ExitCode: 137. Last few exceptions: java.lang.OutOfMemoryError: Java heap space"),
        "interrupt": ("FAILED", "Job failed. Last few exceptions: ExecutorLostFailure: Container released on a *lost* node"),
        "stopped": ("CANCELLED", "Job run was cancelled"),
    }

    def key(self, job: Mapping[str, Json], arguments: Json, deployment: D) -> Sequence[str | None]:  # noqa: ARG002
        """Place and run: both are members of StartJobRun's answer and of a JobRun."""
        return self._place_and_run(job, arguments)

    def _place_and_run(self, job: Mapping[str, Json], arguments: Json = None) -> Sequence[str | None]:
        [argument] = self.named
        return text(job, self.known_by[1]) or text(arguments, argument), text(job, self.id_member)

    def log_url(self, job: Mapping[str, Json]) -> str | None:
        """The folder of the run's logs in S3."""
        return self.log_folder(job, self._place_and_run(job))

    def log_folder(self, job: Mapping[str, Json], key: Sequence[str | None]) -> str | None:
        """The folder of this run's logs, if the run has a log folder in S3."""
        uri = text(job, "ConfigurationOverrides", "MonitoringConfiguration", "S3MonitoringConfiguration", "LogUri")
        return f"{uri.rstrip('/')}/{self.log_path.format(key[0])}{key[1]}/" if uri and all(key) else None

    def diagnose_permissions(self, target: Target[D]) -> Iterable[Statement]:
        """And the logs below log_uri."""
        yield from super().diagnose_permissions(target)
        [argument] = self.named
        prefixes = [self.log_path.format(place) for place in self.allowed(argument, target.deployment)]
        yield from read_logs(target, getattr(target.deployment, "log_uri", None), prefixes)

    def local_argv(self, arguments: Mapping[str, Json]) -> Json:
        """The entry point's arguments: Spark gives a script the same argv."""
        return member(arguments, "spark_submit", "EntryPointArguments")

    def local_script(self, arguments: Mapping[str, Json]) -> str | None:
        """The entry point."""
        return text(arguments, "spark_submit", "EntryPoint")

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> dict[str, Json]:
        """The members that both services have. On AWS StateDetails say little of the job; here it holds the job's last words."""
        reason = end.reason or ""
        details = reason[:_DETAILS] if reason.startswith("killed by ") else reason[-_DETAILS:]
        run = {**super().local_result(arguments, end), "Name": arguments["name"], "StateDetails": details}
        run.pop("FailureReason", None)  # of EMR on EKS only
        return run
