"""Checks of the permissions: enough for each Resource of the branch, its stop included, and no more than named resources."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, NotChecked, check
from extract_testing.checks.branch import every_state
from extract_testing.service_models import ModelsMissing, models_of
from extract_testing.subject import ACCOUNT, REGION, asked
from extract_testing.sync_rights import RULE_ACTIONS, SYNC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Statement
    from extract_testing.subject import Subject

_NO_RESOURCES: Final = frozenset({
    "batch:DescribeJobs", "batch:ListJobs", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "glue:ListJobs",
    "redshift-data:CancelStatement", "redshift-data:DescribeStatement", "sagemaker:ListTags",
})  # fmt: skip
"""Actions that can be allowed on ``*`` alone (service authorization reference), or are so in the guide's policies: ListTags."""

_STOPS: Final = re.compile(r"(?i)(?:batch)?(?:stop|cancel|terminate|abort|delete)[a-z]")
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_RESOURCE: Final = re.compile(r"arn:[a-z0-9-]+:states:[^:]*:[^:]*:((?:aws-sdk:)?[a-z0-9-]+):([A-Za-z0-9]+)(\.sync(?::2)?)?")
_TRIO: Final = f"{', '.join(RULE_ACTIONS[:-1])} and {RULE_ACTIONS[-1]}"


@check
def permissions_cover_the_branch(subject: Subject) -> Iterator[Breach]:
    """The statements allow what each Resource of the branch calls, stops and watches."""
    statements = statements_of(subject)
    unknown = dict[str, None]()
    for name, state in every_state(subject.states):
        match = _RESOURCE.match(str(state.get("Resource", "")))
        if state.get("Type") != "Task" or match is None:
            continue
        place = f"permissions(target), for state {name!r}"
        if "Credentials" in state:  # the rights of the call are those of that role, in the other account
            yield from _taken_on(place, state["Credentials"], statements)
        elif match[1] != "lambda":  # the generator itself allows a plugin's own Lambda functions
            try:
                yield from _called(place, match, statements)
            except ModelsMissing as missing:
                unknown[str(missing)] = None
            if match[3] and f"{match[1]}:{match[2]}" not in SYNC:
                unknown[_unknown_rule(f"{match[1]}:{match[2]}{match[3]}")] = None
    if unknown:
        raise NotChecked("left out: " + "; ".join(unknown))


def _unknown_rule(call: str) -> str:
    where = "look it up in the Step Functions guide"
    return f"the kit does not know which EventBridge rule {call} needs: {where}, and allow {_TRIO} on it"


def _called(place: str, match: re.Match[str], statements: list[Statement]) -> Iterator[Breach]:
    """What one call needs: its own action, and where the state waits for the end, the watch, the stop and the managed rule."""
    call, wait = f"{match[1]}:{match[2]}", match[3] or ""
    rights = SYNC.get(call) if wait else None
    allowed = {action.lower() for statement in statements for action in statement.actions}
    for action in rights.actions if rights else (_own_action(match[1], match[2]),):
        if action.lower() not in allowed:
            yield Breach(place, f"no statement allows {action}", f"{call}{wait} needs it: add a Statement")
        elif rights:
            yield from _on_another_thing(place, action, _allowed(action, statements))
    asks = any(_allowed(action, statements) for action in RULE_ACTIONS)
    if rights and rights.rule and (asks or not rights.may_want_rule):
        yield from _rule(place, call, rights.rule, statements)
    if wait and not rights and not any(_STOPS.match(each.partition(":")[2]) for each in allowed):
        remedy = "allow the service's Stop, Cancel or Terminate, or an aborted run leaves paid jobs running"
        yield Breach(place, f"no statement lets {call}{wait} stop its job", remedy)


def _on_another_thing(place: str, action: str, resources: list[str]) -> Iterator[Breach]:
    """An action that is allowed on things of another kind alone: told by the ARN's service, and of SageMaker by its job."""
    service, _, call = action.partition(":")
    noun = re.sub(r"(?<!^)([A-Z])", r"-\1", re.sub(r"\A(?:Create|Describe|Stop)", "", call)).lower()
    kind = f"{noun}/" if service == "sagemaker" else ""
    if not any(_may_be(service, kind, resource) for resource in resources):
        wanted = f"arn:…:{service}:…:{kind}…"
        yield Breach(place, f"{action} is allowed on {', '.join(resources)} alone, which is no {wanted}", f"name {wanted!r}")


