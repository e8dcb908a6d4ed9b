"""Read and check the values of a config: each reader returns the value in its one form, or raises BadValue.

A number may be written as text (``"1000"``) everywhere, and text as a number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from extract_core.config.json_schema import (
    FAIL_WHEN,
    LAG,
    NAMES,
    POOL,
    POOL_NAME,
    SCALAR,
    SECRET_NAME,
    TEXT,
    integer_schema,
    one_of_schema,
)
from extract_core.config.reserved import RESERVED
from extract_core.dataclass import dataclass
from extract_core.secret_texts import redacted, secret_in
from extract_core.wording import cut, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extract_core.config.json_schema import Schema
    from extract_core.config.spots import Path
    from extract_core.contract import Json

T = TypeVar("T")

WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
_LAG: Final = re.compile(r"([0-9]{1,9})\s*([smhdw]?)")
_ARGUMENT: Final = re.compile(r"--[^\s=]+")
_PERCENT: Final = re.compile(r"([0-9]{1,3})\s*%")
_LONGEST: Final = 80  # characters of a value in a message
_READ: Final = 2_000  # characters in which secrets of a value in a message are looked for
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


_BY_NAME: Final = ": put them into a secret of AWS Secrets Manager or the SSM parameter store, and write its name in db_secret"


class BadValue(Exception):  # noqa: N818 - it is about the value, and becomes findings
    """What is wrong with a value, and what to write instead; `problems` are all of them, each with the path inside the value."""

    def __init__(self, message: str, inside: Path = ()) -> None:
        super().__init__(message)
        self.problems: list[tuple[Path, str]] = [(inside, message)]

    @classmethod
    def of(cls, problems: list[tuple[Path, str]]) -> BadValue:
        """Several at once."""
        first = cls(problems[0][1])
        first.problems = problems
        return first


def shown(value: Json) -> str:
    """A value as messages show it: cut if it is long, and without secrets."""
    text = "nothing" if value is None else repr(value)
    return cut(redacted(text[:_READ]), _LONGEST)


def kind(value: Json) -> str:
    """What a value is, in YAML's words."""
    if value is None:
        return "nothing"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", dict: "a mapping", list: "a list"}
    return names.get(type(value), "something else")


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """Reads a value, or raises BadValue; `schema` says the same to an editor, as JSON Schema."""

    read: Callable[[Json], T]
    schema: Schema

    def __call__(self, value: Json) -> T:
        """Read one value."""
        return self.read(value)


def _text(value: Json) -> str:
    """Text that is not empty; a number is taken as it is written, a boolean as ``true`` or ``false``."""
    written = _scalar(value)
    if not written.strip():
        raise BadValue(f"is empty ({value!r}); write a value, or leave the key out")
    return written


def _scalar(value: Json) -> str:
    """Text, a number or a boolean, as text. Empty text is a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if (what := secret_in(value)) is not None:
            remove = "remove user and password" if what == "a URL with a password" else "remove it"
            raise BadValue(f"holds {what}, and plans would store it; {remove}{_BY_NAME}")
        return value
    if isinstance(value, int | float):
        return str(value)
    raise BadValue(f"is {kind(value)}; write text, a number, or true or false")


def _secret_name(value: Json) -> str:
    """The name of a secret: no JSON, no URL."""
    if isinstance(value, str) and (value.lstrip().startswith("{") or "://" in value):
        what = "JSON" if value.lstrip().startswith("{") else "a URL"
        raise BadValue(
            f"is {what}, not the name of a secret; do not write users and passwords here, since plans store them" + _BY_NAME
        )
    return _text(value)


def boolean(value: Json) -> bool:
    """True or false, also as text: ``"true"``, ``yes``, ``"0"``."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue(f"is {shown(value)}; write true or false")


def _flag(value: Json) -> bool:
    """True or false, not as text."""
    if isinstance(value, bool):
        return value
    raise BadValue(f"is {shown(value)}; write true or false")


flag: Final = Reader(_flag, {"type": "boolean"})


def integer(least: int | None, most: int | None = None) -> Reader[int]:
    """A reader of whole numbers from `least` to `most`."""

    def read(value: Json) -> int:
        if not _is_whole(value):
            raise BadValue(f"is {shown(value)}; write a whole number{_range(least, most)}")
        number = int(value)  # type: ignore[arg-type] # text or a number, as _is_whole says
        if (least is not None and number < least) or (most is not None and number > most):
            raise BadValue(f"is {number}; write a whole number{_range(least, most)}")
        return number

    return Reader(read, integer_schema(least, most))


def _is_whole(value: Json) -> bool:
    """Whether it is a whole number, in quotes or not: ``7``, ``7.0``, ``" 7 "``; no boolean."""
    if isinstance(value, str):
        return WHOLE.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)


