"""A compiled JSONPath and its evaluation on a JSON value."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from asl_toolkit.errors import TooLarge
from asl_toolkit.json_value import Json
from asl_toolkit.sizes import not_too_large

_MOST_VALUES = 1_000_000  # of one path; a payload of 256 KiB has at most 131,072
Predicate: TypeAlias = Callable[[Json, Json], bool]  # (current value, root) -> whether the value passes


class PathNotFound(Exception):  # noqa: N818 - named after what happened
    """The value of a definite path does not exist. The text is the one that AWS prints after `Invalid path '…' : `."""


class Property(NamedTuple):
    """`.a`, `['a']` or `['a','b']`."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        """As Jayway prints it: `['a']`."""
        return "[" + ",".join(f"'{name}'" for name in self.names) + "]"


class Index(NamedTuple):
    """`[0]`, `[-1]` or `[0,2]`."""

    positions: tuple[int, ...]

    def __str__(self) -> str:
        """As Jayway prints it: `[0]`."""
        return "[" + ",".join(map(str, self.positions)) + "]"


class Slice(NamedTuple):
    """`[1:3]`, `[:2]`, `[-2:]`."""

    start: int | None
    stop: int | None

    def __str__(self) -> str:
        """As Jayway prints it: `[1:3]`."""
        return f"[{'' if self.start is None else self.start}:{'' if self.stop is None else self.stop}]"


class Wildcard:
    """`.*` or `[*]`."""

    def __str__(self) -> str:
        """As Jayway prints it: `[*]`."""
        return "[*]"


class Filter(NamedTuple):
    """`[?(…)]`: the elements of an array (or the object itself) for which the predicate holds."""

    predicate: Predicate

    def __str__(self) -> str:
        """As Jayway prints it: `[?]`."""
        return "[?]"


class Descent:
    """`..`: the value and everything below it, in document order."""

    def __str__(self) -> str:
        """As Jayway prints it: `..`."""
        return ".."


class Function(NamedTuple):
    """`.length()`, `.min()`, …: the last token of a path, applied to all values of the path before it."""

    name: str
    compute: Callable[[Json], Json]
    arguments: str = "()"

    def __str__(self) -> str:
        """As it is written."""
        return f".{self.name}{self.arguments}"


Token: TypeAlias = Property | Index | Slice | Wildcard | Filter | Descent | Function


class JsonPath:
    """A path from a root. `definite`: it names one value, and a missing value is an error; else it gives a list of values."""

    __slots__ = ("_names", "_repeats", "definite", "tokens")

    def __init__(self, tokens: tuple[Token, ...], *, definite: bool) -> None:
        self.tokens = tokens
        self.definite = definite
        self._repeats = any(isinstance(token, Descent) for token in tokens)  # it may give a value and its parts
        names = [token.names[0] for token in tokens if isinstance(token, Property) and len(token.names) == 1]
        self._names = tuple(names) if len(names) == len(tokens) else None  # of a path like $.a.b, as most are

    def __str__(self) -> str:
        """As Jayway prints it: `$['a'][0]`."""
        return "$" + "".join(map(str, self.tokens))

    def find(self, root: Json) -> Json:
        """The value (definite) or the list of values (indefinite) below `root`. Raises PathNotFound for a missing value."""
        if self._names is not None:
            value = root
            try:
                for name in self._names:
                    value = value[name]
            except (KeyError, TypeError):
                return self._find_one(root)  # which says what is missing
            return value
        if self.tokens and isinstance(self.tokens[-1], Function):
            rest = self.tokens[:-1]
            base = JsonPath(rest, definite=self.definite).find(root)
            return self.tokens[-1].compute(base)
        if self.definite:
            return self._find_one(root)
        return self._find_all(root)

    def _find_one(self, root: Json) -> Json:
        value = root
        last = len(self.tokens) - 1
        for place, token in enumerate(self.tokens):
            if isinstance(token, Property):
                value = self._member(value, token, place, leaf=place == last)
            else:
                value = self._element(value, token, place)
        return value

    def _member(self, value: Json, token: Property, place: int, *, leaf: bool) -> Json:
        if not isinstance(value, dict):
            where = "$" + "".join(map(str, self.tokens[:place]))
            raise PathNotFound(
                f"Expected to find an object with property {token} in path {where} but found "
                f"'{_java_class(value)}'. This is not a json object according to the JsonProvider: "
                "'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'."
            )
        if len(token.names) > 1:
            return {name: value[name] for name in token.names if name in value}
        name = token.names[0]
        if name in value:
            return value[name]
        if leaf:
            raise PathNotFound(f"No results for path: {self}")
        raise PathNotFound(f"Missing property in path ${''.join(map(str, self.tokens[: place + 1]))}")

    def _element(self, value: Json, token: Token, place: int) -> Json:
        position = token.positions[0] if isinstance(token, Index) else 0
        if not isinstance(value, list):
            raise PathNotFound(f"Filter: {token} can only be applied to arrays. Current context is: {self.prefix(place)}")
        try:
            return value[position]
        except IndexError:
            raise PathNotFound(f"No results for path: {self}") from None

    def prefix(self, count: int) -> str:
        """The first `count` steps of the path, as Jayway prints them."""
        return "$" + "".join(map(str, self.tokens[:count]))

    def _find_all(self, root: Json) -> list[Json]:
        values: list[Json] = [root]
        for token in self.tokens:
            values = _step(token, values, root)
        return not_too_large(values) if self._repeats else values


def _step(token: Token, values: Sequence[Json], root: Json) -> list[Json]:  # noqa: PLR0911 - one case per token
    match token:
        case Property(names):
            if len(names) > 1:
                return [{name: value[name] for name in names if name in value} for value in values if isinstance(value, dict)]
            name = names[0]
            return [value[name] for value in values if isinstance(value, dict) and name in value]
        case Index(positions):
            arrays = (value for value in values if isinstance(value, list))
            return _joined([value[p] for p in positions if -len(value) <= p < len(value)] for value in arrays)
        case Slice(start, stop):
            return _joined(value[start:stop] for value in values if isinstance(value, list))
        case Wildcard():
            return _joined(_children(value) for value in values)
        case Filter(predicate):
            return _joined(_filtered(value, predicate, root) for value in values)
        case Descent():
            return _joined(_descend(value) for value in values)
        case Function(compute=compute):
            return [compute(value) for value in values]


def _joined(parts: Iterable[Iterable[Json]]) -> list[Json]:
    """All parts in one list. Raises TooLarge: `$..*..*` multiplies the values at each step."""
    values: list[Json] = []
    for part in parts:
        values.extend(part)
        if len(values) > _MOST_VALUES:
            raise TooLarge
    return values


def _children(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _filtered(value: Json, predicate: Predicate, root: Json) -> list[Json]:
    if isinstance(value, list):
        return [element for element in value if predicate(element, root)]
    if isinstance(value, dict):
        return [value] if predicate(value, root) else []
    return []


def _descend(value: Json) -> list[Json]:
    """The value and everything below it, parents before children, without recursion."""
    values: list[Json] = []
    stack = [value]
    while stack:
        here = stack.pop()
        values.append(here)
        stack.extend(reversed(list(_children(here))))
        if len(values) > _MOST_VALUES:
            raise TooLarge
    return values


def _java_class(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "com.fasterxml.jackson.databind.node.BooleanNode"
    if isinstance(value, str):
        return "com.fasterxml.jackson.databind.node.TextNode"
    if isinstance(value, list):
        return "com.fasterxml.jackson.databind.node.ArrayNode"
    name = "IntNode" if isinstance(value, int) else "DoubleNode"
    return f"com.fasterxml.jackson.databind.node.{name}"
