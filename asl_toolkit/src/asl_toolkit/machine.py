"""Load a definition, start it, wait for its end."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from asl_toolkit.errors import DefinitionError
from asl_toolkit.json_value import Json, dumps, loads

if TYPE_CHECKING:  # checking and building a definition must not import the interpreter
    from asl_toolkit.clock import Clock
    from asl_toolkit.definition.model import Machine
    from asl_toolkit.runtime.execution import Execution, ExecutionResult, Identity
    from asl_toolkit.runtime.history import Event
    from asl_toolkit.runtime.map_run_events import ChildEvents, ChildExecution, MapRunStart
    from asl_toolkit.services.registry import Services

_DEFAULT_NAME = "StateMachine"


class StateMachine:
    """A loaded definition. Any thread may start it, any number of times."""

    def __init__(self, model: "Machine") -> None:
        self.model = model

    def start(  # noqa: PLR0913 - the options of an execution
        self,
        input: Json,  # noqa: A002 - what Step Functions calls it
        *,
        name: str | None = None,
        services: "Services | None" = None,
        execution_arn: str | None = None,
        state_machine_arn: str | None = None,
        role_arn: str | None = None,
        clock: "Clock | None" = None,
        listener: "Callable[[Event], None] | None" = None,
        child_listener: "Callable[[ChildExecution], None] | None" = None,
        seed: int | None = None,
        map_run_listener: "Callable[[MapRunStart], None] | None" = None,
        nested: bool = False,
        child_events: "ChildEvents | None" = None,
    ) -> "Execution":
        """Start an execution on a new thread and return at once.

        `listener` gets each event in order, on the execution's thread; `child_listener` gets each ended child of a
        DISTRIBUTED Map with its history, `map_run_listener` each Map Run after it has read its items. `child_events` is
        called for each child that starts, and returns a listener for the events of that child. `seed` fixes the
        jitter of Retry. `nested`: `clock` is that of the execution whose Task starts this one. Raises DefinitionError if a
        Task has no handler, and ValueError if the input is not a JSON value or is over 256 KiB.
        """
        from asl_toolkit.runtime.execution import Execution, Settings
        from asl_toolkit.runtime.payload import Payload
        from asl_toolkit.services.registry import Services
        from asl_toolkit.services.tokens import TaskTokens

        services = services or Services(tokens=TaskTokens(patience=0))  # no other thread knows these tokens
        if missing := services.missing(self.model):
            raise DefinitionError(missing)
        try:
            text = dumps(input)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the input is not a JSON value: {error}") from error
        payload = Payload(loads(text), text)
        if payload.too_large:
            raise ValueError("the input is over 262144 bytes, the most that an execution may have")
        identity = _identity(name, execution_arn, state_machine_arn, role_arn, services)
        settings = Settings(services, clock, listener, child_listener, seed, map_run_listener, nested, child_events)
        execution = Execution(self.model, payload, identity, settings)
        execution.begin()
        return execution


def _identity(
    name: str | None, execution_arn: str | None, machine_arn: str | None, role_arn: str | None, services: "Services"
) -> "Identity":
    import uuid

    from asl_toolkit.runtime.execution import Identity

    name = name or (execution_arn.rsplit(":", 1)[-1] if execution_arn else str(uuid.uuid4()))
    account = f"{services.region}:{services.account}"
    machine_arn = machine_arn or f"arn:aws:states:{account}:stateMachine:{_DEFAULT_NAME}"
    machine_name = machine_arn.rsplit(":", 1)[-1]
    return Identity(
        name=name,
        arn=execution_arn or f"arn:aws:states:{account}:execution:{machine_name}:{name}",
        machine_arn=machine_arn,
        role_arn=role_arn or f"arn:aws:iam::{services.account}:role/{machine_name}",
    )


def load(definition: Mapping[str, Json] | str | bytes) -> StateMachine:
    """Read a definition. Raises DefinitionError with all faulty and unsupported parts, with JSON pointers."""
    from asl_toolkit.definition.loader import load_machine

    return StateMachine(load_machine(definition))


def run(  # noqa: PLR0913 - as `StateMachine.start`
    definition: Mapping[str, Json] | str | bytes | StateMachine,
    input: Json = None,  # noqa: A002 - what Step Functions calls it
    *,
    services: "Services | None" = None,
    name: str | None = None,
    clock: "Clock | None" = None,
    listener: "Callable[[Event], None] | None" = None,
    timeout: float | None = None,
    seed: int | None = None,
) -> "ExecutionResult":
    """Run a definition to its end. After `timeout` seconds of this machine, it stops the execution and raises TimeoutError."""
    machine = definition if isinstance(definition, StateMachine) else load(definition)
    value = {} if input is None else input
    execution = machine.start(value, name=name, services=services, clock=clock, listener=listener, seed=seed)
    try:
        return execution.wait(timeout)
    except TimeoutError:
        execution.stop()
        raise
