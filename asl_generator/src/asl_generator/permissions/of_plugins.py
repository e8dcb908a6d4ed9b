"""What job types need in the roles: their statements, checked, each split by purpose so that it has one reason."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from asl_generator.branches.scopes import scopes
from asl_generator.errors import GeneratorError, calling
from asl_generator.permissions.granted import Granted, granted
from extract_core.contract import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asl_generator.branches.assemble import MachineBranch
    from asl_generator.deployments.place import PlacedJobType
    from extract_core.contract import LambdaFunction, Target
    from extract_core.registry.installed import Registry

_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_CALL: Final = re.compile(r"arn:[^:]*:states:::(?:aws-sdk:)?([a-z0-9-]+):([A-Za-z0-9]+)")
_OTHER_NAMES: Final = {"addstep": "addjobflowsteps"}
"""The call of an integration that is named differently in IAM (Step Functions guide, "Amazon EMR")."""
_PURPOSES: Final = (
    (re.compile(r"iam:PassRole"), "passes the role on to the service, which runs the job with it"),
    (re.compile(r"events:"), "Step Functions manages this rule, which reports the end of the job"),
    (re.compile(r".*:(Batch)?(Stop|Cancel|Terminate|Delete|Abort)"), "stops the job if the execution is stopped or out of time"),
    (re.compile(r".*:(Batch)?(Get|Describe|List)"), "waits for the end of the job"),
    (re.compile(r".*:TagResource"), "puts tags on the job"),
)
_STARTS: Final = "starts the job"
_OTHER: Final = "the job type says that its branch needs this"


def statements_of(placed: PlacedJobType, branch: MachineBranch) -> list[Granted]:
    """What a job type's branch needs from the machine's role, a grant per purpose.

    GeneratorError for other objects than statements, and for wildcards in actions.
    """
    checked = _checked(placed.named, "permissions()", lambda: placed.installed.job_type.permissions(placed.target))
    calls = dict(_calls(branch))
    tasks = sorted(calls)
    return [grant for statement in checked for grant in _by_purpose(statement, tasks, calls)]


def _calls(branch: MachineBranch) -> Iterator[tuple[str, str]]:
    """The Tasks of a branch, and the action that each calls, in lower case."""
    for scope in scopes({name: dict(state) for name, state in branch.states.items()}, branch.start):
        for name, state in scope.states.items():
            match = _CALL.match(str(state.get("Resource", "")))
            if match and match[1] != "lambda":
                call = match[2].lower()
                yield name, f"{match[1]}:{_OTHER_NAMES.get(call, call)}"


def _by_purpose(statement: Statement, tasks: list[str], calls: dict[str, str]) -> Iterator[Granted]:
    def purpose(action: str) -> tuple[str, str]:
        starting = [name for name in tasks if calls[name] == action.lower()]
        if starting:
            return _named(starting), _STARTS
        service = action.partition(":")[0]
        own = [name for name in tasks if calls[name].partition(":")[0] == service] or tasks
        return _named(own), _reason(action)

    purposes = {action: purpose(action) for action in statement.actions}
    ordered = sorted(statement.actions, key=lambda action: (purposes[action], action))
    for (needed_by, reason), actions in groupby(ordered, purposes.__getitem__):
        yield _granted(statement, needed_by, reason, actions)


@cache
def _reason(action: str) -> str:
    return next((reason for pattern, reason in _PURPOSES if pattern.match(action)), _OTHER)


def _named(states: list[str]) -> str:
    quoted = ", ".join(map(repr, states))
    return f"state {quoted}" if len(states) == 1 else f"states {quoted}" if states else "the branch"


def _granted(of: Statement, needed_by: str, reason: str, actions: Iterable[str] = ()) -> Granted:
    return granted(needed_by, reason, tuple(actions) or of.actions, *of.resources, condition=of.condition)


def diagnose_statements_of(placed: PlacedJobType) -> list[Granted]:
    """What a job type's `diagnose` needs from the roles of the functions that call it."""
    checked = _checked(
        placed.named, "diagnose_permissions()", lambda: placed.installed.job_type.diagnose_permissions(placed.target)
    )
    name = placed.installed.job_type.name
    return [_granted(of, f"diagnose() of job type {name!r}", "asks the service why a job failed") for of in checked]


def stop_statements_of(placed: PlacedJobType) -> list[Granted]:
    """What a job type's `stop` needs from the roles of the functions that call it."""
    checked = _checked(placed.named, "stop_permissions()", lambda: placed.installed.job_type.stop_permissions(placed.target))
    name = placed.installed.job_type.name
    return [_granted(of, f"stop() of job type {name!r}", "stops a job whose run has ended") for of in checked]


def hook_statements_of(registry: Registry, target: Target[Any]) -> list[Granted]:
    """What the hooks of plugins need from the roles of the functions that call them."""
    grants = []
    for provider, call in registry.hooks("extract_permissions"):
        settings = registry.settings.get(provider.plugin, {})
        ask = partial(call, target=replace(target, deployment=settings), settings=settings)
        checked = _checked(str(provider), "extract_permissions()", partial(_flat, ask))
        grants += [
            _granted(of, f"plugin {provider.plugin!r}", "its hooks are called at the end of attempts and runs") for of in checked
        ]
    return grants


def _flat(ask: Callable[[], Iterable[Iterable[object]]]) -> list[object]:
    """All statements of one plugin: pluggy answers with a list of what each implementation returned."""
    return [statement for returned in ask() for statement in returned]


def function_statements_of(placed: PlacedJobType) -> dict[str, list[Granted]]:
    """What the roles of a job type's own Lambda functions need, by the functions' names."""
    with calling(placed.named, "functions()"):
        functions = list(placed.installed.job_type.functions())
    name = placed.installed.job_type.name
    reason = f"the job type {name!r} says that its function needs this"
    return {
        function.name: [_granted(of, f"function {function.name!r}", reason) for of in _of_function(placed, function)]
        for function in functions
    }


def _of_function(placed: PlacedJobType, function: LambdaFunction) -> list[Statement]:
    def statements() -> Iterable[object]:
        more = function.statements_for
        return [*function.statements, *(more(placed.target) if more is not None else ())]

    return _checked(placed.named, f"statements of function {function.name!r}", statements)


def _checked(named: str, what: str, call: Callable[[], Iterable[object]]) -> list[Statement]:
    with calling(named, what):
        returned = list(call())
    statements, faults = list[Statement](), list[str]()
    for index, statement in enumerate(returned):
        place = f"{named}: {what}[{index}]"
        if not isinstance(statement, Statement) or isinstance(statement.actions, str) or isinstance(statement.resources, str):
            faults.append(f"{place} is {statement!r}; it must be a Statement with lists of actions and resources")
            continue
        if not statement.actions or not statement.resources:
            faults.append(f"{place} has no {'resources' if statement.actions else 'actions'}")
        faults += [
            f"{place} allows {action!r}; name exact actions" for action in statement.actions if not _ACTION.fullmatch(action)
        ]
        resources = tuple(sorted(set(statement.resources)))
        statements.append(
            Statement(actions=tuple(sorted(set(statement.actions))), resources=resources, condition=statement.condition)
        )
    if faults:
        raise GeneratorError(faults)
    return statements
