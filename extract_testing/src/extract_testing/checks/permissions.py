"""Checks of the permissions: they cover each Resource of the branch, including its stop, and name exact resources."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from asl_toolkit.services.aws.iam.reference import ReferenceMissing, action_faults
from asl_toolkit.services.aws.iam.sync_rights import RULE_ACTIONS, SYNC
from extract_testing.branch.states import every_state
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.services.models import ModelsMissing, models_of
from extract_testing.subject.calls import calling
from extract_testing.subject.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Statement
    from extract_testing.subject.subject import Subject

_STOPS: Final = re.compile(r"(?i)(?:batch)?(?:stop|cancel|terminate|abort|delete)[a-z]")
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_RESOURCE: Final = re.compile(r"arn:[a-z0-9-]+:states:[^:]*:[^:]*:((?:aws-sdk:)?[a-z0-9-]+):([A-Za-z0-9]+)(\.sync(?::2)?)?")
_PARTS_OF_AN_ARN: Final = 6
_ON_A_MACHINE: Final = "states:invokehttpendpoint"
"""The reference has no resource for it; the guide's policy names the state machine ("Call HTTPS APIs")."""
_TRIO: Final = f"{', '.join(RULE_ACTIONS[:-1])} and {RULE_ACTIONS[-1]}"


@check
def permissions_cover_the_branch(subject: Subject) -> Iterator[Breach]:
    """The permissions cover start, watch, stop and managed EventBridge rule of each Resource, on things of its service."""
    statements = statements_of(subject)
    unknown = dict[str, None]()
    for name, state in every_state(subject.states):
        match = _RESOURCE.match(str(state.get("Resource", "")))
        if state.get("Type") != "Task" or match is None:
            continue
        place = f"permissions(target), for state {name!r}"
        if "Credentials" in state:  # the call uses the rights of that role, in the other account
            yield from _assumed(place, state["Credentials"], statements)
        elif match[1] != "lambda":  # the generator allows a plugin's own Lambda functions
            try:
                yield from _called(place, match, statements)
            except ModelsMissing as missing:
                unknown[str(missing)] = None
            if match[3] and f"{match[1]}:{match[2]}" not in SYNC:
                unknown[_unknown_rule(f"{match[1]}:{match[2]}{match[3]}")] = None
    if unknown:
        raise NotChecked("left out: " + "; ".join(unknown))


def _unknown_rule(call: str) -> str:
    return f"the kit does not know the EventBridge rule of {call}: see the Step Functions guide, and allow {_TRIO} on it"


def _called(place: str, match: re.Match[str], statements: list[Statement]) -> Iterator[Breach]:
    """The actions of one call: its own, and with `.sync` also watch, stop and the managed rule."""
    call, wait = f"{match[1]}:{match[2]}", match[3] or ""
    rights = SYNC.get(call) if wait else None
    allowed = {action.lower() for statement in statements for action in statement.actions}
    needed = rights.actions if rights else (_own_action(match[1], match[2]),)
    lacking = [action for action in needed if action.lower() not in allowed]
    if lacking:
        it = "it" if len(lacking) == 1 else "them"
        yield Breach(place, f"no statement allows {', '.join(lacking)}", f"{call}{wait} needs {it}: add a Statement")
    for action in needed if rights else ():
        if action not in lacking:
            yield from _wrong_resource(place, action, _allowed(action, statements))
    allows_rule = any(_allowed(action, statements) for action in RULE_ACTIONS)
    if rights and rights.rule and (allows_rule or not rights.may_want_rule):
        yield from _rule(place, call, rights.rule, statements)
    if wait and not rights and not any(_STOPS.match(action.partition(":")[2]) for action in allowed):
        remedy = "allow the service's Stop, Cancel or Terminate; else an aborted run leaves paid jobs running"
        yield Breach(place, f"no statement allows {call}{wait} to stop its job", remedy)


def _wrong_resource(place: str, action: str, resources: list[str]) -> Iterator[Breach]:
    """An action that is allowed only on resources of another kind: of another service, or another kind of SageMaker job."""
    service, _, call = action.partition(":")
    noun = re.sub(r"(?<!^)([A-Z])", r"-\1", re.sub(r"\A(?:Create|Describe|Stop)", "", call)).lower()
    kind = f"{noun}/" if service == "sagemaker" else ""
    if not any(_may_be(service, kind, resource) for resource in resources):
        wanted = f"arn:…:{service}:…:{kind}…"
        yield Breach(place, f"{action} is allowed only on {', '.join(resources)}, not on {wanted}", f"add {wanted!r}")


def _may_be(service: str, kind: str, resource: str) -> bool:
    """Whether a resource of a statement can match one of this service and kind."""
    parts = resource.split(":", 5)
    if len(parts) < 6:  # arn, partition, service, region, account, resource; fewer parts (`*`) match all
        return True
    resource_kind = parts[5].partition("/")[0] + "/"
    return fnmatchcase(service, parts[2]) and (not kind or parts[5] == "*" or fnmatchcase(kind, resource_kind))


def _own_action(service: str, action: str) -> str:
    starts = "AddJobFlowSteps" if (service, action) == ("elasticmapreduce", "addStep") else action[:1].upper() + action[1:]
    return f"{prefix_of(service)}:{starts}"


def prefix_of(service: str) -> str:
    """How the actions of a Resource's service begin in IAM. Raises ModelsMissing."""
    return service if service in ("elasticmapreduce", "states") else str(models_of(service).signing_name)


