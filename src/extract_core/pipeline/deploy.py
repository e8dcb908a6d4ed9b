"""The sections [deploy] and [schedules] of extract.toml: its place in an AWS account, and when it runs by itself."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from extract_core.dataclass import dataclass
from extract_core.pipeline.keys import DEPLOY, SCHEDULE
from extract_core.pipeline.schedule_times import EXPRESSIONS, expression_fault, timezone_fault
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json

    Complain = Callable[[str, str], None]

PARTS: Final = ("alarms", "alias", "buckets", "reconcile", "tracking")
"""Parts of the stack that `managed` chooses. `buckets` are those of config_uri, data_uri and runs_uri."""

RUNTIMES: Final = ("python3.11", "python3.12", "python3.13", "python3.14")
"""Python runtimes of Lambda that this version runs on (Lambda guide, "Lambda runtimes")."""

RETENTIONS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)
"""Days that CloudWatch Logs accepts (PutRetentionPolicy)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One of [schedules.<name>]: `when` is ``cron(…)``, ``rate(…)`` or ``at(…)`` of EventBridge Scheduler."""

    when: str
    event: Mapping[str, Json]
    timezone: str = "UTC"
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOptions:
    """The section [deploy]. Without `stack` it has the pipeline's name. Bundles, scripts and templates are in `artifacts_uri`."""

    artifacts_uri: str | None = None
    stack: str | None = None
    architecture: str = "arm64"
    runtime: str = "python3.13"
    log_retention_days: int = 90
    alarm_email: str | None = None
    event_bus: str | None = None
    tracing: bool = False
    managed: Sequence[str] = ("alarms", "alias", "reconcile", "tracking")
    tags: Mapping[str, str] = field(default_factory=dict)
    permissions_boundary: str | None = None
    kms_key: str | None = None
    subnets: Sequence[str] = ()
    security_groups: Sequence[str] = ()


