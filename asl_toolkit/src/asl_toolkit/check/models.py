"""Botocore's service models, loaded when a definition first needs one. They are missing if botocore is not installed."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from asl_toolkit.botocore_shapes import Shape
from asl_toolkit.services.aws.names import client_name

_VERSIONED = re.compile(r"\d{4}_\d\d_\d\d$")
_ACRONYM = re.compile(r"[A-Z]{2}|[a-z]\d|\d[A-Za-z]")


class Models:
    """The service models of the botocore that is installed."""

    def __init__(self, session: Any) -> None:  # botocore.session.Session
        self._session = session
        self.services: frozenset[str] = frozenset(session.get_component("data_loader").list_available_services("service-2"))

    def client(self, service: str) -> str | None:
        """Botocore's name for the service of an `aws-sdk:` ARN, or None."""
        return client_name(service, self.services)

    def operation(self, service: str, name: str) -> Any | None:  # botocore.model.OperationModel
        """An operation by its own name (StartJobRun)."""
        model = _service_model(self._session, service)
        full = _operations(self._session, service).get(name[:1].lower() + name[1:])
        return None if full is None else model.operation_model(full)

    def actions(self, service: str) -> Mapping[str, str]:
        """Action (startJobRun) → operation, of a service of botocore."""
        return _operations(self._session, service)

    def shape(self, service: str, name: str) -> Shape:
        """A shape of a service's model by its name."""
        return _service_model(self._session, service).shape_for(name)


@lru_cache(maxsize=1)
def load_models() -> Models | None:
    """The models, or None if botocore is not installed."""
    try:
        import botocore.session
    except ImportError:
        return None
    return Models(botocore.session.Session())


@lru_cache(maxsize=64)
def _service_model(session: Any, service: str) -> Any:  # botocore.model.ServiceModel
    return session.get_service_model(service)


@lru_cache(maxsize=64)
def _operations(session: Any, service: str) -> Mapping[str, str]:
    names = _service_model(session, service).operation_names
    return {name[:1].lower() + _VERSIONED.sub("", name[1:]): name for name in names}


def member_names(shape: Shape) -> dict[str, str]:
    """Name in Step Functions (capital first letter) → name in the model."""
    return {member[:1].upper() + member[1:]: member for member in shape.members}


def find_member(name: str, names: Mapping[str, str]) -> str | None:
    """The member of this name. Acronyms may be spelled as Java's SDK does: DBInstanceId, DbInstanceId."""
    if name in names:
        return names[name]
    if not name[:1].isupper():
        return None
    folded = name.lower()
    return next((own for spelling, own in names.items() if spelling.lower() == folded and _ACRONYM.search(spelling)), None)


def nearest(name: str, names: Mapping[str, str]) -> str | None:
    """The name that differs in case only, or None."""
    folded = name.lower()
    return next((spelling for spelling in names if spelling.lower() == folded), None)
