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
_OF_POLLED: Final = {
    "describe_resource": ("the integration that asks about a job: 'aws-sdk:ssm:getCommandInvocation'", ("branch",)),
    "stop_resource": ("the integration that stops a job: 'aws-sdk:ssm:cancelCommand'", ("branch", "stop")),
}
"""What each required attribute is, and the methods that read it: a class that overrides all of them may leave it out."""
_CALLS: Final = ("resource", *_OF_POLLED)
_NAMES: Final = ("comment", "role_service", "job_word", "throttled", "started_id", "client_name", "done_member")
_SEQUENCES: Final = ("unread_arguments", "wrappers", "known_by", "reason_members", "started_members", "ended_members")
_RIGHTS: Final = ("rights", "diagnose_rights", "stop_rights")
_ABSENT: Final = object()
_HOUR: Final = 3_600


def fault_of(job_type: ServiceWords, base: type) -> str | None:
    """The first fault, or None. `base` is SyncJob or PolledJob: a method that differs from its own is overridden."""
    return next(_faults(job_type, base), None)


def _faults(job_type: ServiceWords, base: type) -> Iterator[str]:
    polled = hasattr(base, "interval_seconds")
    required = {**_REQUIRED, **(_OF_POLLED if polled else {})}
    for name, (meaning, readers) in required.items():
        overridden = all(getattr(type(job_type), reader, None) is not getattr(base, reader, None) for reader in readers)
        if getattr(job_type, name, _ABSENT) is _ABSENT and not overridden:
            yield f"lacks the attribute `{name}`: {meaning}"
    values = {name: value for name in dir(base) if (value := getattr(job_type, name, _ABSENT)) is not _ABSENT}
    values |= {name: value for name in required if (value := getattr(job_type, name, _ABSENT)) is not _ABSENT}
    yield from _of_texts(values, required.keys() - {"failures"})
    for name in _SEQUENCES:
        yield from _of_a_sequence(f"`{name}`", values[name])
    for name in _RIGHTS:
        yield from _of_rights(name, values[name])
    yield from _of_the_words(values)
    if polled:
        yield from _of_polling(values)
    margin = values["margin_seconds"]
    if isinstance(margin, bool) or not isinstance(margin, int) or margin < 0:
        yield f"has `margin_seconds` {margin!r}; it must be a whole number of seconds, 0 or more"


def _of_texts(values: Mapping[str, object], required: AbstractSet[str]) -> Iterator[str]:
    for name in (*sorted(required), *_NAMES):
        if name in values and not (isinstance(values[name], str) and (values[name] or name not in required)):
            yield f"has `{name}` {values[name]!r}; it must be a text"
    for name in ("settings_model", "deployment_model"):
        if name in values and not all(str(values[name]).partition(":")):
            yield f"has `{name}` {values[name]!r}; write 'package.module:Class'"
    for name in _CALLS:
        yield from _of_a_call(name, values.get(name))


def _of_a_call(name: str, resource: object) -> Iterator[str]:
    if not isinstance(resource, str):
        return
    if resource.startswith("arn:"):
        yield f"has `{name}` {resource!r}; write `{name}` without the ARN: {resource.rpartition(':::')[2]!r}"
    elif not all(resource.partition(":")):
        yield f"has `{name}` {resource!r}; write service and call, as in 'batch:submitJob.sync'"


def _of_polling(values: Mapping[str, object]) -> Iterator[str]:
    """What would make the loop of a PolledJob wait for ever, or leave it at once."""
    if str(values.get("resource", "")).endswith((".sync", ".sync:2", ".waitForTaskToken")):
        yield f"has `resource` {values['resource']!r}, which waits for the job: subclass SyncJob or JobType"
    interval = values["interval_seconds"]
    if isinstance(interval, bool) or not isinstance(interval, int) or not 1 <= interval <= _HOUR:
        yield f"has `interval_seconds` {interval!r}; it must be a whole number of seconds, from 1 to {_HOUR}"
    wrappers = values["wrappers"]
    if isinstance(wrappers, Sequence) and len(wrappers) > 1:
        yield f"has `wrappers` {wrappers!r}; the answer to a question has one path: write the one that it has"
    done = values["done"]
    yield from _of_a_sequence("`done`", done)
    if bool(done) != bool(values["done_member"]):
        yield f"has `done` {done!r} and `done_member` {values['done_member']!r}; set both, or none"
    failures = values.get("failures")
    ends = [
        values.get("succeeded"),
        *(failures if isinstance(failures, Mapping) else ()),
        *(done if isinstance(done, tuple) else ()),
    ]
    not_ends = values["not_ends"]
    twice = sorted({str(word) for word in ends if word in not_ends}) if isinstance(not_ends, AbstractSet | Sequence) else []
    if twice:
        yield f"has {', '.join(map(repr, twice))} in `not_ends` and in `succeeded`, `failures` or `done`; write it in one"


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


def _of_failures(failures: object) -> Iterator[str]:
    if not isinstance(failures, Mapping):
        yield f"has `failures` {failures!r}; it must map a state to a FailureClass or None"
        return
    for state, failure in failures.items():
        if not isinstance(state, str):
            yield f"has the state {state!r} in `failures`; write it as text: {str(state)!r}"
        if not isinstance(failure, FailureClass | None):
            yield f"has `failures[{state!r}]` {failure!r}; it must be a FailureClass or None"


def _of_the_words(values: Mapping[str, object]) -> Iterator[str]:
    yield from _of_failures(values.get("failures", {}))
    local_ends, not_ends = values["local_ends"], values["not_ends"]
    if isinstance(not_ends, str):
        yield f'has `not_ends` {not_ends!r}; write a set: frozenset({{"{not_ends}"}})'
    elif not isinstance(not_ends, AbstractSet | Sequence) or not all(isinstance(state, str) for state in not_ends):
        yield f"has `not_ends` {not_ends!r}; it must be a frozenset of texts"
    if not isinstance(values["named"], Mapping):
        yield f"has `named` {values['named']!r}; it must map a setting to its name in messages"
    if not isinstance(local_ends, Mapping):
        yield f"has `local_ends` {local_ends!r}; it must map a kind of end to a state and a reason"
        return
    for kind, end in local_ends.items():
        if isinstance(end, str) or not isinstance(end, Sequence) or len(end) != len(("state", "reason")):
            yield f"has `local_ends[{kind!r}]` {end!r}; write a tuple of state and reason"
