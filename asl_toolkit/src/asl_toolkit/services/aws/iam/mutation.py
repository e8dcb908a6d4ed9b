"""Whether policies allow exactly what was asked for: each action, resource and part of a condition is taken away in turn.

A part whose absence changes no decision is superfluous: nothing uses it, or something else allows the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asl_toolkit.services.aws.iam.condition_mutants import condition_mutants, is_noticed
from asl_toolkit.services.aws.iam.policy import Request, applies, statements_of
from asl_toolkit.services.aws.iam.reference import texts

Documents = Mapping[str, Sequence[Mapping[str, Any]]]
"""Policy documents by identity. Statements that deny, and NotAction or NotResource, are not taken apart."""


@dataclass(slots=True)
class Score:
    """The result. `mutants` are the parts that were taken away, `noticed` those that some request needed.

    `conditions` of the mutants are parts of conditions.

    `superfluous` are the others, `unused` the pairs of an action and a resource in one statement that no request used, and
    `refused` the requests that the whole policies do not allow: each a line of text.
    """

    mutants: int = 0
    noticed: int = 0
    conditions: int = 0
    superfluous: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """The share of mutants that were noticed; 100 without mutants."""
        return 100 * self.noticed / self.mutants if self.mutants else 100.0


Pair = tuple[int, int, str, str]
"""Document, statement, action, resource: the least part of a policy that can allow a request."""


def score(documents: Documents, requests: Iterable[tuple[str, Request]]) -> Score:
    """The score of these policies for these requests, each of an identity. Raises PolicyError."""
    by_identity = dict[str, list[Request]]()
    for identity, request in requests:
        by_identity.setdefault(identity, []).append(request)
    result = Score()
    for identity, policies in documents.items():
        _judge(result, identity, list(_pairs(policies)), policies, by_identity.get(identity, []))
    return result


def _judge(
    result: Score, identity: str, pairs: list[Pair], policies: Sequence[Mapping[str, Any]], requests: list[Request]
) -> None:
    allowing = [[pair for pair in pairs if _allows(policies, pair, request)] for request in requests]
    result.refused += [f"{identity}: {request}" for request, by in zip(requests, allowing, strict=True) if not by]
    used = {pair for by in allowing for pair in by}
    result.unused += [f"{identity}: {pair[2]} on {pair[3]}" for pair in pairs if pair not in used]
    for part in dict.fromkeys(part for pair in pairs for part in _parts(pair)):
        result.mutants += 1
        if any(by and all(part in _parts(pair) for pair in by) for by in allowing):
            result.noticed += 1
        else:
            document, statement, kind, name = part
            result.superfluous.append(f"{identity}: {kind} {name} of statement {document}.{statement}")
    for mutant in condition_mutants(policies):
        result.mutants += 1
        result.conditions += 1
        if is_noticed(mutant, policies, requests):
            result.noticed += 1
        else:
            result.superfluous.append(f"{identity}: {mutant}")


def _pairs(policies: Sequence[Mapping[str, Any]]) -> Iterator[Pair]:
    for document, policy in enumerate(policies):
        for number, statement in enumerate(statements_of(policy)):
            if statement["Effect"] == "Allow":
                for action in texts(statement.get("Action")):
                    yield from ((document, number, action, resource) for resource in texts(statement.get("Resource")))


def _parts(pair: Pair) -> tuple[tuple[int, int, str, str], tuple[int, int, str, str]]:
    document, statement, action, resource = pair
    return (document, statement, "action", action), (document, statement, "resource", resource)


def _allows(policies: Sequence[Mapping[str, Any]], pair: Pair, request: Request) -> bool:
    document, number, action, resource = pair
    if action.lower() != request.action.lower() and "*" not in action:
        return False
    statement = {**statements_of(policies[document])[number], "Action": action, "Resource": resource}
    return applies(statement, request, request.values())
