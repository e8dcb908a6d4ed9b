"""The state machines of a client, with their revisions, versions and aliases, and its executions."""

import random
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from asl_toolkit.client.arns import Place, fault_of_arn, unqualified
from asl_toolkit.client.definitions import MachineType, refusal
from asl_toolkit.client.errors import Exceptions
from asl_toolkit.client.map_run_book import MapRunBook
from asl_toolkit.clock import Clock
from asl_toolkit.machine import StateMachine, load
from asl_toolkit.runtime.execution import Execution
from asl_toolkit.services.registry import Services

EXPRESS_SECONDS = 300  # how long an EXPRESS execution may take (service quotas)


@dataclass(frozen=True, slots=True)
class Revision:
    """The parts that UpdateStateMachine replaces. `id` is None until the first update, as on AWS."""

    definition: str
    role_arn: str
    loaded: StateMachine
    settings: dict[str, Any]  # loggingConfiguration, tracingConfiguration, encryptionConfiguration as given
    updated: datetime
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A published revision."""

    arn: str
    revision: Revision
    description: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for one or two versions; `routing` has the API's form."""

    arn: str
    name: str
    description: str | None
    routing: tuple[tuple[str, int], ...]  # version's ARN, weight
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Machine:
    """A state machine under its name."""

    name: str
    arn: str
    type: MachineType
    created: datetime
    revision: Revision
    tags: dict[str, str]
    versions: dict[int, Version] = field(default_factory=dict)
    published: int = 0  # the number of the newest version: never given twice
    aliases: dict[str, Alias] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """The revision that an ARN starts, and the version and alias that led to it."""

    machine: Machine
    revision: Revision
    version_arn: str | None = None
    alias_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An execution, its target, and the input and trace header of its request."""

    execution: Execution
    target: Target
    input: str
    trace: str | None = None
    redriven_by: deque[str] = field(default_factory=lambda: deque(maxlen=10))  # client tokens: the last ten count


@dataclass(slots=True)
class Activity:
    """An activity and its untaken tasks: token, input, and a function that gets the worker's name."""

    name: str
    arn: str
    created: datetime
    tags: dict[str, str]
    waiting: deque[tuple[str, str, Callable[[str | None], None]]] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)


class Registry:
    """The data of a client. Any thread may use it."""

    services: Services  # set by the client, whose own handlers need the registry

    def __init__(self, place: Place, clock: Callable[[], Clock] | None) -> None:
        self.place = place
        self.exceptions = Exceptions()
        self.clock = clock
        self.lock = threading.RLock()
        self.machines: dict[str, Machine] = {}
        self.executions: dict[str, Started] = {}
        self.map_runs = MapRunBook()
        self.activities: dict[str, Activity] = {}
        self._draws = random.Random(0)  # noqa: S311 - which version an alias leads to; the same in each run

    def error(self, code: str, message: str, operation: str) -> Exception:
        """An error as botocore raises it."""
        return self.exceptions.make(code, message, operation)

    def revision(self, definition: str, kind: MachineType, operation: str) -> tuple[str, StateMachine]:
        """A definition, loaded; InvalidDefinition lists every fault."""
        reason = refusal(definition, kind)
        if reason is not None:
            raise self.error("InvalidDefinition", reason, operation)
        loaded = load(definition)
        if kind == "EXPRESS":
            seconds = min(loaded.model.timeout or EXPRESS_SECONDS, EXPRESS_SECONDS)
            loaded = StateMachine(replace(loaded.model, timeout=seconds))
        return definition, loaded

    def require(self, arn: str, operation: str, *kinds: str) -> None:
        """Raises InvalidArn if an ARN is not of these resource types."""
        fault = fault_of_arn(arn, *kinds)
        if fault is not None:
            raise self.error("InvalidArn", f"Invalid Arn: '{fault}'", operation)

    def machine(self, arn: str, operation: str) -> Machine:
        """A machine by its ARN. Raises StateMachineDoesNotExist, also for the ARN of a version or alias."""
        self.require(arn, operation, "stateMachine")
        with self.lock:
            machine = self.machines.get(arn)
        if machine is None:
            raise self.error("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", operation)
        return machine

    def target(self, arn: str, operation: str) -> Target:
        """The target of the ARN of a machine, a version or an alias. Raises StateMachineDoesNotExist."""
        self.require(arn, operation, "stateMachine")
        own, qualifier = unqualified(arn)
        with self.lock:
            machine = self.machines.get(own)
            if machine is not None and qualifier is None:
                return Target(machine, machine.revision)
            if machine is not None and qualifier in machine.aliases:
                alias = machine.aliases[qualifier]
                weights = [weight for _, weight in alias.routing]
                version_arn = self._draws.choices([version for version, _ in alias.routing], weights)[0]
                return replace(self.target(version_arn, operation), alias_arn=arn)
            number = int(qualifier) if qualifier is not None and qualifier.isdecimal() else 0
            if machine is not None and number in machine.versions:
                return Target(machine, machine.versions[number].revision, version_arn=arn)
        raise self.error("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", operation)

    def execution(self, arn: str, operation: str) -> Started:
        """An execution of a STANDARD machine. Raises InvalidArn or ExecutionDoesNotExist."""
        self.require(arn, operation, "execution")
        with self.lock:
            started = self.executions.get(arn)
        if started is None:
            raise self.missing_execution(arn, operation)
        return started

    def missing_execution(self, arn: str, operation: str) -> Exception:
        """The error for an unknown execution."""
        return self.error("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", operation)


def new_id() -> str:
    """The id of a new revision."""
    return str(uuid.uuid4())
