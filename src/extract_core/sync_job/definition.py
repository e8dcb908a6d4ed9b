"""What is wrong with the attributes of a `SyncJob`, as far as the class alone shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass

if TYPE_CHECKING:
    from extract_core.sync_job.words import ServiceWords

_REQUIRED: Final = {
    "resource": ("the integration of Step Functions: 'batch:submitJob.sync'", ("branch",)),
    "settings_model": ("'package.module:Class' of one table's settings", ("settings",)),
    "deployment_model": ("'package.module:Class' of what is fixed when the machine is built", ("deployment",)),
    "id_member": ("the member with the job's id", ("status", "key")),
    "state_member": ("the member with the job's state", ("status",)),
    "succeeded": ("the one state that means success", ("status",)),
    "failures": ("the other states in which a job can end", ("status",)),
}
"""What each required attribute is, and the methods that read it: a class that overrides all of them may leave it out."""
_TEXTS: Final = (*(name for name in _REQUIRED if name != "failures"), "comment", "role_service", "job_word", "throttled")
_SEQUENCES: Final = ("unread_arguments", "wrappers", "known_by", "reason_members", "started_members", "ended_members")
_RIGHTS: Final = ("rights", "diagnose_rights", "stop_rights")
_ABSENT: Final = object()


def fault_of(job_type: ServiceWords, base: type) -> str | None:
    """The first fault, or None. `base` is SyncJob: a method that differs from its own is overridden."""
    return next(_faults(job_type, base), None)


def _faults(job_type: ServiceWords, base: type) -> Iterator[str]:
    for name, (meaning, readers) in _REQUIRED.items():
        overridden = all(getattr(type(job_type), reader) is not getattr(base, reader) for reader in readers)
        if getattr(job_type, name, _ABSENT) is _ABSENT and not overridden:
            yield f"lacks the attribute `{name}`: {meaning}"
    values = {name: value for name in dir(base) if (value := getattr(job_type, name, _ABSENT)) is not _ABSENT}
    values |= {name: value for name in _REQUIRED if (value := getattr(job_type, name, _ABSENT)) is not _ABSENT}
    for name in _TEXTS:
        if name in values and not (isinstance(values[name], str) and (values[name] or name not in _REQUIRED)):
            yield f"has `{name}` {values[name]!r}; it must be a text"
    for name in ("settings_model", "deployment_model"):
        if name in values and not all(str(values[name]).partition(":")):
            yield f"has `{name}` {values[name]!r}; write 'package.module:Class'"
    yield from _of_the_resource(values.get("resource"))
    for name in _SEQUENCES:
        yield from _of_a_sequence(f"`{name}`", values[name])
    for name in _RIGHTS:
        yield from _of_rights(name, values[name])
    yield from _of_the_words(values)
    margin = values["margin_seconds"]
    if isinstance(margin, bool) or not isinstance(margin, int) or margin < 0:
        yield f"has `margin_seconds` {margin!r}; it must be a whole number of seconds, 0 or more"


def _of_the_resource(resource: object) -> Iterator[str]:
    if not isinstance(resource, str):
        return
    if resource.startswith("arn:"):
        yield f"has `resource` {resource!r}; write `resource` without the ARN: {resource.rpartition(':::')[2]!r}"
    elif not all(resource.partition(":")):
        yield f"has `resource` {resource!r}; write service and call, as in 'batch:submitJob.sync'"


def _of_a_sequence(place: str, value: object) -> Iterator[str]:
    """A text is a sequence of its letters, so it would be read letter by letter."""
    if isinstance(value, str):
        yield f'has {place} {value!r}; write a tuple: ("{value}",)'
    elif not isinstance(value, Sequence | AbstractSet) or not all(isinstance(part, str) for part in value):
        yield f"has {place} {value!r}; it must be a tuple of texts"


def _of_rights(name: str, rights: object) -> Iterator[str]:
    if not isinstance(rights, Mapping):
        yield f"has `{name}` {rights!r}; it must map the last part of an ARN to a tuple of actions"
        return
    for resource, actions in rights.items():
        yield from _of_a_sequence(f"`{name}[{resource!r}]`", actions)
        if not actions:
            yield f"has `{name}[{resource!r}]` without an action; name one, or leave the resource out"


def _of_the_words(values: Mapping[str, object]) -> Iterator[str]:
    failures, local_ends, not_ends = values.get("failures", {}), values["local_ends"], values["not_ends"]
    if not isinstance(failures, Mapping):
        yield f"has `failures` {failures!r}; it must map a state to a FailureClass or None"
    else:
        for state, failure in failures.items():
            if not isinstance(failure, FailureClass | None):
                yield f"has `failures[{state!r}]` {failure!r}; it must be a FailureClass or None"
    if isinstance(not_ends, str):
        yield f'has `not_ends` {not_ends!r}; write a set: frozenset({{"{not_ends}"}})'
    elif not isinstance(not_ends, AbstractSet | Sequence):
        yield f"has `not_ends` {not_ends!r}; it must be a frozenset of texts"
    if not isinstance(values["named"], Mapping):
        yield f"has `named` {values['named']!r}; it must map a setting to its name in messages"
    if not isinstance(local_ends, Mapping):
        yield f"has `local_ends` {local_ends!r}; it must map a kind of end to a state and a reason"
        return
    for kind, end in local_ends.items():
        if isinstance(end, str) or not isinstance(end, Sequence) or len(end) != len(("state", "reason")):
            yield f"has `local_ends[{kind!r}]` {end!r}; write a tuple of state and reason"
