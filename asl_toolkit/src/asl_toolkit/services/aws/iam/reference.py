"""The judge of policies: each statement against the service authorization reference, which cfn-lint ships as data.

It says which actions exist, which types of resources each takes, and how the ARNs of a type begin. Two things are added here,
from the same reference (https://docs.aws.amazon.com/service-authorization/latest/reference/): the rest of ARNs whose beginning
is that of several types, and the condition keys of actions. Keys of a service that is in neither list cannot be judged.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

_DATA: Final = "data/AdditionalSpecs/Policies.json"
_EXACT: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_REST: Final[Mapping[str, str]] = {
    "batch job-definition": r"job-definition/[^:]+",
    "batch job-definition-revision": r"job-definition/[^:]+:.+",
    "codebuild build": r"build/.+",
    "dynamodb index": r"table/[^/]+/index/.+",
    "dynamodb stream": r"table/[^/]+/stream/.+",
    "dynamodb table": r"table/[^/]+",
    "ecs daemon-task-definition": r"daemon-task-definition/.+",
    "ecs task": r"task/[^/]+/.+",
    "ecs task-definition": r"task-definition/.+",
    "emr-containers jobrun": r"/virtualclusters/[^/]+/jobruns/.+",
    "emr-containers managedendpoint": r"/virtualclusters/[^/]+/endpoints/.+",
    "emr-containers virtualcluster": r"/virtualclusters/[^/]+",
    "emr-serverless application": r"/applications/[^/]+",
    "emr-serverless jobrun": r"/applications/[^/]+/jobruns/.+",
    "emr-serverless session": r"/applications/[^/]+/sessions/.+",
    "lambda function": r"function:.+",
    "logs log-group": r"log-group:[^:]+(:\*)?",
    "logs log-stream": r"log-group:[^:]+:log-stream:.+",
    "s3 bucket": r"[^/]+",
    "s3 object": r"[^/]+/.+",
    "states execution": r"execution:[^:]+:.+",
    "states maprun": r"mapRun:[^:]+:.+",
}
"""By service and type of resource: the last part of its ARN. Elsewhere cfn-lint's form is as exact."""
_KEYS: Final[Mapping[str, str]] = {
    "dynamodb:*": "dynamodb:Attributes dynamodb:LeadingKeys dynamodb:ReturnValues dynamodb:Select",
    "ecs:RunTask": "ecs:capacity-provider ecs:cluster ecs:enable-ebs-volumes ecs:enable-execute-command",
    "ecs:*": "ecs:cluster ecs:task ecs:service ecs:CreateAction",
    "elasticmapreduce:AddJobFlowSteps": "elasticmapreduce:ExecutionRoleArn",
    "emr-containers:StartJobRun": "emr-containers:ExecutionRoleArn emr-containers:JobTemplateArn",
    "events:*": "events:ManagedBy events:creatorAccount events:detail-type events:source events:TargetArn",
    "iam:PassRole": "iam:PassedToService iam:AssociatedResourceArn",
    "kms:*": "kms:CallerAccount kms:EncryptionAlgorithm kms:EncryptionContextKeys kms:GrantIsForAWSResource kms:ViaService",
    "lambda:*": "lambda:FunctionUrlAuthType lambda:EventSourceToken lambda:InvokedViaFunctionUrl",
    "s3:ListBucket": "s3:delimiter s3:max-keys s3:prefix",
    "s3:*": "s3:ResourceAccount s3:TlsVersion s3:authType s3:signatureAge s3:signatureversion s3:x-amz-content-sha256",
    "s3:PutObject": "s3:if-none-match s3:if-match s3:x-amz-acl s3:x-amz-server-side-encryption s3:x-amz-storage-class "
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "states:*": "states:StateMachineQualifier states:HTTPEndpoint states:HTTPMethod",
}
"""By action, or by all actions of a service: condition keys that do not belong to a type of resource."""
_OPEN_KEYS: Final = ("aws:", "kms:EncryptionContext:")
"""How keys begin that are valid for every action of their service, with a name of the user's."""
_OPERATOR: Final = re.compile(
    r"(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals|EqualsIgnoreCase|Like)|Arn(Not)?(Equals|Like)|Bool|BinaryEquals"
    r"|(Numeric|Date)(Not)?Equals|(Numeric|Date)(Less|Greater)Than(Equals)?|(Not)?IpAddress)(IfExists)?|Null"
)


class ReferenceMissing(Exception):  # noqa: N818 - named after what happened
    """The service authorization reference is not installed."""


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """What is wrong with a policy: the place in it, the problem, the remedy."""

    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.place}: {self.problem}; {self.remedy}"


def policy_faults(policy: Mapping[str, Any]) -> list[PolicyFault]:
    """All faults of a policy document. Raises ReferenceMissing without cfn-lint.

    An action must be written out and exist. Each resource must have a form that the action takes; ``*`` is right only for an
    action that takes no resource. A condition must use keys and operators that exist for each of its actions.
    """
    statements = policy.get("Statement", [])
    numbered = enumerate(statements if isinstance(statements, list | tuple) else [statements])
    return [fault for index, statement in numbered for fault in _faults(f"Statement[{index}]", statement)]


def _faults(place: str, statement: Mapping[str, Any]) -> Iterator[PolicyFault]:
    resources = texts(statement.get("Resource"))
    for action in texts(statement.get("Action")):
        yield from action_faults(place, action, resources, statement.get("Condition") or {})


