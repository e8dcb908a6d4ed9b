"""What policies of IAM allow: the decision about one request, as the policies of one identity make it.

Source: IAM user guide, "Policy evaluation logic": an explicit deny wins, then an allow is needed. Policies of resources, of
organisations and of sessions are not part of it; a permissions boundary is one more set of policies, which must allow as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from asl_toolkit.services.aws.iam.conditions import PolicyError, holds
from asl_toolkit.services.aws.iam.patterns import Values, arn_matches, matches
from asl_toolkit.services.aws.iam.reference import texts


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that a caller wants to do. `context` has the condition keys of the request, with a value or several.

    `resource` is an ARN, or ``*`` for an action that takes none.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def values(self) -> Values:
        """The context by lower-case key: IAM ignores the case of keys."""
        return {key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in self.context.items()}

    def __str__(self) -> str:
        """``s3:GetObject on arn:…``."""
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is allowed, and why: by which statement, by an explicit deny, or because no statement allows it."""

    kind: Literal["allowed", "denied", "not allowed"]
    policy: int | None = None
    statement: int | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether it is allowed."""
        return self.kind == "allowed"


def decide(policies: Sequence[Mapping[str, Any]], request: Request, boundary: Sequence[Mapping[str, Any]] = ()) -> Decision:
    """The decision about a request by these policy documents, and by those of a permissions boundary if there is one.

    Raises PolicyError for a document that IAM would not take.
    """
    decision = _decide(policies, request)
    if boundary and decision.is_allowed:
        bounded = _decide(boundary, request)
        return decision if bounded.is_allowed else Decision(bounded.kind)
    return decision


def _decide(policies: Sequence[Mapping[str, Any]], request: Request) -> Decision:
    values, allowing = request.values(), None
    for number, policy in enumerate(policies):
        for index, statement in enumerate(statements_of(policy)):
            if not applies(statement, request, values):
                continue
            if statement["Effect"] == "Deny":
                return Decision("denied", number, index)
            allowing = allowing or Decision("allowed", number, index)
    return allowing or Decision("not allowed")


def statements_of(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a document. Raises PolicyError for one that IAM would not take."""
    written = policy.get("Statement", [])
    statements = list(written) if isinstance(written, list | tuple) else [written]
    for index, statement in enumerate(statements):
        if problem := _problem(statement):
            raise PolicyError(f"Statement[{index}]: {problem}")
    return statements


def _problem(statement: Any) -> str | None:  # Any: what a document may hold
    if not isinstance(statement, Mapping):
        return "it is not an object"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"Effect is {statement.get('Effect')!r}; write Allow or Deny"
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if (one in statement) == (other in statement):
            return f"it needs {one} or {other}, and not both"
    unknown = sorted(statement.keys() - {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
    return f"it has {', '.join(unknown)}, which the policy of an identity does not have" if unknown else None


def applies(statement: Mapping[str, Any], request: Request, values: Values) -> bool:
    """Whether a statement is about this request."""
    return (
        _named(statement, "Action", lambda pattern: matches(pattern, request.action, {}, ignore_case=True))
        and _named(statement, "Resource", lambda pattern: arn_matches(pattern, request.resource, values))
        and holds(statement.get("Condition") or {}, values)
    )


def _named(statement: Mapping[str, Any], member: str, fits: Any) -> bool:  # Any: a function of a pattern
    if member in statement:
        return any(map(fits, texts(statement[member])))
    return not any(map(fits, texts(statement[f"Not{member}"])))


def refused(policies: Sequence[Mapping[str, Any]], requests: Iterable[Request]) -> list[Request]:
    """The requests that these policies do not allow."""
    return [request for request in requests if not decide(policies, request).is_allowed]
