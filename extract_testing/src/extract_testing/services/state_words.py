"""The words of a service's state member, by the enums of botocore's model: which mean success, and which do not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from extract_testing.services.models import models_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json

_STATE: Final = re.compile(r"(?!Desired)(?i:.*(?:state|status|stop_?code))\Z")
_GOOD: Final = frozenset({"SUCCEEDED", "SUCCESS", "SUCCESSFUL", "COMPLETED", "COMPLETE", "FINISHED", "DONE"})
"""Words of services for success. If an enum has none of them, the word of the success itself counts."""


@dataclass(frozen=True, slots=True)
class StateMember:
    """The member of an answer that holds a job's state: its path, its word, and the enum of all words of the service."""

    path: tuple[str, ...]
    word: str
    words: frozenset[str]

    @property
    def known(self) -> bool:
        """Whether the service uses this word."""
        return self.word in self.words

    def bad_words(self) -> list[str]:
        """The words that do not mean success."""
        good = {word for word in self.words if _plain(word) in _GOOD} or {self.word}
        return sorted(self.words - good)

    def with_word(self, result: Json, word: str) -> Json:
        """The answer with another word at this path."""
        return _replaced(result, self.path, word)


def state_members(services: tuple[str, ...], result: Json) -> list[StateMember]:
    """The members of a success that hold a state, if a service has an enum for them. The outermost come first."""
    members = []
    for path, word, beside in sorted(_texts(result, ()), key=lambda text: len(text[0])):
        if not _STATE.match(path[-1]):
            continue
        enums = [enum for service in services for enum in _enums(service, path[-1], beside)]
        fitting = [enum for enum in enums if word in enum] or enums
        if fitting and all(fitting):
            members.append(StateMember(path, word, frozenset[str]().union(*fitting)))
    return members


def _texts(
    value: Json, path: tuple[str, ...], beside: frozenset[str] = frozenset()
) -> Iterator[tuple[tuple[str, ...], str, frozenset[str]]]:
    """Strings in objects, with the names of their object. Lists are left out: they describe parts of a job (phases, attempts)."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (*path, name), frozenset(value))
    elif isinstance(value, str) and path:
        yield path, value, beside


def _replaced(value: Json, path: tuple[str, ...], word: str) -> Json:
    if not path or not isinstance(value, dict):
        return word
    return {**value, path[0]: _replaced(value[path[0]], path[1:], word)}


@cache
def _enums(service: str, member: str, beside: frozenset[str]) -> list[frozenset[str]]:
    """The enums of this member in the structures that have most of the names beside it; empty for a text without an enum.

    ModelsMissing if there is no model.
    """
    models: Any = models_of(service)  # botocore ships no types
    enums, most = dict[frozenset[str], None](), 0
    for name in models.shape_names:
        shape = models.shape_for(name)
        if shape.type_name != "structure":
            continue
        members = {inner[:1].upper() + inner[1:]: inner for inner in shape.members}
        common = len(beside & members.keys())
        if member not in members or common < most or shape.members[members[member]].type_name != "string":
            continue
        if common > most:
            enums, most = dict[frozenset[str], None](), common
        enums[frozenset(getattr(shape.members[members[member]], "enum", None) or ())] = None
    return list(enums)


def _plain(word: str) -> str:
    return re.sub(r"[^A-Z]", "", word.upper())
