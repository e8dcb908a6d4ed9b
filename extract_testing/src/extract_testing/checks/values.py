"""Check that values of job arguments arrive as they are: empty, with blanks, quotes, signs of shells, and other letters."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from extract_core.contract import LocalCommand
from extract_core.wording import RAISED
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check_after
from extract_testing.checks.local import local_command_carries_the_arguments
from extract_testing.checks.unread import JOB_ARGUMENTS, arguments_are_used
from extract_testing.services.constraints import shown
from extract_testing.subject.awkward import NAMES, PLAIN, VALUES
from extract_testing.subject.tables import AWKWARD, table_runs
from extract_testing.subject.texts import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_NAME: Final = "--kit_value"
_REFUSE: Final = "pass on table.job_arguments unchanged; if the service cannot take such a value, raise ValueError that says so"


@check_after(arguments_are_used, local_command_carries_the_arguments)
def values_arrive_unchanged(subject: Subject) -> Iterator[Breach]:
    """Any value of a job argument arrives unchanged, or is refused: empty, blanks, quotes, letters of other alphabets."""
    if JOB_ARGUMENTS in getattr(subject.job_type, "unread_arguments", ()):
        return
    breaches = list(_in_method(subject, "arguments()", _of_arguments))
    yield from breaches or _in_method(subject, "local_command()", _of_the_command)  # which gets the arguments


def _in_method(
    subject: Subject, method: str, carried: Callable[[Subject, Mapping[str, str]], list[list[str]] | None]
) -> Iterator[Breach]:
    plain = carried(subject, {_NAME: PLAIN})
    if plain is None:
        return
    if not _holds(plain, _NAME, PLAIN):
        yield from _apart(method, plain)
        return
    for value in VALUES:
        yield from _judged(method, carried(subject, {_NAME: value, "--kit_last": PLAIN}), _NAME, value)
    for name in NAMES:
        yield from _judged(method, carried(subject, {name: PLAIN}), name, PLAIN)


def _judged(method: str, texts: list[list[str]] | None, name: str, value: str) -> Iterator[Breach]:
    if texts is not None and not _holds(texts, name, value):
        yield Breach(f"{method} of a table with {name} {shown(repr(value))}", "this argument does not arrive as it is", _REFUSE)


def _apart(method: str, texts: list[list[str]]) -> Iterator[Breach]:
    """A name that arrives changed, or not before its value. Values whose names are in another form (environment) are fine."""
    for parts in texts:
        if PLAIN in parts and _NAME in parts:
            yield Breach(method, f"the value of {_NAME} does not follow it", "keep the order of table.job_arguments")
            return
        for name, value in pairwise(parts):
            if value == PLAIN and name[:1] in ("-", "_") and re.sub(r"\W|_", "", name.lower()) == re.sub(r"\W|_", "", _NAME):
                yield Breach(method, f"the job argument {_NAME} arrives as {name}", _REFUSE)
                return


def _holds(texts: list[list[str]], name: str, value: str) -> bool:
    """Whether a list has the name and then the value, or one text has both."""
    bare = name.removeprefix("--")
    joined = {f"{name}={value}", f"{bare}={value}"}
    return any(
        part in joined or (part in (name, bare) and at + 1 < len(parts) and parts[at + 1] == value)
        for parts in texts
        for at, part in enumerate(parts)
    )


def _of_arguments(subject: Subject, extra: Mapping[str, str]) -> list[list[str]] | None:
    """The texts of `arguments` for a table with these further job arguments; None if it refuses them."""
    return _lists(_planned(subject, extra))


def _of_the_command(subject: Subject, extra: Mapping[str, str]) -> list[list[str]] | None:
    arguments = _planned(subject, extra)
    if arguments is None:
        return None
    try:
        command: object = subject.job_type.local_command(arguments)
    except RAISED:  # another check reports it
        return None
    return _lists({"argv": list(command.argv), **command.env}) if isinstance(command, LocalCommand) else None


def _planned(subject: Subject, extra: Mapping[str, str]) -> Mapping[str, Json] | None:
    _, table = next(table_runs(subject.job_type.name, subject.deployment))
    simple = {name: value for name, value in table.job_arguments.items() if value != AWKWARD}
    with_extra = replace(table, job_arguments={**simple, **extra})
    try:
        planned: Mapping[str, Json] = json.loads(json.dumps(subject.arguments("arguments()", with_extra, subject.settings[0])))
    except NotChecked:  # it refuses the value, or another check reports it
        return None
    return planned


def _lists(value: Json) -> list[list[str]] | None:
    """The texts in a value, in order, by list; the pairs of an object; and those in texts of JSON or of a shell."""
    if value is None:
        return None
    lists: list[list[str]] = []
    _collect(value, lists, set())
    return lists


def _collect(value: Json, lists: list[list[str]], seen: set[str]) -> None:
    if isinstance(value, str):
        if value not in seen:
            seen.add(value)
            for inner in _inside(value):
                _collect(inner, lists, seen)
        return
    parts: list[Json] = []
    if isinstance(value, dict):
        lists += [[name, inner] for name, inner in value.items() if isinstance(inner, str)]
        parts = list(value.values())  # with it: {"Name": "--key", "Value": "value"}
    elif isinstance(value, list):
        parts = value
    lists.append([part for part in parts if isinstance(part, str)])
    for part in parts:
        _collect(part, lists, seen)


def _inside(text: str) -> Iterator[Json]:
    """What a text holds: a value of JSON, also in base64, or the words of a shell's line."""
    for candidate in (text, decoded(text)):
        if candidate.lstrip().startswith(("{", "[")):
            try:
                yield json.loads(candidate)
            except ValueError:
                continue
    try:
        words: list[Json] = [*shlex.split(text)]
    except ValueError:
        return
    if len(words) > 1:
        yield words
