"""JSON Schema of the small values that a config holds: what `values` reads, said to an editor.

Regular expressions keep to what ECMA-262 and Python's `re` have in common; ``$`` is not used where a line break could follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core.contract import Json

Schema: TypeAlias = "dict[str, Json]"

URL_THAT_TELLS: Final = (
    r"://(?:[^\s/?#@:]{0,200}:[^\s/?#@]{1,500}@|\S{0,2000}[?&;](?:[pP][aA][sS][sS][wW][oO][rR][dD]|[pP][wW][dD])=[^\s&;]{1,500})"
)
"""``postgresql://user:password@host``, and ``jdbc:…://host;password=…``."""
_NO_SECRET: Final = rf"^(?![\s\S]*{URL_THAT_TELLS})"
SCALAR: Final[Schema] = {"type": ["string", "number", "boolean"], "pattern": _NO_SECRET}
TEXT: Final[Schema] = {"type": ["string", "number", "boolean"], "pattern": rf"{_NO_SECRET}[\s\S]*\S"}
SECRET_NAME: Final[Schema] = {"type": ["string", "number", "boolean"], "pattern": r"^(?!\s*\{)(?![\s\S]*://)[\s\S]*\S"}
NO_REFERENCE: Final[Schema] = {"not": {"type": "string", "pattern": r"\$\{ENV:"}}
_NAME: Final[Schema] = {**TEXT, **NO_REFERENCE}
NAMES: Final[Schema] = {"anyOf": [_NAME, {"type": "null"}, {"type": "array", "items": _NAME}]}
REFERENCE: Final[Schema] = {"type": "string", "pattern": r"\$\{ENV:[A-Za-z][A-Za-z0-9_]*(?::-[^}]*)?\}"}
"""A value that holds a variable of the environment."""
PATTERN_OF_NAMES: Final = r"\*|(?:^|\.)[^.]*%$"
"""``sales.*``, ``sales.ord%``: a pattern of table names, which no table has as its name."""
LAG: Final[Schema] = {
    "anyOf": [
        {"type": "string", "pattern": r"^\s*[0-9]{1,9}\s*[smhdw]?\s*$"},
        {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    ]
}
POOL_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
POOL: Final[Schema] = {"type": "string", "pattern": rf"^\s*{POOL_NAME}\s*$"}
FAIL_WHEN: Final[Schema] = {
    "anyOf": [
        {"enum": ["any", "all"]},
        {"type": "string", "pattern": r"^\s*(?:[aA][nN][yY]|[aA][lL][lL]|(?:0{0,2}[0-9]|0?[0-9]{2}|100)\s*%)\s*$"},
    ]
}
_DIGITS: Final = 18


def integer_schema(least: int | None, most: int | None) -> Schema:
    """A whole number from `least` to `most`, also in quotes."""
    number: Schema = {"type": "integer"}
    if least is not None:
        number["minimum"] = least
    if most is not None:
        number["maximum"] = most
    return {"anyOf": [number, {"type": "string", "pattern": whole_number(least, most)}]}


def whole_number(least: int | None, most: int | None) -> str:
    """A pattern for the whole numbers of a range, of at most 18 digits; a sign, zeros before and blanks around are fine."""
    low = least if least is not None else -(10**_DIGITS - 1)
    high = most if most is not None else 10**_DIGITS - 1
    signs = []
    if high >= 0:
        signs.append(rf"\+?0*(?:{'|'.join(_range(max(low, 0), high))})")
    if low <= 0 <= high:
        signs.append("-0+")
    if low < 0:
        signs.append(rf"-0*(?:{'|'.join(_range(max(-high, 1), -low))})")
    return rf"^\s*(?=[+-]?[0-9]{{1,{_DIGITS}}}\s*$)(?:{'|'.join(signs)})\s*$"


def _range(low: int, high: int) -> list[str]:
    """Patterns for the numbers from `low` to `high`, both of 0 or more, without zeros before."""
    patterns = []
    for size in range(len(str(low)), len(str(high)) + 1):
        begin = max(low, 10 ** (size - 1) if size > 1 else 0)
        patterns += _same_size(str(begin), str(min(high, 10**size - 1)))
    return patterns


def _same_size(low: str, high: str) -> list[str]:
    """The same for numbers of as many digits."""
    if not low:
        return [""]
    if low[1:].strip("0") == "" and high[1:].strip("9") == "":
        rest = len(low) - 1
        return [_digits(low[0], high[0]) + (f"[0-9]{{{rest}}}" if rest > 1 else "[0-9]" * rest)]
    if low[0] == high[0]:
        return [low[0] + rest for rest in _same_size(low[1:], high[1:])]
    nines, zeros = "9" * (len(low) - 1), "0" * (len(low) - 1)
    patterns = [low[0] + rest for rest in _same_size(low[1:], nines)]
    if int(high[0]) - int(low[0]) > 1:
        patterns += _same_size(str(int(low[0]) + 1) + zeros, str(int(high[0]) - 1) + nines)
    return patterns + [high[0] + rest for rest in _same_size(zeros, high[1:])]


def _digits(low: str, high: str) -> str:
    return low if low == high else f"[{low}-{high}]"


def one_of_schema(names: Iterable[str], also: Iterable[str] = ()) -> Schema:
    """One of these names: as they are written here, or in any case and with blanks around."""
    wanted = list(names)
    spelled = "|".join(_any_case(name) for name in (*wanted, *also))
    return {"anyOf": [{"enum": wanted}, {"type": "string", "pattern": rf"^\s*(?:{spelled})\s*$"}]}


def _any_case(name: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in name)


def or_reference(schema: Json) -> Json:
    """The schema, or a value from the environment."""
    if not isinstance(schema, dict):
        return schema
    described: Schema = {key: schema[key] for key in ("description", "title", "default") if key in schema}
    return {**described, "anyOf": [{key: value for key, value in schema.items() if key not in described}, REFERENCE]}


def mapping_schema(properties: Schema, **more: Json) -> Schema:
    """A mapping of these keys only; nothing (a key with an empty value) is an empty one."""
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False, **more}
