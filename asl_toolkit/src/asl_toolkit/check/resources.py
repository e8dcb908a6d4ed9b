"""Resources of Tasks: the ARN, the integration, its action and its pattern; one partition for the whole machine."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.integrations import OF_MAPS, OPTIMISED, RENAMED, RETIRED, SDK_SUFFIXES, Integration
from asl_toolkit.check.models import Models, nearest
from asl_toolkit.check.scopes import Machine, StateAt
from asl_toolkit.check.values import is_placeholder
from asl_toolkit.check.wording import shown
from asl_toolkit.json_value import Json
from asl_toolkit.pointers import below

_ARN: Final = re.compile(
    r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.+)", re.DOTALL
)
_INTEGRATION: Final = re.compile(r"(?P<service>aws-sdk:[^:]+|[^:]+):(?P<action>[^.:]+)(?P<suffix>\..*)?", re.DOTALL)
_FUNCTION: Final = re.compile(r"function:[A-Za-z0-9_-]{1,140}(?::[A-Za-z0-9$_-]{1,128})?")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_OWN: Final = ("stateMachine:", "execution:", "express:", "mapRun:")
_ACTIVITY: Final = re.compile(r"activity:[^\s:]{1,80}")
_SUFFIXES: Final = (".sync", ".sync:2", ".waitForTaskToken")
_REGIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


class Called(NamedTuple):
    """The call of a Task, as far as it is known. A part is None if the checker has no model of it."""

    service: str
    action: str
    suffix: str
    integration: Integration | None


def check_resource(state: StateAt, report: Report, models: Models | None, *, express: bool) -> Called | None:
    """The Resource of a Task. Returns its call if it is a service integration."""
    resource = state.value.get("Resource")
    pointer = state.at("Resource")
    if not isinstance(resource, str) or is_placeholder(resource):
        return None
    called = _integration(resource, pointer, report)
    if called is None:
        return None
    service, action, suffix = called
    if suffix and suffix not in _SUFFIXES:
        report.add("PATTERN", pointer, f"{suffix!r} is not a pattern: the patterns are {', '.join(_SUFFIXES)}")
        return None
    if suffix and express:
        report.add(
            "PATTERN",
            pointer,
            f"an Express execution has no {suffix} integrations",
            remedy="Use a Standard machine, or ExecutionType STANDARD",
        )
    if service.startswith("aws-sdk:"):
        return _check_sdk(service.removeprefix("aws-sdk:"), action, suffix, pointer, report, models)
    return _check_optimised(service, action, suffix, pointer, report)


def _integration(resource: str, pointer: Pointer, report: Report) -> tuple[str, str, str] | None:
    """Service, action and suffix of an integration. None for a function, an activity, or a faulty Resource."""
    match = _ARN.fullmatch(resource)
    if match is None:
        report.add("RESOURCE", pointer, f"{shown(resource)} is not an ARN")
        return None
    service, rest = match["service"], match["rest"]
    placed = bool(match["region"]) and _ACCOUNT.fullmatch(match["account"]) is not None
    called = None
    if service == "lambda":
        if not _FUNCTION.fullmatch(rest) or not placed:
            report.add("RESOURCE", pointer, f"{shown(resource)} is not the ARN of a Lambda function")
    elif service != "states":
        report.add("RESOURCE", pointer, f"a Task cannot call {shown(resource)}: write arn:aws:states:::SERVICE:ACTION")
    elif rest.startswith("activity:"):
        if not _ACTIVITY.fullmatch(rest) or not placed:
            report.add("RESOURCE", pointer, f"{shown(resource)} is not the ARN of an activity")
    elif rest.startswith(_OWN):
        remedy = "Start another machine by arn:aws:states:::states:startExecution, with its ARN in StateMachineArn"
        report.add("RESOURCE", pointer, f"a Task cannot call {shown(resource)} itself", remedy=remedy)
    else:
        called = _INTEGRATION.fullmatch(rest)
        if called is None:
            report.add("RESOURCE", pointer, f"{shown(resource)} names no action: write arn:aws:states:::SERVICE:ACTION")
    return None if called is None else (called["service"], called["action"], called["suffix"] or "")


def _check_optimised(service: str, action: str, suffix: str, pointer: Pointer, report: Report) -> Called | None:
    if (service, action) in OF_MAPS:
        report.add(
            "UNKNOWN_SERVICE",
            pointer,
            f"{service}:{action} is a resource of ItemReader and ResultWriter only",
            remedy=f"A Task calls arn:aws:states:::aws-sdk:{service}:{action}",
        )
        return None
    actions = OPTIMISED.get(service)
    if actions is None:
        hint = _near(service, OPTIMISED)
        name = RENAMED.get(service, service.replace("-", ""))
        remedy = f"Any service can be called as arn:aws:states:::aws-sdk:{name}:{action}"
        unsure = "" if hint else ", as far as this version of the toolkit knows"
        report.add("UNKNOWN_SERVICE", pointer, f"there is no optimised integration {service!r}{hint}{unsure}", remedy=remedy)
        return None
    integration = actions.get(action)
    if integration is None:
        hint = _near(action, actions)
        other = None if hint else f"Any action can be called as arn:aws:states:::aws-sdk:{RENAMED.get(service, service)}:{action}"
        report.add("UNKNOWN_ACTION", pointer, f"the integration {service!r} has no action {action!r}{hint}", remedy=other)
        return None
    _check_suffix(f"{service}:{action}", suffix, integration.suffixes, pointer, report)
    return Called(service, action, suffix, integration)


def _check_sdk(  # noqa: PLR0913, PLR0917 - the parts of the ARN, and the report
    service: str, action: str, suffix: str, pointer: Pointer, report: Report, models: Models | None
) -> Called | None:
    _check_suffix(f"aws-sdk:{service}:{action}", suffix, SDK_SUFFIXES, pointer, report)
    if service in RENAMED:
        report.add(
            "UNKNOWN_SERVICE", pointer, f"the AWS SDK integration has no service {service!r}; did you mean {RENAMED[service]!r}?"
        )
        return None
    if models is None or service in RETIRED:
        return None
    client = models.client(service)
    if client is None or service != service.lower() or "-" in service:
        known = [RENAMED.get(name.replace("-", ""), name.replace("-", "")) for name in sorted(models.services)]
        hint = _near(service.lower().replace("-", ""), known)
        report.add("UNKNOWN_SERVICE", pointer, f"the AWS SDK integration has no service {service!r}{hint}")
        return None
    actions = models.actions(client)
    own = nearest(action, actions)
    if own is None or (own != action and not action[:1].islower()):
        near = f"; did you mean {own!r}?" if own else _near(action, actions)
        report.add("UNKNOWN_ACTION", pointer, f"the service {service!r} has no action {action!r}{near}")
        return None
    operation = actions[own]
    return Called(f"aws-sdk:{service}", own, suffix, Integration(SDK_SUFFIXES, (client, operation)))


def _check_suffix(what: str, suffix: str, allowed: tuple[str, ...], pointer: Pointer, report: Report) -> None:
    if suffix not in allowed:
        can = ", ".join(known for known in allowed if known)
        report.add(
            "PATTERN",
            pointer,
            f"{what} has no {suffix}; it has " + (f"{can} and the plain call" if can else "the plain call only"),
        )


def _near(name: str, names: Iterable[str]) -> str:
    known = list(names)
    folded = [other for other in known if other.lower() == name.lower()] or get_close_matches(name, known, 1)
    return f"; did you mean {folded[0]!r}?" if folded else ""


def check_partitions(machine: Machine, report: Report, region: str | None) -> None:
    """Every ARN of the machine is in one partition: that of the Region, if it is given, else that of the first ARN."""
    expected = None if region is None else partition_of(region)
    whose = "" if region is None else f"that of the Region {region!r}"
    for pointer, partition in _partitions(machine):
        if expected is None:
            expected, whose = partition, f"that of {below('', *pointer)}"
        elif partition != expected:
            report.add("PARTITION", pointer, f"the ARN is in the partition {partition!r}, {whose} is {expected!r}")


def partition_of(region: str) -> str:
    """The partition of a Region: aws, aws-cn, aws-us-gov and so on."""
    return next((partition for prefix, partition in _REGIONS.items() if region.startswith(prefix)), "aws")


def _partitions(machine: Machine) -> Iterator[tuple[Pointer, str]]:
    """(pointer, partition) of every literal ARN: resources, and members of parameters."""
    for state in machine.states:
        yield from _partition_of_member(state.value, "Resource", state.pointer)
        for name in ("ItemReader", "ResultWriter", "Parameters", "Arguments", "Credentials"):
            if isinstance(holder := state.value.get(name), Mapping):
                for member in holder:
                    yield from _partition_of_member(holder, member, state.at(name))


def _partition_of_member(holder: Mapping[str, Json], name: str, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    value = holder.get(name)
    if isinstance(value, str) and not is_placeholder(value) and (match := _ARN.fullmatch(value)):
        yield (*pointer, name), match["partition"]
