"""Services: the handlers of Tasks, and the Tasks of a machine without a handler."""

from collections.abc import Iterator, Mapping

from asl_toolkit.definition.model import Branch, Machine, MapState, ParallelState, TaskState
from asl_toolkit.definition.resource import Resource
from asl_toolkit.finding import Finding, Severity
from asl_toolkit.services.contract import Function, Handler
from asl_toolkit.services.functions import FunctionCaller
from asl_toolkit.services.tokens import TaskTokens


class Services:
    """The handlers of an execution. Several executions may share an object.

    The keys of `handlers` are (service, action) as in the ARN: `("glue", "startJobRun")`,
    `("aws-sdk:dynamodb", "putItem")`; the action `"*"` stands for every action of a service. `functions` are Lambda
    handlers by name or ARN. `states` replaces the handler of a state by its name. `workers` bounds the threads that an
    execution uses for handlers that block.
    """

    def __init__(  # noqa: PLR0913 - these are its parts
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

    def but(
        self,
        *,
        handlers: Mapping[tuple[str, str], Handler],
        functions: Mapping[str, Function],
        states: Mapping[str, Handler],
    ) -> "Services":
        """The same region, account, threads and tokens with other handlers."""
        return Services(
            handlers,
            functions=functions,
            states=states,
            region=self.region,
            account=self.account,
            workers=self.workers,
            tokens=self.tokens,
        )

    def handler(self, resource: Resource, state_name: str) -> Handler | None:
        """The handler of a Task, or None."""
        override = self.states.get(state_name)
        if override is not None:
            return override
        if resource.service == "lambda" and self.functions and ("lambda", resource.action) not in self.handlers:
            if resource.is_function:
                return self._caller.by_arn
            if resource.action == "invoke":
                return self._caller.invoke
        handler = self.handlers.get((resource.service, resource.action)) or self.handlers.get((resource.service, "*"))
        if handler is None and resource.service.startswith("aws-sdk:"):
            handler = self.handlers.get(("aws-sdk:*", "*"))
        return handler

    def missing(self, machine: Machine) -> list[Finding]:
        """A finding for each Task without a handler."""
        findings = []
        for name, pointer, resource in resources_of(machine.root):
            if self.handler(resource, name) is None:
                what = f"{resource.service}:{resource.action}"
                text = f"no handler serves {'a Lambda function' if resource.is_function else repr(what)} of the state {name!r}"
                findings.append(Finding("NO_HANDLER", Severity.ERROR, f"{pointer}/Resource", text, _remedy(what, resource)))
        return findings


def _remedy(what: str, resource: Resource) -> str:
    """All ways to add a handler for a Task."""
    if resource.service == "lambda":
        return (
            "Give the function (run --function NAME=MODULE:ATTRIBUTE, functions= of Services), "
            'mock it (run --mocks: {"functions": {NAME: {"result": …}}}), or call AWS (run --aws)'
        )
    mock = f'Mock it (run --mocks, mocks= of the asl fixture: {{"services": {{"{what}": {{"result": …}}}}}})'
    handler = f'give a handler to Services ({{("{resource.service}", "{resource.action}"): …}})'
    return f"{mock}, or {handler}" if resource.is_activity else f"{mock}, {handler}, or call AWS (run --aws)"


def resources_of(branch: Branch) -> Iterator[tuple[str, str, Resource]]:
    """State, pointer and Resource of every call in a branch: Tasks, ItemReaders and ResultWriters, also of inner branches."""
    for state in branch.states.values():
        if isinstance(state, TaskState):
            yield state.name, state.pointer, state.resource
        elif isinstance(state, ParallelState):
            for inner in state.branches:
                yield from resources_of(inner)
        elif isinstance(state, MapState):
            for part in (state.item_reader, state.result_writer):
                if part is not None and part.resource is not None:
                    yield state.name, part.pointer, part.resource
            yield from resources_of(state.processor)
