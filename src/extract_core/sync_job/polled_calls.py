"""The question and the stop of a `PolledJob`, as calls of boto3: for `diagnose` and `stop`, which run outside of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from extract_core.parsing.asking import client, pascal
from extract_core.registry.routing import STARTED
from extract_core.sync_job.paths import at, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from extract_core.contract import Json, Outcome
    from extract_core.sync_job.polling import Polling

    AnyPolling = Polling[Any]  # Any: whichever models it has

_NOT_SERVICES: Final = ("http", "lambda")
"""Integrations whose request is not one of boto3: the connection, or the function, does something else."""


def reason_now(job_type: AnyPolling, outcome: Outcome, aws: object, deployment: object) -> str | None:
    """State and reason that the service gives now; None if the start was not answered, or the service refuses."""
    described = _described(job_type, outcome, aws, deployment)
    state, reason = said(described, job_type.state_member) or job_type.loop_word(described), job_type.reason(described)
    return f"{job_type.title} now says: {': '.join(filter(None, (state, reason)))}" if state else None


def stop_now(job_type: AnyPolling, outcome: Outcome, aws: object, deployment: object) -> None:
    """Stop the job. Raises botocore's ClientError or BotoCoreError unless the job has ended."""
    from botocore.exceptions import ClientError

    members = _members(job_type.stop_request(deployment), outcome)
    if members is None:
        return
    try:
        _call(job_type, aws, job_type.stop_resource, members)()
    except ClientError:
        if job_type.loop_word(_described(job_type, outcome, aws, deployment)) not in job_type.ends():
            raise


def _described(job_type: AnyPolling, outcome: Outcome, aws: object, deployment: object) -> Mapping[str, Json]:
    """The description of the job now; ``{}`` if it cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    members = _members(job_type.describe_request(deployment), outcome)
    if members is None or job_type.describe_resource.partition(":")[0] in _NOT_SERVICES:
        return {}
    try:
        return job_type.job_in(pascal(_call(job_type, aws, job_type.describe_resource, members)()))
    except (BotoCoreError, ClientError):
        return {}


def _members(request: Mapping[str, Json], outcome: Outcome) -> dict[str, Json] | None:
    """The members of a request, its paths read from the item; None if one is missing: the start was not answered."""
    try:
        return _resolved(request, {STARTED: outcome.result, **outcome.item})
    except _Missing:
        return None


class _Missing(Exception):  # noqa: N818 - what happened
    """A path of a request that leads nowhere."""


def _resolved(template: Mapping[str, Json], item: Mapping[str, Json]) -> dict[str, Json]:
    members: dict[str, Json] = {}
    for name, value in template.items():
        if not name.endswith(".$"):
            members[name] = _resolved(value, item) if isinstance(value, Mapping) else value
            continue
        path = str(value)
        if not path.startswith("$.") or "(" in path:
            raise ValueError(f"{name} is {path!r}: outside of the machine only paths can be read; override diagnose and stop")
        read = at(item, path[2:])
        if read is None:
            raise _Missing
        members[name.removesuffix(".$")] = read
    return members


def _call(
    job_type: AnyPolling, aws: Any, resource: str, members: Mapping[str, Json]
) -> Callable[[], object]:  # boto3 has no types
    """A call of boto3 for an integration of Step Functions. ValueError if the service has no such operation."""
    service, _, action = resource.removeprefix("aws-sdk:").partition(":")
    if service in _NOT_SERVICES:
        raise ValueError(f"{resource!r} cannot be called outside of the machine: override stop and diagnose of {job_type.name!r}")
    name = job_type.client_name or next(
        (known for known in aws.get_available_services() if known.replace("-", "") == service), ""
    )
    if not name:
        raise ValueError(
            f"boto3 has no service {service!r}: set `client_name`, or override diagnose and stop of {job_type.name!r}"
        )
    api = client(aws, name)
    operation = action[:1].upper() + action[1:]
    method = next((method for method, known in api.meta.method_to_api_mapping.items() if known == operation), None)
    if method is None:
        raise ValueError(f"boto3's service {name!r} has no operation {operation!r}: correct {resource!r} of {job_type.name!r}")
    shape = api.meta.service_model.operation_model(operation).input_shape
    spelt = {known[:1].upper() + known[1:]: known for known in (shape.members if shape else ())}
    return partial(getattr(api, method), **{spelt.get(member, member): value for member, value in members.items()})