def action_faults(
    place: str,
    action: str,
    resources: Iterable[str],
    condition: Mapping[str, Mapping[str, Any]] | None = None,
    beside: Iterable[str] = (),
) -> Iterator[PolicyFault]:
    """The faults of one action on these resources under this condition. Raises ReferenceMissing without cfn-lint.

    `beside` are the other actions of its statement: if the action has a resource that fits, those that fit another one are fine.
    """
    if not _EXACT.fullmatch(action):
        yield PolicyFault(place, f"{action!r} is a pattern", "write each action")
        return
    service, _, call = action.partition(":")
    known = _reference().get(service)
    if known is None or call.lower() not in known["Actions"]:
        yield PolicyFault(place, f"there is no action {action!r}", "correct its name: see the service authorization reference")
        return
    types, resources = types_of(action), list(resources)
    fitting = [resource for resource in resources if resource != "*" and not [*_of_resource(place, action, resource, types)]]
    for resource in resources:
        if not fitting or resource == "*" or not any(fits(resource, other) for other in beside):
            yield from _of_resource(place, action, resource, types)
    for operator, tests in (condition or {}).items():
        if not _OPERATOR.fullmatch(operator):
            yield PolicyFault(place, f"there is no condition operator {operator!r}", "correct its name")
        for key, values in tests.items():
            if isinstance(values, list | tuple) and not values:
                yield PolicyFault(
                    place, f"the condition on {key!r} has no values, so it is never met", "write a value, or remove it"
                )
            if not _has_key(service, call, key, types):
                remedy = "remove it, or put the action into another statement: a key that is never set refuses every request"
                yield PolicyFault(place, f"{action} has no condition key {key!r}", remedy)


def types_of(action: str) -> list[str]:
    """The types of resources that an action takes; none if it does not exist. Raises ReferenceMissing without cfn-lint."""
    service, _, call = action.partition(":")
    types: list[str] = _reference().get(service, {"Actions": {}})["Actions"].get(call.lower(), {}).get("Resources", [])
    return types


def fits(resource: str, action: str, kind: str = "") -> bool:
    """Whether a resource has a form that the action takes, or that of one type of resources."""
    service, types = action.partition(":")[0], [kind] if kind else types_of(action)
    return any(_pattern(form).fullmatch(resource) for form in _forms(service, types))


def _of_resource(place: str, action: str, resource: str, types: list[str]) -> Iterator[PolicyFault]:
    if not types:
        if resource != "*":
            yield PolicyFault(place, f"{action} takes no resource, so it is never allowed on {resource!r}", "write '*'")
        return
    forms = list(_forms(action.partition(":")[0], types))
    if resource == "*":
        example = _example(forms[0])
        yield PolicyFault(place, f"{action} is allowed on everything ('*')", f"name its resources, such as {example!r}")
    elif not any(_pattern(form).fullmatch(resource) for form in forms):
        wanted = " or ".join(dict.fromkeys(map(_example, forms)))
        yield PolicyFault(place, f"{resource!r} is not a resource of {action}", f"write {wanted}")


def _forms(service: str, types: list[str]) -> Iterator[str]:
    """The ARNs of these types of resources, as cfn-lint writes them, with the rest that it leaves out. Those come first."""
    known = _reference()[service]["Resources"]
    for name in sorted(types, key=lambda name: f"{service} {name.lower()}" not in _REST):
        for form in known.get(name.lower(), {}).get("ARNFormats", []):
            rest = _REST.get(f"{service} {name.lower()}")
            yield ":".join([*form.split(":", 5)[:5], rest]) if rest else form


def takes_resource(action: str) -> bool:
    """Whether an action that exists takes a resource. Raises ReferenceMissing without cfn-lint."""
    return bool(types_of(action))


def _pattern(form: str) -> re.Pattern[str]:
    head, rest = form.split(":", 5)[:5], form.split(":", 5)[5]
    fixed = [re.sub(r"\\\$\\\{\w+\\\}", "[^:]*", re.escape(part)) for part in head]
    return re.compile(":".join([*fixed, re.sub(r"(?<![.\])])\*", ".*", rest)]))  # a few forms have a plain star: `task:*`


def _example(form: str) -> str:
    return re.sub(r"\[\^[/:]+\]\+|\.[*+]", "…", form).replace(r"(:\*)?", "")


def _has_key(service: str, call: str, key: str, types: list[str]) -> bool:
    lowered = key.lower()
    if any(lowered.startswith(known.lower()) for known in _OPEN_KEYS):
        return True
    known = _reference()[service]["Resources"]
    keys = [*_KEYS.get(f"{service}:{call}", "").split(), *_KEYS.get(f"{service}:*", "").split()]
    keys += [name for type_ in types for name in known.get(type_.lower(), {}).get("ConditionKeys", [])]
    if any(re.fullmatch(re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(name.lower())), lowered) for name in keys):
        return True
    judged = any(name.startswith(f"{service}:") for name in _KEYS)
    return not judged and lowered.startswith(f"{service}:")


def texts(value: object) -> list[str]:
    """A member of a policy that may be one text or a list of texts."""
    if isinstance(value, str):
        return [value]
    return [str(part) for part in value] if isinstance(value, list | tuple) else []


@cache
def _reference() -> Mapping[str, Any]:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise ReferenceMissing(
            "the service authorization reference is part of cfn-lint, which is not installed: pip install cfn-lint"
        )
    known: Mapping[str, Any] = json.loads((Path(spec.origin).parent / _DATA).read_text(encoding="utf-8"))
    return known
