"""The words of a service's own state member, by the enums of botocore's model: which mean success, and which don't."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from extract_testing.service_models import models_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json

_STATE: Final = re.compile(r"(?!Desired)(?i:.*(?:state|status))\Z")
_GOOD: Final = frozenset({"SUCCEEDED", "SUCCESS", "SUCCESSFUL", "COMPLETED", "COMPLETE", "FINISHED", "DONE"})
"""Words by which services say that a job ended well. Where an enum has none of them, the good end itself tells the word."""


@dataclass(frozen=True, slots=True)
class StateMember:
    """A member of a service's answer that says how a job stands: where, its word, and the enum that the service takes it from."""

    path: tuple[str, ...]
    word: str
    words: frozenset[str]

    @property
    def known(self) -> bool:
        """Whether the service has that word at all."""
        return self.word in self.words

    def bad_words(self) -> list[str]:
        """The words that don't mean success."""
        good = {word for word in self.words if _plain(word) in _GOOD} or {self.word}
        return sorted(self.words - good)

    def with_word(self, result: Json, word: str) -> Json:
        """The answer with another word in that place."""
        return _replaced(result, self.path, word)


def state_members(services: tuple[str, ...], result: Json) -> list[StateMember]:
    """The state members of a good end, of those that a service has an enum for; the outermost ones first."""
    found = []
    for path, word in sorted(_texts(result, ()), key=lambda each: len(each[0])):
        enums = [enum for service in services for enum in _enums(service, path[-1])]
        fitting = [enum for enum in enums if word in enum] or enums
        if fitting and _STATE.match(path[-1]):
            found.append(StateMember(path, word, frozenset[str]().union(*fitting)))
    return found


def _texts(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Texts in objects. What stands in lists is of parts of a job: phases, containers, attempts."""
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
    """The enums of members of this name in a service's structures. ModelsMissing where there is no model."""
    models: Any = models_of(service)  # botocore ships no types
    found = dict[frozenset[str], None]()
    for name in models.shape_names:
        shape = models.shape_for(name)
        if shape.type_name == "structure":
            for own, inner in shape.members.items():
                if own[:1].upper() + own[1:] == member and getattr(inner, "enum", None):
                    found[frozenset(inner.enum)] = None
    return list(found)


def _plain(word: str) -> str:
    return re.sub(r"[^A-Z]", "", word.upper())
