"""The words of a service: what a `SyncJob` knows of the descriptions of its jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from extract_core.contract import FailureClass
from extract_core.parsing import payload
from extract_core.parsing.verdicts import by_words
from extract_core.sync_job.paths import at, put, said

if TYPE_CHECKING:
    from extract_core.contract import Json, Outcome
    from extract_core.parsing.verdicts import Verdict
    from extract_core.sync_job.local_end import LocalEnd


class ServiceWords:
    """How a service describes a job: its states, the members of a description, and what they mean.

    A member may be a path below the description: ``Status.State``, ``Tasks[0].Status``.
    """

    title: ClassVar[str]
    """As in `JobType`: the name of the service in messages."""

    # The service's words

    job_word: ClassVar[str] = "job"
    """What the service calls a job: ``job run``, ``step``, ``build``."""
    wrappers: ClassVar[Sequence[str]] = ()
    """Members that may hold the description, an object or a list with one object: ``("JobRun",)``."""
    id_member: ClassVar[str]
    """The member with the job's id."""
    known_by: ClassVar[Sequence[str]] = ()
    """Members that only this service sends. The state counts only beside one of them. Default: `id_member`."""
    state_member: ClassVar[str]
    """The member with the job's state."""
    succeeded: ClassVar[str]
    """The one state that means success. A state that is a number is written as text: ``"10"``."""
    failures: ClassVar[Mapping[str, FailureClass | None]]
    """The other states in which a job can end, and what each means; None: the words of the reason decide.

    A state that is neither here nor in `not_ends` is UNKNOWN: a new state of the service must never turn a table green.
    """
    not_ends: ClassVar[frozenset[str]] = frozenset()
    """States of a job that goes on. A ``.sync`` call never answers with one: UNKNOWN."""
    reason_members: ClassVar[Sequence[str]] = ()
    """The members that say why a job failed."""
    started_members: ClassVar[Sequence[str]] = ("StartedAt",)
    """Members with the time of its start; the first that is there counts."""
    ended_members: ClassVar[Sequence[str]] = ("StoppedAt",)
    """Members with the time of its end; the first that is there counts."""

    # On one machine

    throttled: ClassVar[str] = "ThrottlingException"
    """The error of a throttled start: ``Batch.AWSBatchException``."""
    local_ends: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """State and reason that the service gives after ``oom``, ``interrupt``, ``fail``, ``timeout``, or when it is ``stopped``.

    Default: a state of `failures` that fits, with general words. A service that has no state for a timeout never says
    one: then the state's own limit ends the job.
    """

    def job_in(self, answer: Json) -> Mapping[str, Json]:
        """The description of the job in an answer of the service; ``{}`` if there is none."""
        for wrapper in self.wrappers:
            inner = at(answer, wrapper)
            if isinstance(inner, Sequence) and not isinstance(inner, str):
                inner = next((described for described in inner if isinstance(described, Mapping)), None)
            if isinstance(inner, Mapping):
                return inner
        return answer if isinstance(answer, Mapping) else {}

    def reason(self, job: Mapping[str, Json]) -> str | None:
        """Why the job failed, in the service's own words. Default: the texts of `reason_members`."""
        return ": ".join(dict.fromkeys(filter(None, (said(job, name) for name in self.reason_members)))) or None

    def failure(self, state: str, job: Mapping[str, Json], reason: str | None) -> FailureClass | Verdict:  # noqa: ARG002
        """What a state of `failures` means. Default: its class there; else by the words of the reason, else USER_CODE.

        A job that failed without any reason is UNKNOWN.
        """
        by_default = FailureClass.USER_CODE if reason else FailureClass.UNKNOWN
        return self.failures[state] or by_words(reason) or by_default

    def log_url(self, job: Mapping[str, Json]) -> str | None:  # noqa: ARG002
        """Where people read the job's log. Default: None."""
        return None

    def cost_basis(self, job: Mapping[str, Json]) -> Mapping[str, float] | None:  # noqa: ARG002
        """What the bill is made from, by unit. Default: None."""
        return None

    def described(self, outcome: Outcome) -> Mapping[str, Json]:
        """The description of the job in the result, or in the cause of an error; ``{}`` if there is none."""
        return self.job_in(payload.described(outcome))

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> Mapping[str, Json]:  # noqa: ARG002
        """How the service would have described this end. `status` must read it. Default: the members that are named above."""
        values: list[tuple[str, Json]] = [(self.id_member, f"local-{end.number}"), (self.state_member, end.state)]
        values += [(name, end.began) for name in self.started_members[:1]]
        values += [(name, end.ended) for name in self.ended_members[:1]]
        values += [(name, end.reason) for name in self.reason_members[:1] if end.reason]
        described: dict[str, Json] = {}
        for name, value in values:
            described = put(name, value, described)
        return described
