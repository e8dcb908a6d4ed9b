"""PolledJob: the base of a job type for a service without ``.sync``: Step Functions starts a job and asks about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from extract_core.contract import D, S
from extract_core.sync_job.paths import put
from extract_core.sync_job.polling import Polling
from extract_core.sync_job.service_job import ServiceJob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Branch, JobStatus, Json, LocalExit, Outcome, Statement, Target
    from extract_core.sync_job.local_end import LocalEnd


class PolledJob(Polling[D], ServiceJob[S, D], Generic[S, D]):
    """A job type that starts a job, asks about it until it has ended, and stops it if it takes too long.

    The branch is made from the attributes, so a failed question is asked again and never starts a second job. A description of
    a job is the answer to the question. ``$.started`` is the answer to the start. Since contract 1.2.
    """

    requires_contract = "1.2"

    # What JobType asks for

    def branch(self, target: Target[D]) -> Branch:
        """Start, then wait, ask and choose until the job has ended or its time is up; then stop."""
        from extract_core.sync_job.polled_branch import branch_of

        return branch_of(self, target, self.request(target.deployment))

    def status(self, outcome: Outcome) -> JobStatus:
        """What the outcome means, by the service's words. A job that the branch has stopped is TIMED_OUT or UNKNOWN."""
        from extract_core.sync_job.polled_ends import polled_status

        return polled_status(self, outcome, super().status(outcome))

    def diagnose(self, outcome: Outcome, aws: object, deployment: D) -> str | None:
        """What the service now says of the job, if the outcome does not have it: the question failed."""
        from extract_core.sync_job.polled_calls import reason_now

        return None if self.described(outcome) else reason_now(self, outcome, aws, deployment)

    def diagnose_permissions(self, target: Target[D]) -> Iterable[Statement]:
        """`diagnose_rights`; by default the action of `describe_resource` in `rights`."""
        from extract_core.sync_job.rights import of_call

        return self._statements(target, self.diagnose_rights or of_call(self.rights, self.describe_resource))

    def stop(self, outcome: Outcome, aws: object, deployment: D) -> None:
        """Call `stop_resource` for a job whose start was answered. If AWS refuses, and the job has ended, this is fine."""
        from extract_core.sync_job.polled_calls import stop_now

        stop_now(self, outcome, aws, deployment)

    def stop_permissions(self, target: Target[D]) -> Iterable[Statement]:
        """`stop_rights`; by default the actions of `stop_resource` and `describe_resource` in `rights`."""
        from extract_core.sync_job.rights import of_call

        rights = self.stop_rights or of_call(self.rights, self.stop_resource, self.describe_resource)
        return self._statements(target, rights)

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> Mapping[str, Json]:
        """The description of this end with its wrapper. `status` must read it. Default: the members that are named above."""
        described = put(self.id_member, self.local_id(end), super().local_result(arguments, end))
        if self.done_member:
            goes_on = end.state not in {self.succeeded, *self.failures}
            described = put(self.done_member, end.state if goes_on else self.done[0], described)
        for wrapper in self.wrappers:
            described = put(wrapper, described, {})
        return described

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """The answer to the start and to each question: `local_result` of that end, with the job's id."""
        from extract_core.sync_job.local import polled_answer_of

        return polled_answer_of(self, arguments, ended)

    def fault_of_definition(self) -> str | None:
        """What is wrong with the attributes, or None. The registry calls it when the plugin is loaded."""
        from extract_core.sync_job.definition import fault_of

        return fault_of(self, PolledJob)