def _range(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return "" if least is None else f" of at least {least}"


def one_of(*names: str, also: dict[str, str] | None = None, meant: Callable[[str], str | None] | None = None) -> Reader[str]:
    """A reader of one of these names, whatever the case; `also` maps further spellings (in lower case) to them.

    `meant` gives the name for a word that is not accepted, if it knows one, for the message.
    """
    spellings = {name.lower(): name for name in names} | (also or {})

    def read(value: Json) -> str:
        name = spellings.get(value.strip().lower()) if isinstance(value, str) else None
        if name is None:
            near = meant(value) if meant and isinstance(value, str) else None
            hint = f"; for this type, write {near}" if near else did_you_mean(value, names) if isinstance(value, str) else ""
            raise BadValue(f"is {shown(value)}; write one of: {', '.join(names)}{hint}")
        return name

    return Reader(read, one_of_schema(names, also or ()))


def _lag(value: Json) -> str:
    """An overlap window: ``15m``, ``2h``, ``1d``, or a whole number for numeric watermarks; without blanks."""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    match = _LAG.fullmatch(str(value).strip()) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if match is None:
        raise BadValue(f"is {shown(value)}; write a time like 15m, 2h or 1d, or a whole number where the watermark is a number")
    return match[1] + match[2]


def mapping(value: Json) -> dict[str, Json]:
    """A mapping; nothing (a key with an empty value) is an empty one."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise BadValue(f"is {kind(value)} ({shown(value)}); write a mapping: keys with values")


def _script_arguments(value: Json) -> dict[str, str]:
    """Arguments for the job, unchanged: keys begin with ``--``, values are text, numbers or booleans."""
    arguments: dict[str, str] = {}
    problems: list[tuple[Path, str]] = []
    for key, inner in mapping(value).items():
        if not _ARGUMENT.fullmatch(key):
            proposal = "--" + re.sub(r"[\s=]+", "_", key.strip("-= \t\n"))
            problems.append(((key,), f"is not a valid name of an argument; write {proposal!r}"))
        try:
            arguments[key] = _scalar(inner)
        except BadValue as error:
            hint = "" if isinstance(inner, str) else "; nested values go as JSON text"
            problems.append(((key,), f"{error}{hint}"))
    if problems:
        raise BadValue.of(problems)
    return arguments


def _names(value: Json) -> list[str]:
    """A list of names, or one name. Nothing is none."""
    if value is None:
        return []
    parts: Sequence[Json] = value if isinstance(value, list) else [value]
    texts: list[str] = []
    problems: list[tuple[Path, str]] = []
    for index, part in enumerate(parts):
        try:
            texts.append(_text(part))
        except BadValue as error:
            problems.append(((index,) if isinstance(value, list) else (), str(error)))
    if problems:
        raise BadValue.of(problems)
    return texts


def _pool(value: Json) -> str:
    """The name of one pool."""
    if isinstance(value, list):
        raise BadValue(f"is {shown(value)}, but a table has one pool: two could block each other for good; write one name")
    if not isinstance(value, str) or not re.fullmatch(POOL_NAME, value.strip()):
        raise BadValue(f"is {shown(value)}; write the name of a pool of [pools] in extract.toml: letters, digits, - and _")
    return value.strip()


def _fail_when(value: Json) -> str:
    """``any``, ``all``, or a percentage."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in ("any", "all"):
        return word
    match = _PERCENT.fullmatch(word)
    if match and int(match[1]) <= 100:
        return f"{int(match[1])}%"
    raise BadValue(f"is {shown(value)}; write any, all, or a percentage from 0% to 100% such as 10%")


def _partitions(value: Json) -> int | str:
    """A number of parts, or ``auto``."""
    if isinstance(value, str) and value.strip().lower() == "auto":
        return "auto"
    try:
        return _PARTS(value)
    except BadValue as error:
        raise BadValue(str(error).replace("write a whole", "write auto, or a whole")) from error


_PARTS: Final = integer(1, 10_000)
text: Final = Reader(_text, TEXT)
partitions: Final = Reader(_partitions, {"anyOf": [{"type": "string", "pattern": r"^\s*[aA][uU][tT][oO]\s*$"}, _PARTS.schema]})
secret_name: Final = Reader(_secret_name, SECRET_NAME)
scalar: Final = Reader(_scalar, SCALAR)
fail_when: Final = Reader(_fail_when, FAIL_WHEN)
lag: Final = Reader(_lag, LAG)
pool: Final = Reader(_pool, POOL)
names: Final = Reader(_names, NAMES)
script_arguments: Final = Reader(
    _script_arguments,
    {
        "type": ["object", "null"],
        "propertyNames": {"pattern": "^--[^=]", "not": {"anyOf": [{"pattern": r"[\s=]"}, {"enum": sorted(RESERVED)}]}},
        "additionalProperties": SCALAR,
    },
)
