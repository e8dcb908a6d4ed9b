"""The state machines and executions that a client knows, and the errors that it raises for those it does not."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from asl_toolkit.client.arns import Place, valid_name
from asl_toolkit.client.errors import Exceptions
from asl_toolkit.clock import Clock
from asl_toolkit.errors import DefinitionError
from asl_toolkit.json_value import Json, loads
from asl_toolkit.machine import StateMachine, load
from asl_toolkit.runtime.execution import Execution
from asl_toolkit.runtime.payload import MOST_BYTES, exceeds
from asl_toolkit.services.registry import Services


@dataclass(slots=True)
class Machine:
    """A state machine under its name."""

    name: str
    arn: str
    type: str
    definition: str
    role_arn: str
    created: datetime
    loaded: StateMachine


@dataclass(frozen=True, slots=True)
class Started:
    """An execution, its machine as it was then, and its input as it was given."""

    execution: Execution
    machine: Machine
    input: str


class Registry:
    """What a client keeps; safe from any thread."""

    def __init__(self, place: Place, services: Services, clock: Callable[[], Clock] | None) -> None:
        self.place = place
        self.services = services
        self.exceptions = Exceptions()
        self._clock = clock
        self._machines: dict[str, Machine] = {}
        self._executions: dict[str, Started] = {}
        self._lock = threading.RLock()

    def error(self, code: str, message: str, operation: str) -> Exception:
        """An error as botocore raises it."""
        return self.exceptions.make(code, message, operation)

    def load(self, definition: str, operation: str) -> StateMachine:
        """A definition, loaded; InvalidDefinition lists every fault."""
        try:
            return load(definition)
        except DefinitionError as error:
            raise self.error("InvalidDefinition", f"Invalid State Machine Definition: '{error}'", operation) from error

    def create(self, name: str, definition: str, role_arn: str, kind: str) -> Machine:
        """Put a machine under a name; the same one again is no error."""
        operation = "CreateStateMachine"
        if not valid_name(name):
            raise self.error("InvalidName", f"Invalid Name: '{name}'", operation)
        loaded = self.load(definition, operation)
        arn = self.place.machine(name)
        with self._lock:
            known = self._machines.get(arn)
            if known is None:
                known = Machine(name, arn, kind, definition, role_arn, datetime.now(UTC), loaded)
                self._machines[arn] = known
            elif (known.definition, known.type) != (definition, kind):
                raise self.error("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'", operation)
        return known

    def delete(self, arn: str) -> None:
        """Forget a machine; its executions stay."""
        with self._lock:
            self._machines.pop(arn, None)

    def machines(self) -> list[Machine]:
        """All machines, by name."""
        with self._lock:
            return sorted(self._machines.values(), key=lambda machine: machine.name)

    def machine(self, arn: str, operation: str) -> Machine:
        """A machine; StateMachineDoesNotExist."""
        with self._lock:
            machine = self._machines.get(arn)
        if machine is None:
            raise self.error("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", operation)
        return machine

    def execution(self, arn: str, operation: str) -> Started:
        """An execution; ExecutionDoesNotExist."""
        with self._lock:
            started = self._executions.get(arn)
        if started is None:
            raise self.error("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", operation)
        return started

    def executions(self, machine_arn: str) -> list[Started]:
        """The executions of a machine, the newest first."""
        with self._lock:
            return [it for it in reversed(self._executions.values()) if it.machine.arn == machine_arn]

    def start(self, machine_arn: str, name: str | None, text: str, operation: str) -> Started:
        """Start an execution; the same name and input again, while it runs, gives the same one."""
        machine = self.machine(machine_arn, operation)
        name = name or str(uuid.uuid4())
        if not valid_name(name):
            raise self.error("InvalidName", f"Invalid Name: '{name}'", operation)
        value = self._input(text, operation)
        arn = self.place.execution(machine.name, name)
        with self._lock:
            known = self._executions.get(arn)
            if known is not None:
                if known.execution.status == "RUNNING" and known.input == text:
                    return known
                raise self.error("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'", operation)
            try:
                execution = machine.loaded.start(
                    value,
                    name=name,
                    services=self.services,
                    execution_arn=arn,
                    state_machine_arn=machine.arn,
                    role_arn=machine.role_arn or None,
                    clock=self._clock() if self._clock else None,
                )
            except DefinitionError as error:
                raise self.error("InvalidDefinition", str(error), operation) from error
            started = self._executions[arn] = Started(execution, machine, text)
        return started

    def _input(self, text: str, operation: str) -> Json:
        try:
            value = loads(text)
        except (ValueError, TypeError) as error:
            raise self.error("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'", operation) from error
        if exceeds(text):
            limit = f"Member must have length less than or equal to {MOST_BYTES}"
            raise self.error("ValidationException", f"Value at 'input' failed to satisfy constraint: {limit}", operation)
        return value