_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"architecture": ("arm64", "x86_64"), "runtime": RUNTIMES}
_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "artifacts_uri": (r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", "a folder in S3, such as s3://bucket/artifacts/"),
    "stack": (r"[A-Za-z][A-Za-z0-9-]{0,127}", "letters, digits and -, beginning with a letter"),
    "architecture": (r"arm64|x86_64", "arm64 or x86_64"),
    "runtime": ("|".join(map(re.escape, RUNTIMES)), f"one of {', '.join(RUNTIMES)}"),
    "alarm_email": (r"[^@\s]+@[^@\s]+", "an email address"),
    "event_bus": (r"[/.A-Za-z0-9_-]{1,256}|arn:aws[a-z-]*:events:[^\s]+:event-bus/[^\s]+", "the name or ARN of an event bus"),
    "permissions_boundary": (r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/\S+", "the ARN of an IAM policy"),
    "kms_key": (r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+", "the ARN of a KMS key, arn:aws:kms:…:key/… (not an alias)"),
}
_LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "managed": ("|".join(PARTS), f"a list of parts: {', '.join(PARTS)}"),
    "subnets": (r"subnet-[0-9a-f]+", 'a list of subnets, such as ["subnet-0a1b2c3d"]'),
    "security_groups": (r"sg-[0-9a-f]+", 'a list of security groups, such as ["sg-0a1b2c3d"]'),
}
_EVENT: Final = 'event = {source = "sales", tables = "*"}'


def deploy_options(section: Mapping[str, Any], complain: Complain) -> DeployOptions:
    """The options of the section. `complain` gets the path and the message of each wrong value, and its default is used."""
    read: dict[str, Any] = {}
    for key, value in section.items():
        if key in _TEXTS:
            pattern, wanted = _TEXTS[key]
            is_valid = isinstance(value, str) and re.fullmatch(pattern, value)
            fault = None if is_valid else f"write {wanted}{did_you_mean(str(value), _CHOICES.get(key, ()))}"
        elif key in _LISTS:
            pattern, wanted = _LISTS[key]
            fault = None if _is_list(value, pattern) else f"write {wanted}{_near(key, value)}"
        elif key == "log_retention_days":
            fault = None if type(value) is int and value in RETENTIONS else _nearest_retention(value)
        elif key == "tracing":
            fault = None if isinstance(value, bool) else "write true or false"
        elif key == "tags":
            fault = None if _are_tags(value) else 'write texts by name, such as tags = {team = "data"}'
        else:
            hint = did_you_mean(key, DEPLOY) or f"; known are: {', '.join(sorted(DEPLOY))}"
            complain(f"deploy.{key}", f"no such key here{hint}")
            continue
        if fault is None:
            read[key] = tuple(value) if isinstance(value, list) else value
        else:
            complain(f"deploy.{key}", f"{value!r} is not valid; {fault}")
    if bool(section.get("subnets")) != bool(section.get("security_groups")):
        complain("deploy", "subnets and security_groups go together: functions in a VPC need both")
    if (folder := read.get("artifacts_uri")) is not None:
        read["artifacts_uri"] = folder.rstrip("/") + "/"
    return DeployOptions(**read)


def schedules(section: Mapping[str, Any], complain: Complain) -> dict[str, Schedule]:
    """The schedules by name. As `deploy_options` for wrong values; a schedule with one is left out."""
    read = {}
    for name, schedule in section.items():
        path = f"schedules.{name}"
        if not isinstance(schedule, dict):
            complain(path, f"is {schedule!r}, but must be a section; write [{path}]")
            continue
        faults = dict(_schedule_faults(name, schedule))
        for key, fault in faults.items():
            complain(f"{path}.{key}" if key else path, fault)
        if not faults:
            read[name] = Schedule(**schedule)
    return read


def _schedule_faults(name: str, schedule: Mapping[str, Any]) -> list[tuple[str, str]]:
    faults = []
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,22}", name):
        faults.append(("", "the name of a schedule has at most 23 letters, digits and -"))
    for key in schedule:
        if key not in SCHEDULE:
            hint = did_you_mean(key, SCHEDULE) or f"; known are: {', '.join(SCHEDULE)}"
            faults.append((key, f"no such key here{hint}"))
    when = schedule.get("when")
    fault = expression_fault(when) if isinstance(when, str) else f"{_wrong(when, 'an expression')}; write {EXPRESSIONS}"
    if fault is not None:
        faults.append(("when", fault))
    event = schedule.get("event")
    if not isinstance(event, dict) or not isinstance(event.get("source"), str):
        faults.append(("event", f"{_wrong(event, 'an event')}; write {_EVENT}"))
    if not isinstance(schedule.get("enabled", True), bool):
        faults.append(("enabled", f"{schedule['enabled']!r} is not valid; write true or false"))
    timezone = schedule.get("timezone", "UTC")
    fault = timezone_fault(timezone if isinstance(timezone, str) else str(timezone))
    if fault is not None:
        faults.append(("timezone", fault))
    return faults


def _wrong(value: object, wanted: str) -> str:
    return "is missing" if value is None else f"{value!r} is not {wanted}"


def _is_list(value: object, pattern: str) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) and re.fullmatch(pattern, part) for part in value)


def _near(key: str, value: object) -> str:
    """The part that was probably meant."""
    if key != "managed" or not isinstance(value, list):
        return ""
    return next((did_you_mean(part, PARTS) for part in value if isinstance(part, str) and part not in PARTS), "")


def _are_tags(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str)
        and not name.lower().startswith("aws:")
        and re.fullmatch(r"[\w .:/=+@-]{1,128}", name)
        and re.fullmatch(r"[\w .:/=+@-]{0,256}", text)
        for name, text in value.items()
    )


def _nearest_retention(value: object) -> str:
    if type(value) is not int:
        return f"write a number of days: {', '.join(map(str, RETENTIONS))}"
    near = min(RETENTIONS, key=lambda days: abs(days - value))
    return f"CloudWatch Logs does not have this number of days; the nearest is {near}"
