"""Checks of the permissions: enough for each Resource of the branch, its stop included, and no more than named resources.

Actions: Step Functions guide, the IAM section of each "connect-…" page; service authorization reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core.testing.broken import Breach, NotChecked, check
from extract_core.testing.checks.branch import every_state
from extract_core.testing.service_models import ModelsMissing, models_of
from extract_core.testing.subject import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Statement
    from extract_core.testing.subject import Subject

_EVENTS: Final = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_SYNC: Final = {
    "glue:startJobRun": ("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
    "ecs:runTask": ("ecs:RunTask", "ecs:StopTask", "ecs:DescribeTasks", *_EVENTS),
    "batch:submitJob": ("batch:SubmitJob", "batch:DescribeJobs", "batch:TerminateJob", *_EVENTS),
    "elasticmapreduce:addStep": (
        "elasticmapreduce:AddJobFlowSteps",
        "elasticmapreduce:DescribeStep",
        "elasticmapreduce:CancelSteps",
    ),
    "emr-serverless:startJobRun": (
        "emr-serverless:StartJobRun",
        "emr-serverless:GetJobRun",
        "emr-serverless:CancelJobRun",
        *_EVENTS,
    ),
    "emr-containers:startJobRun": (
        "emr-containers:StartJobRun",
        "emr-containers:DescribeJobRun",
        "emr-containers:CancelJobRun",
    ),
    "codebuild:startBuild": ("codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds", *_EVENTS),
    "states:startExecution": ("states:StartExecution", "states:DescribeExecution", "states:StopExecution", *_EVENTS),
}
"""What a .sync pair needs: start, watch, stop, and where the guide names one the managed EventBridge rule."""

_RULES: Final = {
    "ecs:runTask": "StepFunctionsGetEventsForECSTaskRule",
    "batch:submitJob": "StepFunctionsGetEventsForBatchJobsRule",
    "emr-serverless:startJobRun": "StepFunctionsGetEventsForEMRServerlessJobRule",
    "codebuild:startBuild": "StepFunctionsGetEventForCodeBuildStartBuildRule",
    "states:startExecution": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}
"""The managed rules, spelled (singular or plural) as the guide has them: with another name CreateStateMachine is refused."""

_NO_RESOURCES: Final = frozenset({"batch:DescribeJobs", "batch:ListJobs", "ecs:ListTaskDefinitions", "glue:ListJobs"})
"""Actions that can be allowed on ``*`` alone (service authorization reference)."""

_STOPS: Final = re.compile(r"(?:Batch)?(?:Stop|Cancel|Terminate|Abort)[A-Z]")
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_RESOURCE: Final = re.compile(r"arn:[a-z0-9-]+:states:[^:]*:[^:]*:((?:aws-sdk:)?[a-z0-9-]+):([A-Za-z0-9]+)(\.sync(?::2)?)?")


@check
def permissions_cover_the_branch(subject: Subject) -> Iterator[Breach]:
    """The statements allow what each Resource of the branch calls, stops and watches."""
    statements = statements_of(subject)
    allowed = {action for statement in statements for action in statement.actions}
    unknown = dict[str, None]()
    for name, state in every_state(subject.states):
        match = _RESOURCE.match(str(state.get("Resource", "")))
        if state.get("Type") != "Task" or match is None or match[1] == "lambda":
            continue  # the generator itself allows a plugin's own Lambda functions
        call, place = f"{match[1]}:{match[2]}", f"permissions(target), for state {name!r}"
        try:
            needed = _needed(match[1], match[2], waits=match[3] is not None)
        except ModelsMissing as missing:
            unknown[str(missing)] = None
            continue
        for action in needed:
            if action not in allowed:
                yield Breach(place, f"no statement allows {action}", f"{call}{match[3] or ''} needs it: add a Statement")
        if match[3] and call not in _SYNC and not any(_STOPS.match(each.partition(":")[2]) for each in allowed):
            remedy = "allow the service's Stop, Cancel or Terminate, or an aborted run leaves paid jobs running"
            yield Breach(place, f"no statement lets {call}{match[3]} stop its job", remedy)
        yield from _rule(place, call, statements) if match[3] else ()
    if unknown:
        raise NotChecked("left out: " + "; ".join(unknown))


def _needed(service: str, action: str, *, waits: bool) -> tuple[str, ...]:
    if waits and f"{service}:{action}" in _SYNC:
        return _SYNC[f"{service}:{action}"]
    starts = "AddJobFlowSteps" if (service, action) == ("elasticmapreduce", "addStep") else action[:1].upper() + action[1:]
    prefix = service if service in ("elasticmapreduce", "states") else models_of(service).signing_name
    return (f"{prefix}:{starts}",)


def _rule(place: str, call: str, statements: list[Statement]) -> Iterator[Breach]:
    """The managed rule is named as Step Functions calls it."""
    rules = [resource for each in statements for resource in each.resources if ":events:" in resource and ":rule/" in resource]
    wanted = _RULES.get(call)
    if wanted and rules and not any(resource.endswith((f"/{wanted}", "/*")) for resource in rules):
        remedy = f"name rule/{wanted}: with another name Step Functions refuses to create the machine"
        yield Breach(place, f"the EventBridge rule of {call}.sync is not among {', '.join(rules)}", remedy)


@check
def permissions_are_exact(subject: Subject) -> Iterator[Breach]:
    """Exact actions on named resources, in the target's own partition."""
    for index, statement in enumerate(statements_of(subject)):
        place = f"permissions(target)[{index}]"
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
    given = repr(subject.deployment_example)
    for index, statement in enumerate(statements_of(subject, "aws-us-gov")):
        for resource in statement.resources:
            if resource.startswith("arn:aws:") and resource not in given:
                place = f"permissions(target)[{index}] for partition 'aws-us-gov'"
                yield Breach(place, f"it names {resource!r}", 'write f"arn:{target.partition}:…"')


def statements_of(subject: Subject, partition: str = "aws") -> list[Statement]:
    """What permissions() gives; Fails where it is no list of statements."""
    from extract_core.contract import Statement

    target = subject.target(partition)
    with asked("permissions(target)"):
        answered: list[object] = list(subject.job_type.permissions(target))
    statements = [each for each in answered if isinstance(each, Statement)]
    if len(statements) < len(answered):
        raise NotChecked("left out: permissions() holds what is no Statement, which another check tells")
    return statements
