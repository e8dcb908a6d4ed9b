"""Mutants of the conditions of a statement: a value that is taken away, and a key whose test is taken away.

Without a value, a request that is meant to be allowed must be refused. Without the test of a key, a request with another value
of that key must be allowed that the whole policies refuse: else the test limits nothing. Operators for texts and ARNs are taken
apart, with their IfExists and set forms; negated ones, numbers, dates, addresses and Null are not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from asl_toolkit.services.aws.iam.policy import Request, applies, decide, statements_of
from asl_toolkit.services.aws.iam.reference import texts

Policies = Sequence[Mapping[str, Any]]

_OPERATOR: Final = re.compile(
    r"(?:For(?:All|Any)Values?:)?(?:String(?:Equals|EqualsIgnoreCase|Like)|Arn(?:Equals|Like))(?:IfExists)?"
)
_NOTHING: Final = "(no value)"
"""A value that no request has."""
_OTHER: Final = "other-"
"""Before a value, it makes another one that no pattern of the same key fits, unless that begins with a wildcard."""


@dataclass(frozen=True, slots=True)
class ConditionMutant:
    """A statement with one part of its condition less. `value` is None if the test of the whole key is gone."""

    document: int
    statement: int
    operator: str
    key: str
    value: str | None
    changed: Mapping[str, Any]

    def __str__(self) -> str:
        what = f"value {self.value} of {self.key}" if self.value is not None else f"test of {self.key}"
        return f"{what} ({self.operator}) of statement {self.document}.{self.statement}"


def condition_mutants(policies: Policies) -> Iterator[ConditionMutant]:
    """All mutants of the conditions of statements that allow."""
    for document, policy in enumerate(policies):
        for number, statement in enumerate(statements_of(policy)):
            condition = statement.get("Condition") or {}
            for operator, tests in condition.items() if statement["Effect"] == "Allow" else ():
                if _OPERATOR.fullmatch(operator) is None:
                    continue
                for key, values in tests.items():
                    rest = {name: of for name, of in tests.items() if name != key}
                    without = {**statement, "Condition": {**condition, operator: rest}}
                    yield ConditionMutant(document, number, operator, key, None, without)
                    for value in texts(values):
                        left = [other for other in texts(values) if other != value] or [_NOTHING]
                        fewer = {**statement, "Condition": {**condition, operator: {**tests, key: left}}}
                        yield ConditionMutant(document, number, operator, key, value, fewer)


def is_noticed(mutant: ConditionMutant, policies: Policies, requests: Iterable[Request]) -> bool:
    """Whether the mutant decides one of these requests, or one with another value of its key, differently than the policies."""
    mutated = [
        {"Statement": [mutant.changed if (document, number) == (mutant.document, mutant.statement) else statement
                       for number, statement in enumerate(statements_of(policy))]}
        for document, policy in enumerate(policies)
    ]  # fmt: skip
    own = statements_of(policies[mutant.document])[mutant.statement]
    about = [request for request in requests if applies(own, request, request.values())]
    if mutant.value is None:
        about = [_foreign(request, mutant.key) for request in about]
    return any(decide(mutated, request).is_allowed != decide(policies, request).is_allowed for request in about)


def _foreign(request: Request, key: str) -> Request:
    """The request with another value of this key."""
    context = {name: value for name, value in request.context.items() if name.lower() != key.lower()}
    values = request.values().get(key.lower(), ("",))
    return replace(request, context={**context, key: [f"{_OTHER}{value}" for value in values]})
