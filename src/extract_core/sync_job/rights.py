"""Statements from the rights of a `SyncJob`: actions by the last part of an ARN, with fields of the deployment in braces."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

from extract_core.contract import Statement
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from extract_core.contract import Target


def statements(
    target: Target[Any], rights: Mapping[str, Sequence[str]], values_of: Callable[[str], Sequence[str]]
) -> Iterable[Statement]:
    """A statement per resource. The service of an ARN is that of the first action; `values_of` gives the values of a field."""
    for resource, actions in rights.items():
        service = actions[0].partition(":")[0]
        yield Statement(actions=tuple(actions), resources=_arns(target, service, resource, values_of))


def of_call(rights: Mapping[str, Sequence[str]], *resources: str) -> dict[str, tuple[str, ...]]:
    """The part of `rights` whose actions have the name of one of these integrations' calls."""
    calls = {resource.rpartition(":")[2].lower() for resource in resources}
    called = {
        resource: tuple(action for action in actions if action.partition(":")[2].lower() in calls)
        for resource, actions in rights.items()
    }
    return {resource: actions for resource, actions in called.items() if actions}


def _arns(target: Target[Any], service: str, resource: str, values_of: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """The ARNs of a resource: one per value of each name in braces. ``*`` stays as it is."""
    if resource == "*":
        return ("*",)
    of_target = {"partition": target.partition, "region": target.region, "account": target.account}
    known = of_target if resource.startswith("arn:") else {}
    fields = [name for name in re.findall(r"\{(\w+)\}", resource) if name not in known]
    for name in fields:
        if not hasattr(target.deployment, name):
            model = type(target.deployment)
            near = did_you_mean(name, getattr(model, "model_fields", ()))
            raise ValueError(f"rights on {resource!r}: {model.__name__} has no field {name!r}{near}")
    chosen = (dict(zip(fields, combination, strict=True)) for combination in product(*map(values_of, fields)))
    filled = (resource.format(**known, **fields_of_one) for fields_of_one in chosen)
    return tuple(it if it.startswith("arn:") else target.arn(service, it) for it in filled)
