"""ServiceJob: what `SyncJob` and `PolledJob` share, the base of a job type that calls a service by Step Functions."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, cast

from extract_core.contract import D, FailureClass, JobType, LocalCommand, S, Statement
from extract_core.sync_job.words import ServiceWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core.contract import JobStatus, Json, LocalExit, Outcome, Target


class ServiceJob(ServiceWords, JobType[S, D]):
    """A job type that starts a job of a service, and learns from Step Functions how it ended. Subclass `SyncJob` or `PolledJob`.

    A subclass sets the attributes, here and in `ServiceWords`, and writes `request` and `arguments`. Everything else has a
    default that reads the attributes; override what your service does differently. A description of a job (`job`) has
    PascalCase members, and times as epoch milliseconds, as Step Functions gives them.
    """

    # The call

    resource: ClassVar[str]
    """The integration of Step Functions that starts the job, without the ARN: ``batch:submitJob.sync``."""
    settings_model: ClassVar[str]
    """``package.module:Class`` of one table's settings. It is imported when it is used."""
    deployment_model: ClassVar[str]
    """``package.module:Class`` of what is fixed when the machine is built."""
    comment: ClassVar[str] = "Runs the table's job and waits for its end"
    """What people read beside the state."""
    named: ClassVar[Mapping[str, str]] = {}
    """Settings that name something of the deployment, and its name in messages: ``{"job_queue": "job queue"}``.

    The deployment's field of the same name is the default; its plural (``job_queues``) lists what else a table may name.
    """
    margin_seconds: ClassVar[int] = 600
    """How long the state waits beyond ``timeout_minutes`` and ``queue_minutes``: the service, not the state, should end a job."""
    unread_arguments: ClassVar[Sequence[str]] = ()
    """Members of ``$.arguments`` that only code reads, and no state: `extract plugins check` does not report them.

    Write ``job_arguments`` if the call carries no job arguments, as a query.
    """

    # What roles may do

    rights: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Actions of the state machine's role, by resource: ``{"job/{job_name}": ("glue:StartJobRun", "glue:BatchStopJobRun")}``.

    A resource is the last part of an ARN, or ``*`` for actions that take none. Braces hold a field of the deployment; if it is
    in `named`, every allowed value counts. For a resource of another service, write the whole ARN with ``{partition}``,
    ``{region}`` and ``{account}``. A field that holds a whole ARN may begin a resource: ``{task_arn}/execution/*``.
    """
    role_service: ClassVar[str] = ""
    """The service that `roles` are passed to: ``ecs-tasks.amazonaws.com``."""
    diagnose_rights: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Actions of `diagnose`, as in `rights`."""
    stop_rights: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Actions of `stop`, as in `rights`."""

    @abstractmethod
    def request(self, deployment: D) -> Mapping[str, Json]:
        """The members of the call: fixed ones from the deployment, those of a table by their path below ``$.arguments``."""

    def roles(self, deployment: D) -> Sequence[str]:  # noqa: ARG002 - for implementations
        """The ARNs of roles that the call passes on to `role_service`. Default: none."""
        return ()

    def bigger(self, settings: S, status: JobStatus) -> S | None:  # noqa: ARG002
        """Larger settings after a lack of memory, or None if there are none. Default: None."""
        return None

    def local_argv(self, arguments: Mapping[str, Json]) -> Json:  # noqa: ARG002
        """The job's own ``--key value`` arguments, a list or an object, from ``$.arguments``.

        None: this job type cannot run on one machine. Default: None.
        """
        return None

    def local_script(self, arguments: Mapping[str, Json]) -> str | None:  # noqa: ARG002
        """The name or URI of the script that the service runs, from ``$.arguments``. Default: None, the config's script_name."""
        return None

    def local_seconds(self, arguments: Mapping[str, Json]) -> float | None:  # noqa: ARG002
        """After how many seconds the service ends the job itself, from ``$.arguments``. Default: None, it does not."""
        return None

    # What JobType asks for

    def settings(self) -> type[S]:
        """The class that `settings_model` names."""
        module, _, name = self.settings_model.partition(":")
        return cast("type[S]", getattr(import_module(module), name))

    def deployment(self) -> type[D]:
        """The class that `deployment_model` names."""
        module, _, name = self.deployment_model.partition(":")
        return cast("type[D]", getattr(import_module(module), name))

    def timeout(self, settings: S) -> int:
        """``(timeout_minutes + queue_minutes) * 60 + margin_seconds``; a day without ``timeout_minutes``."""
        minutes = getattr(settings, "timeout_minutes", None)
        if minutes is None:
            return super().timeout(settings)
        return (int(minutes) + int(getattr(settings, "queue_minutes", 0))) * 60 + self.margin_seconds

    def escalate(self, settings: S, status: JobStatus, attempt: int) -> S | None:  # noqa: ARG002 - the next size follows this one
        """After a lack of memory: `bigger`."""
        return self.bigger(settings, status) if status.failure is FailureClass.OUT_OF_MEMORY else None

    def permissions(self, target: Target[D]) -> Iterable[Statement]:
        """`rights`, and PassRole for `roles`."""
        yield from self._statements(target, self.rights)
        roles = tuple(sorted(self.roles(target.deployment)))
        if roles:
            passed_to: dict[str, dict[str, Json]] = {"StringEquals": {"iam:PassedToService": self.role_service}}
            yield Statement(actions=("iam:PassRole",), resources=roles, condition=passed_to)

    def diagnose_permissions(self, target: Target[D]) -> Iterable[Statement]:
        """`diagnose_rights`."""
        return self._statements(target, self.diagnose_rights)

    def stop_permissions(self, target: Target[D]) -> Iterable[Statement]:
        """`stop_rights`."""
        return self._statements(target, self.stop_rights)

    def status(self, outcome: Outcome) -> JobStatus:
        """What the outcome means, by the service's words."""
        from extract_core.sync_job.ends import status_of

        return status_of(self, outcome)

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand | None:
        """The reference extract job with `local_argv`."""
        argv = self.local_argv(arguments)
        if argv is None:
            return None
        if isinstance(argv, Mapping):
            argv = [part for pair in argv.items() for part in pair]
        if not isinstance(argv, list | tuple):
            raise TypeError(f"local_argv() of job type {self.name!r} must return a list or an object of arguments, not {argv!r}")
        command = [sys.executable, "-P", "-m", "extract_job", *map(str, argv)]
        return LocalCommand(argv=command, script=self.local_script(arguments), seconds=self.local_seconds(arguments))

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """`local_result` of that end, in the form in which Step Functions passes it on."""
        from extract_core.sync_job.local import answer_of

        return answer_of(self, arguments, ended)

    # For use in the methods of a subclass

    def chosen(self, name: str, settings: S, deployment: D) -> str:
        """The value of a setting in `named`, by default the deployment's. ValueError if the deployment does not allow it."""
        chosen: str = getattr(settings, name) or getattr(deployment, name)
        allowed = self.allowed(name, deployment)
        if chosen in allowed:
            return chosen
        raise ValueError(
            f"the {self.named[name]} {chosen!r} is not in the deployment, which allows {', '.join(map(repr, allowed))}: "
            f"name one of these as {name}, or add it to {name}s under [job_types.{self.name}] of extract.toml and build anew"
        )

    def allowed(self, name: str, deployment: D) -> tuple[str, ...]:
        """Every value that a table may choose for a setting in `named`, sorted."""
        return tuple(sorted({getattr(deployment, name), *getattr(deployment, f"{name}s", ())}))

    def _statements(self, target: Target[D], rights: Mapping[str, Sequence[str]]) -> Iterable[Statement]:
        from extract_core.sync_job.rights import statements

        deployment = target.deployment

        def values_of(field: str) -> Sequence[str]:
            return self.allowed(field, deployment) if field in self.named else (getattr(deployment, field),)

        return statements(target, rights, values_of)
