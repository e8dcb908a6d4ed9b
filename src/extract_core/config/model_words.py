"""Words for what a settings or deployment model refused: those of config files, not those of pydantic.

Types and contexts of errors: https://docs.pydantic.dev/latest/errors/validation_errors/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.config.values import shown
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel, ValidationError

    Context = Mapping[str, Any]  # of pydantic: numbers, texts and patterns

_KINDS: Final = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "a mapping of keys to values",
    "mapping": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "model_attributes": "a mapping of keys to values",
    "none_required": "nothing",
}
_ENDINGS: Final = ("_type", "_parsing", "_from_float", "_sub_type", "")
_LIMITS: Final = {
    "greater_than_equal": ("ge", "a number of at least {}"),
    "greater_than": ("gt", "a number above {}"),
    "less_than_equal": ("le", "a number of at most {}"),
    "less_than": ("lt", "a number below {}"),
    "multiple_of": ("multiple_of", "a multiple of {}"),
    "string_too_short": ("min_length", "at least {} characters"),
    "string_too_long": ("max_length", "at most {} characters"),
    "too_short": ("min_length", "at least {} of them"),
    "too_long": ("max_length", "at most {} of them"),
    "string_pattern_mismatch": ("pattern", "text of the form {}"),
    "literal_error": ("expected", "one of: {}"),
    "enum": ("expected", "one of: {}"),
}
_ONE: Final = {"at least 1 characters": "text that is not empty", "at least 1 of them": "at least one of them"}


def reworded(error: Mapping[str, Any], known: Iterable[str] = ()) -> str:
    """What to do about one of pydantic's errors; `known` are the keys that are valid beside it."""
    kind = str(error["type"])
    context: Context = error.get("ctx") or {}
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        keys = sorted(known)
        hint = did_you_mean(str(error["loc"][-1]), keys) or (f"; known are: {', '.join(keys)}" if keys else "")
        return f"no such key here{hint}"
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        limit = str(context.get(name, "…")).replace("'", "").replace(" or ", ", ") if name == "expected" else context.get(name)
        wanted = words.format(limit)
        return f"write {_ONE.get(wanted, wanted)}"
    for ending in _ENDINGS:
        if kind.endswith(ending) and kind.removesuffix(ending) in _KINDS:
            return f"write {_KINDS[kind.removesuffix(ending)]}"
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[0].lower() + message[1:] if message[1:2].islower() else message


def deployment_problems(reader: str, model: type[BaseModel], error: ValidationError) -> list[tuple[str, str]]:
    """What a deployment model refused in a section of extract.toml: the path below the section (``.roles[0]``), the message.

    `reader` is who reads the section: ``job type 'glue'``. `validate`, `plan`, `asl build` and a machine that was built with
    such a section all use these words.
    """
    problems = []
    for detail in error.errors(include_url=False):
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"])
        problems.append((path, _deployment_message(reader, detail, _keys_beside(model, detail["loc"]))))
    return problems


def _deployment_message(reader: str, detail: Mapping[str, Any], known: list[str]) -> str:
    if detail["type"] == "missing":
        return f"is missing, and {reader} needs it"
    message = reworded(detail, known)
    if detail["type"] == "extra_forbidden" or not detail["loc"]:
        return message
    return f"is {shown(detail['input'])}; {message}"


def _keys_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys of the model, for an error at its own level; none for an error further inside."""
    return [info.alias or name for name, info in model.model_fields.items()] if len(location) == 1 else []
