"""SyncJob: the base of a job type whose service Step Functions starts and waits for (``.sync``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from extract_core.contract import Branch, D, S, Statement
from extract_core.parsing.asking import joined
from extract_core.parsing.payload import member
from extract_core.registry.routing import start_state
from extract_core.registry.signatures import with_deployment
from extract_core.sync_job.paths import said
from extract_core.sync_job.service_job import ServiceJob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.contract import Json, Outcome, Target


class SyncJob(ServiceJob[S, D]):
    """A job type of one Task. Step Functions starts the job, waits for its end, and answers with the description of it."""

    event_rule: ClassVar[str | None] = None
    """The EventBridge rule that Step Functions manages for this integration; some services have none."""

    def key(self, job: Mapping[str, Json], arguments: Json, deployment: D) -> Sequence[str | None]:  # noqa: ARG002
        """A sequence of texts by which `describe` and `stop_job` name the job. If one is None, they are not called.

        Default: the job's id. A method may leave `deployment` out. It is passed since contract 1.2.
        """
        return (said(job, self.id_member),)

    def describe(self, aws: object, key: Sequence[str]) -> Json:  # noqa: ARG002
        """What the service now says of the job; use `extract_core.parsing.asking.answer`. Default: nothing."""
        return None

    def logs(self, aws: object, key: Sequence[str], job: Mapping[str, Json]) -> Iterable[str | None]:  # noqa: ARG002
        """The last lines of the job's logs, a text per log. `job` is what `describe` said. Default: none."""
        return ()

    def stop_job(self, aws: object, key: Sequence[str]) -> None:
        """End the job. Do not raise if it has ended; raise every other refusal. Default: nothing is done."""

    def branch(self, target: Target[D]) -> Branch:
        """One Task, which makes the request and leaves the answer at ``$.job_result``."""
        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": self.comment,
            "Resource": f"arn:{target.partition}:states:::{self.resource}",
            "Parameters": self.request(target.deployment),
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def permissions(self, target: Target[D]) -> Iterable[Statement]:
        """`rights`, PassRole for `roles`, and the managed event rule."""
        yield from super().permissions(target)
        if self.event_rule:
            actions = ("events:DescribeRule", "events:PutRule", "events:PutTargets")
            yield Statement(actions=actions, resources=(target.arn("events", f"rule/{self.event_rule}"),))

    def diagnose(self, outcome: Outcome, aws: object, deployment: D) -> str | None:
        """The reason that `describe` gives, if the payload did not have it, and the last lines of the logs."""
        job, key = self._named_job(outcome, deployment)
        if not key:
            return None
        now = self.job_in(self.describe(aws, key))
        reason = self.reason(now)
        return joined(None if reason == self.reason(job) else reason, *self.logs(aws, key, {**job, **now}))

    def stop(self, outcome: Outcome, aws: object, deployment: D) -> None:
        """`stop_job`, if the outcome names a job."""
        _, key = self._named_job(outcome, deployment)
        if key:
            self.stop_job(aws, key)

    def fault_of_definition(self) -> str | None:
        """What is wrong with the attributes, or None. The registry calls it when the plugin is loaded."""
        from extract_core.sync_job.definition import fault_of

        return fault_of(self, SyncJob)

    def _named_job(self, outcome: Outcome, deployment: D) -> tuple[Mapping[str, Json], Sequence[str]]:
        """The description of the job, and its key; empty if a part of that is missing."""
        job = self.described(outcome)
        key = with_deployment(self.key, job, member(outcome.item, "arguments"), deployment=lambda: deployment)
        if not isinstance(key, list | tuple) or not all(isinstance(part, str | None) for part in key):
            raise TypeError(
                f"key() of job type {self.name!r} must return a sequence of texts, with None for a missing one, not {key!r}"
            )
        return job, [part for part in key if part] if all(key) else ()