def _may_be(service: str, kind: str, resource: str) -> bool:
    """Whether a resource of a statement can stand for one of this service, and of this kind."""
    parts = resource.split(":", 5)
    if len(parts) < 6:  # arn, partition, service, region, account, resource; * and the like stand for all
        return True
    named = parts[5].partition("/")[0] + "/"
    return fnmatchcase(service, parts[2]) and (not kind or parts[5] == "*" or fnmatchcase(kind, named))


def _own_action(service: str, action: str) -> str:
    starts = "AddJobFlowSteps" if (service, action) == ("elasticmapreduce", "addStep") else action[:1].upper() + action[1:]
    prefix = service if service in ("elasticmapreduce", "states") else models_of(service).signing_name
    return f"{prefix}:{starts}"


def _rule(place: str, call: str, rule: str, statements: list[Statement]) -> Iterator[Breach]:
    """The managed rule, named as Step Functions calls it, is allowed to be made."""
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"
    lacking = [action for action in RULE_ACTIONS if not _allowed(action, statements)]
    if lacking:
        remedy = f"{call}.sync needs it on rule/{rule}: add a Statement, or Step Functions refuses to create the machine"
        yield Breach(place, f"no statement allows {', '.join(lacking)}", remedy)
    elif not all(any(fnmatchcase(arn, resource) for resource in _allowed(action, statements)) for action in RULE_ACTIONS):
        named = sorted({resource for action in RULE_ACTIONS for resource in _allowed(action, statements)})
        remedy = f"name rule/{rule}: with another name Step Functions refuses to create the machine"
        yield Breach(place, f"the EventBridge rule of {call}.sync is not among {', '.join(named)}", remedy)


def _taken_on(place: str, credentials: object, statements: list[Statement]) -> Iterator[Breach]:
    """With Credentials the state machine's role takes on another one (guide, "Accessing resources in other AWS accounts")."""
    role = credentials.get("RoleArn") if isinstance(credentials, dict) else None
    resources = _allowed("sts:AssumeRole", statements)
    known = isinstance(role, str) and role.startswith("arn:")
    if not resources or (known and not any(fnmatchcase(str(role), resource) for resource in resources)):
        whose = f"the role {role!r}" if known else "the role"
        remedy = "add a Statement: with Credentials the call's own rights are that role's, and this one must be taken on"
        yield Breach(place, f"no statement allows sts:AssumeRole on {whose} of its Credentials", remedy)


def _allowed(action: str, statements: list[Statement]) -> list[str]:
    """The resources on which an action is allowed. Its case does not matter to IAM."""
    return [
        resource
        for each in statements
        if action.lower() in {name.lower() for name in each.actions}
        for resource in each.resources
    ]


@check
def permissions_are_exact(subject: Subject) -> Iterator[Breach]:
    """Exact actions on named resources, in the target's own partition."""
    yield from exact("permissions(target)", statements_of(subject))
    for index, statement in enumerate(statements_of(subject, "aws-us-gov")):
        for resource in statement.resources:
            if resource.startswith("arn:aws:") and not subject.is_given(resource):
                place = f"permissions(target)[{index}] for partition 'aws-us-gov'"
                yield Breach(place, f"it names {resource!r}", 'write f"arn:{target.partition}:…"')


def exact(whence: str, statements: list[Statement]) -> Iterator[Breach]:
    """Lists of exact actions on named resources."""
    for index, statement in enumerate(statements):
        place = f"{whence}[{index}]"
        if isinstance(statement.actions, str) or isinstance(statement.resources, str):
            yield Breach(place, f"actions or resources is a text: {statement!r}", "give lists of texts")
            continue
        if not statement.actions or not statement.resources:
            yield Breach(place, f"it has no {'resources' if statement.actions else 'actions'}", "name them, or leave it out")
        for action in statement.actions:
            if not _ACTION.fullmatch(action):
                yield Breach(place, f"it allows {action!r}", "name exact actions, without *")
        needless = [action for action in statement.actions if action not in _NO_RESOURCES]
        if "*" in statement.resources and needless:
            remedy = "name the ARNs, from target.deployment; put actions that know no resources in a statement of their own"
            yield Breach(place, f"it allows {', '.join(needless)} on everything ('*')", remedy)


def statements_of(subject: Subject, partition: str = "aws", *, rights: str = "permissions") -> list[Statement]:
    """What permissions() gives, or another method of `rights`; Fails where it is no list of statements."""
    from extract_core.contract import Statement

    target = subject.target(partition)
    with asked(f"{rights}(target)"):
        answered: list[object] = list(getattr(subject.job_type, rights)(target))
    statements = [each for each in answered if isinstance(each, Statement)]
    if len(statements) < len(answered):
        raise NotChecked(f"left out: {rights}() holds what is no Statement, which another check tells")
    return statements
