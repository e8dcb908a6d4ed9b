"""How a service is polled: the calls of a `PolledJob`, and what names a job in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic

from extract_core.contract import D
from extract_core.registry.routing import STARTED
from extract_core.sync_job.paths import said, steps
from extract_core.sync_job.words import ServiceWords

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.sync_job.local_end import LocalEnd


class Polling(ServiceWords, Generic[D]):
    """The calls that ask about a job and stop it. The answer to the question is the description of the job."""

    name: ClassVar[str]
    """As in `JobType`."""
    resource: ClassVar[str]
    """The integration that starts a job: ``aws-sdk:ssm:sendCommand``."""

    describe_resource: ClassVar[str]
    """The integration that asks about a job: ``aws-sdk:ssm:getCommandInvocation``."""
    stop_resource: ClassVar[str]
    """The integration that stops a job: ``aws-sdk:ssm:cancelCommand``."""
    started_id: ClassVar[str] = ""
    """The path of the job's id in the answer to the start: ``Command.CommandId``. Default: `id_member`."""
    done_member: ClassVar[str] = ""
    """The member that says that a job has ended, if `state_member` is there only then: ``state.life_cycle_state``."""
    done: ClassVar[Sequence[str]] = ()
    """The words of `done_member` for a job that has ended. `not_ends` are its other words."""
    interval_seconds: ClassVar[int] = 60
    """Seconds between two questions. A table with a long time limit waits longer, so that it asks 1,000 times at most, and 2,500
    times in all its attempts."""
    client_name: ClassVar[str] = ""
    """What boto3 calls the service, if it is not the name in `describe_resource`: ``dms``."""

    def describe_request(self, deployment: D) -> Mapping[str, Json]:  # noqa: ARG002 - for implementations
        """The members of the question; a path may begin with ``$.started`` or ``$.arguments``. Default: the id."""
        path = self.started_id or self.id_member
        return {f"{steps(path)[-1]}.$": f"$.{STARTED}.{path}"}

    def stop_request(self, deployment: D) -> Mapping[str, Json]:
        """The members of the call that stops the job. Default: `describe_request`."""
        return self.describe_request(deployment)

    def local_id(self, end: LocalEnd) -> Json:
        """An id as the service makes it, for a job on one machine. Default: a UUID. ``end.number`` has its 32 digits."""
        number = end.number
        return "-".join((number[:8], number[8:12], number[12:16], number[16:20], number[20:]))

    def ends(self) -> Sequence[str]:
        """The words that end the loop, sorted."""
        return sorted(self.done if self.done_member else {self.succeeded, *self.failures})

    def loop_path(self) -> str:
        """The path, in the answer to the question, of the word that the loop compares: ``Execution.Status``."""
        return ".".join((*self.wrappers, self.done_member or self.state_member))

    def loop_word(self, job: Mapping[str, Json]) -> str | None:
        """That word in a description."""
        return said(job, self.done_member or self.state_member)
