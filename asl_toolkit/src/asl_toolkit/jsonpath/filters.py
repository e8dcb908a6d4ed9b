"""Filters of a path, `[?(@.a == 1 && @.b)]`, compiled into predicates with Jayway's rules of comparison."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from asl_toolkit.json_value import Json, is_number, same
from asl_toolkit.jsonpath.path import PathNotFound, Predicate
from asl_toolkit.jsonpath.patterns import matching, read_pattern
from asl_toolkit.jsonpath.scanner import Scanner

if TYPE_CHECKING:
    from asl_toolkit.jsonpath.path import JsonPath

_MISSING: Final = object()
_CONSTANTS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_WORD_ENDS: Final = frozenset(" \t\r\n()[],&|=!<>~'\"")
_Operand = Callable[[Json, Json], Json]  # (current, root) -> value, or _MISSING


class FilterParser:
    """Reads the text between `?(` and `)`."""

    def __init__(self, scanner: Scanner, parse_steps: "Callable[[Scanner], JsonPath]") -> None:
        self._scanner = scanner
        self._parse_steps = parse_steps

    def disjunction(self) -> Predicate:
        """`a || b`."""
        terms = [self._conjunction()]
        while self._operator("||"):
            terms.append(self._conjunction())
        return terms[0] if len(terms) == 1 else lambda here, root: any(term(here, root) for term in terms)

    def _conjunction(self) -> Predicate:
        terms = [self._term()]
        while self._operator("&&"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda here, root: all(term(here, root) for term in terms)

    def _operator(self, text: str) -> bool:
        self._scanner.skip_blanks()
        return self._scanner.take(text)

    def _term(self) -> Predicate:
        with self._scanner.nested():
            self._scanner.skip_blanks()
            if self._scanner.peek() == "!" and not self._scanner.text.startswith("!=", self._scanner.position):
                self._scanner.take("!")
                self._scanner.skip_blanks()
                inner = self._comparison(null_is_there=False) if self._scanner.peek() in {"@", "$"} else self._term()
                return lambda here, root: not inner(here, root)
            if self._scanner.take("("):
                group = self.disjunction()
                if not self._operator(")"):
                    raise self._scanner.fault("the filter lacks a ')'")
                return group
            return self._comparison()

    def _comparison(self, *, null_is_there: bool = True) -> Predicate:
        """`@.a < 3`, or `@.a` alone: whether it exists.

        After `!`, null counts as missing (Step Functions Local; floci, pull 3497).
        """
        scanner = self._scanner
        if scanner.peek() == "/":
            pattern = read_pattern(scanner)
            if not self._operator("=~"):
                raise scanner.fault("'=~' is missing behind the regular expression")
            return matching(pattern, self._operand(), _MISSING)
        left = self._operand()
        scanner.skip_blanks()
        if scanner.take("=~"):
            scanner.skip_blanks()
            return matching(read_pattern(scanner), left, _MISSING)
        for sign in _SIGNS:
            if scanner.take(sign):
                right = self._operand()
                holds = _COMPARISONS[sign.strip()]
                return lambda here, root: holds(left(here, root), right(here, root))
        if null_is_there:
            return lambda here, root: left(here, root) is not _MISSING
        return lambda here, root: left(here, root) not in (_MISSING, None)

    def _operand(self) -> _Operand:
        self._scanner.skip_blanks()
        here_is_root = self._scanner.peek() == "$"
        if self._scanner.take("@") or self._scanner.take("$"):
            path = self._parse_steps(self._scanner)
            return _path_operand(path, of_root=here_is_root)
        value = self._literal()
        return lambda _here, _root: value

    def _literal(self) -> Json:
        """A literal. An unquoted word is a text, as in four samples of aws-samples (parallel-translate and others)."""
        scanner = self._scanner
        if scanner.peek() in {"'", '"'}:
            return scanner.quoted()
        if scanner.take("["):
            return self._list()
        if not (scanner.peek().isalnum() or scanner.peek() in {"_", "-"}):
            raise scanner.fault("a path (@… or $…), a quoted text, a number, true, false or null is missing")
        word = scanner.take_until(_WORD_ENDS)
        number = Scanner(word)
        value = number.number()
        return value if value is not None and number.at_end() else _CONSTANTS.get(word, word)

    def _list(self) -> list[Json]:
        elements: list[Json] = []
        with self._scanner.nested():
            self._scanner.skip_blanks()
            while not self._scanner.take("]"):
                elements.append(self._literal())
                self._scanner.skip_blanks()
                if not self._scanner.take(",") and self._scanner.peek() != "]":
                    raise self._scanner.fault("a ',' or ']' is missing")
                self._scanner.skip_blanks()
        return elements


def _path_operand(path: "JsonPath", *, of_root: bool) -> _Operand:
    def operand(here: Json, root: Json) -> Json:
        try:
            return path.find(root if of_root else here)
        except PathNotFound:
            return _MISSING

    return operand


def _equal(left: Json, right: Json) -> bool:
    """A number equals a text that spells it, because Jayway compares them as numbers."""
    if left is _MISSING or right is _MISSING:
        return left is right
    if is_number(left) and isinstance(right, str):
        left, right = right, left
    if isinstance(left, str) and is_number(right):
        try:
            return bool(float(left) == right)
        except ValueError:
            return False
    return same(left, right)


def _ordered(compare: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    def holds(left: Json, right: Json) -> bool:
        both_numbers = is_number(left) and is_number(right)
        return (both_numbers or (isinstance(left, str) and isinstance(right, str))) and bool(compare(left, right))

    return holds


def _in(left: Json, right: Json) -> bool:
    return isinstance(right, list) and any(_equal(left, element) for element in right)


def _contains(left: Json, right: Json) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _in(right, left)


def _all_of(left: Json, right: Json, *, wanted: bool) -> bool:
    """Whether each element of one array is (or is not) in another."""
    return isinstance(left, list) and isinstance(right, list) and all(_in(element, right) is wanted for element in left)


def _any_of(left: Json, right: Json) -> bool:
    return isinstance(left, list) and isinstance(right, list) and any(_in(element, right) for element in left)


def _size(left: Json, right: Json) -> bool:
    return isinstance(left, (str, list, dict)) and isinstance(right, int) and len(left) == right


def _empty(left: Json, right: Json) -> bool:
    return isinstance(left, (str, list, dict)) and (not left) is right


_COMPARISONS: dict[str, Callable[[Json, Json], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<=": _ordered(lambda left, right: left <= right),
    ">=": _ordered(lambda left, right: left >= right),
    "<": _ordered(lambda left, right: left < right),
    ">": _ordered(lambda left, right: left > right),
    "in": _in,
    "nin": lambda left, right: not _in(left, right),
    "anyof": _any_of,
    "noneof": lambda left, right: _all_of(left, right, wanted=False),
    "subsetof": lambda left, right: _all_of(left, right, wanted=True),
    "contains": _contains,
    "size": _size,
    "empty": _empty,
}
_SIGNS = ("==", "!=", "<=", ">=", "<", ">", "in ", "nin ", "anyof ", "noneof ", "subsetof ", "contains ", "size ", "empty ")