def _rule(place: str, call: str, rule: str, statements: list[Statement]) -> Iterator[Breach]:
    """The statements allow the managed rule under the name that Step Functions uses."""
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"
    lacking = [action for action in RULE_ACTIONS if not _allowed(action, statements)]
    if lacking:
        remedy = f"{call}.sync needs it on rule/{rule}: add a Statement; without it Step Functions refuses to create the machine"
        yield Breach(place, f"no statement allows {', '.join(lacking)}", remedy)
    elif not all(any(fnmatchcase(arn, resource) for resource in _allowed(action, statements)) for action in RULE_ACTIONS):
        rules = sorted({resource for action in RULE_ACTIONS for resource in _allowed(action, statements)})
        remedy = f"use rule/{rule}: Step Functions refuses to create the machine with another name"
        yield Breach(place, f"the EventBridge rule of {call}.sync is not one of {', '.join(rules)}", remedy)


def _assumed(place: str, credentials: object, statements: list[Statement]) -> Iterator[Breach]:
    """With Credentials the machine's role assumes another role (guide, "Accessing resources in other AWS accounts")."""
    role = credentials.get("RoleArn") if isinstance(credentials, dict) else None
    resources = _allowed("sts:AssumeRole", statements)
    known = isinstance(role, str) and role.startswith("arn:")
    if not resources or (known and not any(fnmatchcase(str(role), resource) for resource in resources)):
        role_name = f"the role {role!r}" if known else "the role"
        remedy = "add a Statement: with Credentials the call uses that role's rights, so the machine's role must assume it"
        yield Breach(place, f"no statement allows sts:AssumeRole on {role_name} of its Credentials", remedy)


def _allowed(action: str, statements: list[Statement]) -> list[str]:
    """The resources on which an action is allowed. IAM ignores the case of actions."""
    return [
        resource
        for statement in statements
        if action.lower() in {name.lower() for name in statement.actions}
        for resource in statement.resources
    ]


@check
def permissions_are_exact(subject: Subject) -> Iterator[Breach]:
    """The permissions name actions and resources that AWS has, in the target's partition; `*` only if there is no resource."""
    yield from exact("permissions(target)", statements_of(subject))
    for index, statement in enumerate(statements_of(subject, "aws-us-gov")):
        for resource in statement.resources:
            if resource.startswith("arn:aws:") and not subject.is_of_the_deployment(resource):
                place = f"permissions(target)[{index}] for partition 'aws-us-gov'"
                yield Breach(place, f"it names {resource!r}", 'write f"arn:{target.partition}:…"')


def exact(origin: str, statements: list[Statement]) -> Iterator[Breach]:
    """Breaches of the rule "exact actions on named resources"."""
    for index, statement in enumerate(statements):
        place = f"{origin}[{index}]"
        if isinstance(statement.actions, str) or isinstance(statement.resources, str):
            yield Breach(place, f"actions or resources is a string: {statement!r}", "use lists of strings")
            continue
        if not statement.actions or not statement.resources:
            yield Breach(place, f"it has no {'resources' if statement.actions else 'actions'}", "add them, or remove it")
        for resource in statement.resources:
            yield from _too_wide(place, resource)
        for action in statement.actions:
            if not _ACTION.fullmatch(action):
                yield Breach(place, f"it allows {action!r}", "write exact actions, without *")
            else:
                yield from _judged(place, action, statement)


def _too_wide(place: str, resource: str) -> Iterator[Breach]:
    """An ARN that names everything of a service, all regions, all accounts, or every role."""
    parts = resource.split(":", 5)
    if resource == "*":
        return
    if not resource.startswith("arn:") or len(parts) < _PARTS_OF_AN_ARN:
        yield Breach(place, f"{resource!r} is not an ARN", "build it with target.arn(service, resource)")
    elif any("*" in part or "?" in part for part in parts[1:5]):
        remedy = "take partition, region and account from the target: target.arn(service, resource)"
        yield Breach(place, f"{resource!r} has a wildcard in its partition, service, region or account", remedy)
    elif not parts[5].strip("*?"):
        yield Breach(place, f"{resource!r} names everything of {parts[2]}", "name the kind and, as far as it is known, the thing")
    elif parts[2] == "iam" and parts[5].strip("*") == "role/":
        yield Breach(place, f"{resource!r} names every role of the account", "name the roles, from target.deployment")


def _judged(place: str, action: str, statement: Statement) -> Iterator[Breach]:
    """What the service authorization reference says against it. Without that reference, only the form is checked."""
    if action.lower() == _ON_A_MACHINE and all(":stateMachine:" in resource for resource in statement.resources):
        return
    try:
        for fault in action_faults(place, action, statement.resources, statement.condition, statement.actions):
            yield Breach(fault.place, fault.problem, fault.remedy)
    except ReferenceMissing as missing:
        raise NotChecked(f"left out: {missing}") from missing


def statements_of(subject: Subject, partition: str = "aws", *, rights: str = "permissions") -> list[Statement]:
    """What permissions() returns, or the method named by `rights`. NotChecked if the list has other objects."""
    from extract_core.contract import Statement

    target = subject.target(partition)
    with calling(f"{rights}(target)"):
        returned: list[object] = list(getattr(subject.job_type, rights)(target))
    statements = [statement for statement in returned if isinstance(statement, Statement)]
    if len(statements) < len(returned):
        raise NotChecked(f"left out: {rights}() returns more than Statements, which another check reports")
    return statements
