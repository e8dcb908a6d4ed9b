"""Conditions of a statement: operators, their IfExists, ForAllValues and ForAnyValue forms, and keys that a request lacks.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys". All
operators and all keys must hold (and); at least one of several values must (or); for an operator with Not, none of them may.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, Final

from asl_toolkit.services.aws.iam.patterns import Values, arn_matches, matches

Test = Callable[[str, str, Values], bool]


class PolicyError(ValueError):
    """A policy that IAM would not take: says where and why."""


def _number(compare: Callable[[float, float], bool], wanted: str, value: str, _context: Values) -> bool:
    return compare(float(value), float(wanted))


def _moment(compare: Callable[[datetime, datetime], bool], wanted: str, value: str, _context: Values) -> bool:
    return compare(_instant(value), _instant(wanted))


def _instant(text: str) -> datetime:
    if text.replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _address(wanted: str, value: str, _context: Values) -> bool:
    return ip_address(value) in ip_network(wanted, strict=False)


def _ordered(name: str, test: Callable[..., bool]) -> dict[str, Test]:  # of float or datetime
    return {
        f"{name}Equals": partial(test, lambda one, other: one == other),
        f"{name}LessThan": partial(test, lambda one, other: one < other),
        f"{name}LessThanEquals": partial(test, lambda one, other: one <= other),
        f"{name}GreaterThan": partial(test, lambda one, other: one > other),
        f"{name}GreaterThanEquals": partial(test, lambda one, other: one >= other),
    }


_TESTS: Final[Mapping[str, Test]] = {
    "StringEquals": partial(matches, wildcards=False),
    "StringEqualsIgnoreCase": partial(matches, ignore_case=True, wildcards=False),
    "StringLike": matches,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
    "Bool": lambda wanted, value, _: wanted.lower() == value.lower(),
    "BinaryEquals": lambda wanted, value, _: base64.b64decode(wanted) == base64.b64decode(value),
    "IpAddress": _address,
    **_ordered("Numeric", _number),
    **_ordered("Date", _moment),
}
_NEGATED: Final = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}


def holds(condition: Mapping[str, Mapping[str, Any]], context: Values) -> bool:
    """Whether a request with this context meets the condition. Raises PolicyError for an operator that does not exist."""
    return all(
        _holds(operator, _texts(wanted), context.get(key.lower()), context)
        for operator, tests in condition.items()
        for key, wanted in tests.items()
    )


def _holds(operator: str, wanted: list[str], values: tuple[str, ...] | None, context: Values) -> bool:
    if operator == "Null":
        return any((values is None) == (text.lower() == "true") for text in wanted)
    qualifier, _, name = operator.rpartition(":")
    if name.endswith("IfExists"):
        if values is None:
            return True
        name = name.removesuffix("IfExists")
    test, negated = _TESTS.get(_NEGATED.get(name, name)), name in _NEGATED
    if test is None or qualifier not in ("", "ForAllValues", "ForAnyValue"):
        raise PolicyError(f"there is no condition operator {operator!r}")

    def fits(value: str) -> bool:
        return any(_safely(test, text, value, context) for text in wanted) is not negated

    if qualifier == "ForAllValues":
        return all(map(fits, values or ()))
    if qualifier == "ForAnyValue":
        return any(map(fits, values or ()))
    if values is None:
        return negated  # a key that is not there equals nothing
    return len(values) == 1 and fits(values[0])


def _safely(test: Test, wanted: str, value: str, context: Values) -> bool:
    """A value of another type than the operator's does not match."""
    try:
        return test(wanted, value, context)
    except ValueError:
        return False


def _texts(value: object) -> list[str]:
    """The values of a key. JSON's true and numbers are written as text, as IAM does it."""
    values = value if isinstance(value, list | tuple) else [value]
    return [str(part).lower() if isinstance(part, bool) else str(part) for part in values]
