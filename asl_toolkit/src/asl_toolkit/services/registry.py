"""Services: which handler serves which Task, and what a machine asks for that nobody serves."""

from collections.abc import Iterator, Mapping

from asl_toolkit.definition.model import Branch, Machine, MapState, ParallelState, TaskState
from asl_toolkit.definition.resource import Resource
from asl_toolkit.errors import Finding
from asl_toolkit.services.contract import Function, Handler
from asl_toolkit.services.functions import FunctionCaller
from asl_toolkit.services.tokens import TaskTokens


class Services:
    """The handlers of an execution; one object may serve many executions at once.

    `handlers` are keyed by (service, action) as they stand in the ARN: `("glue", "startJobRun")`,
    `("aws-sdk:dynamodb", "putItem")`; the action `"*"` stands for every action of a service. `functions` are Lambda
    handlers by name or ARN. `states` replaces the handler of a state by its name. `workers` bounds the threads that an
    execution uses for handlers that block.
    """

    def __init__(  # noqa: PLR0913 - each is its own kind of part
        self,
        handlers: Mapping[tuple[str, str], Handler] | None = None,
        *,
        functions: Mapping[str, Function] | None = None,
        states: Mapping[str, Handler] | None = None,
        region: str = "us-east-1",
        account: str = "111111111111",
        workers: int = 64,
        tokens: TaskTokens | None = None,
    ) -> None:
        self.handlers = dict(handlers or {})
        self.functions = dict(functions or {})
        self.states = dict(states or {})
        self.region = region
        self.account = account
        self.workers = workers
        self.tokens = tokens or TaskTokens()
        self._caller = FunctionCaller(self.functions, region=region, account=account)

    def handler(self, resource: Resource, state_name: str) -> Handler | None:
        """Who serves a Task; None when nobody does."""
        override = self.states.get(state_name)
        if override is not None:
            return override
        for key in ((resource.service, resource.action), (resource.service, "*")):
            if key in self.handlers:
                return self.handlers[key]
        if resource.service == "lambda" and self.functions:
            if resource.is_function:
                return self._caller.by_arn
            if resource.action == "invoke":
                return self._caller.invoke
        return None

    def missing(self, machine: Machine) -> list[Finding]:
        """A finding for each Task that nobody serves."""
        found = []
        for state in tasks_of(machine.root):
            if self.handler(state.resource, state.name) is None:
                what = f"{state.resource.service}:{state.resource.action}"
                found.append(
                    Finding(
                        "NO_HANDLER",
                        f"{state.pointer}/Resource",
                        f"no handler serves {what!r} of the state {state.name!r}: pass one in Services"
                        + (" (functions=…)" if state.resource.service == "lambda" else ""),
                    )
                )
        return found


def tasks_of(branch: Branch) -> Iterator[TaskState]:
    """Every Task of a branch and of what is inside it."""
    for state in branch.states.values():
        if isinstance(state, TaskState):
            yield state
        elif isinstance(state, ParallelState):
            for inner in state.branches:
                yield from tasks_of(inner)
        elif isinstance(state, MapState):
            yield from tasks_of(state.processor)
