"""Statements from the rights of a `SyncJob`: actions by the last part of an ARN, with fields of the deployment in braces."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

from extract_core.contract import Statement
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from extract_core.contract import Target


def statements(target: Target[Any], rights: Mapping[str, Sequence[str]], named: Container[str]) -> Iterable[Statement]:
    """A statement per resource. The service of an ARN is that of the first action."""
    for resource, actions in rights.items():
        service = actions[0].partition(":")[0]
        yield Statement(actions=tuple(actions), resources=_arns(target, service, resource, named))


def _arns(target: Target[Any], service: str, resource: str, named: Container[str]) -> tuple[str, ...]:
    """The ARNs of a resource: one per allowed value of each name in braces that is in `named`. ``*`` stays as it is."""
    if resource == "*":
        return ("*",)
    fields = re.findall(r"\{(\w+)\}", resource)
    for name in fields:
        if not hasattr(target.deployment, name):
            model = type(target.deployment)
            near = did_you_mean(name, getattr(model, "model_fields", ()))
            raise ValueError(f"rights on {resource!r}: {model.__name__} has no field {name!r}{near}")
    values = [
        allowed_values(name, target.deployment) if name in named else (getattr(target.deployment, name),) for name in fields
    ]
    return tuple(target.arn(service, resource.format(**dict(zip(fields, each, strict=True)))) for each in product(*values))


def allowed_values(name: str, deployment: object) -> tuple[str, ...]:
    """What a table may name: the deployment's own value and those of the plural field, sorted."""
    return tuple(sorted({getattr(deployment, name), *getattr(deployment, f"{name}s", ())}))
