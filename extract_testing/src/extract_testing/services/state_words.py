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

_STATE: Final = re.compile(r"(?!Desired)(?i:.*(?:state|status))\Z")
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
    for path, word in sorted(_texts(result, ()), key=lambda text: len(text[0])):
        enums = [enum for service in services for enum in _enums(service, path[-1])]
        fitting = [enum for enum in enums if word in enum] or enums
        if fitting and _STATE.match(path[-1]):
            members.append(StateMember(path, word, frozenset[str]().union(*fitting)))
    return members


def _texts(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Strings in objects. Lists are left out: they describe parts of a job (phases, containers, attempts)."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (*path, name))
    elif isinstance(value, str) and path:
        yield path, value


def _replaced(value: Json, path: tuple[str, ...], word: str) -> Json:
    if not path or not isinstance(value, dict):
        return word
    return {**value, path[0]: _replaced(value[path[0]], path[1:], word)}


@cache
def _enums(service: str, member: str) -> list[frozenset[str]]:
    """The enums of the members with this name in a service's structures. ModelsMissing if there is no model."""
    models: Any = models_of(service)  # botocore ships no types
    enums = dict[frozenset[str], None]()
    for name in models.shape_names:
        shape = models.shape_for(name)
        if shape.type_name == "structure":
            for name_of_member, inner in shape.members.items():
                if name_of_member[:1].upper() + name_of_member[1:] == member and getattr(inner, "enum", None):
                    enums[frozenset(inner.enum)] = None
    return list(enums)


def _plain(word: str) -> str:
    return re.sub(r"[^A-Z]", "", word.upper())
