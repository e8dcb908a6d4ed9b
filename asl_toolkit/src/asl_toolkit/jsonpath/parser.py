"""JSONPath text → JsonPath. One pass without backtracking, with bounded nesting. SyntaxFault says what is wrong and where."""

from functools import lru_cache

from asl_toolkit.errors import SyntaxFault
from asl_toolkit.jsonpath.filters import FilterParser
from asl_toolkit.jsonpath.functions import FUNCTIONS, WITH_ARGUMENTS
from asl_toolkit.jsonpath.path import Descent, Filter, Function, Index, JsonPath, Property, Slice, Token, Wildcard
from asl_toolkit.jsonpath.scanner import Scanner

_NAME_ENDS = frozenset(".[]()?*@,:'\"\\/=<>!&|#%^~{}+ \t\n\r$")
_WHOLE_NAME_ENDS = frozenset(".[( \t\n\r")  # Jayway, PathCompiler.readPropertyOrFunctionToken
_MOST_TOKENS = 1_000


@lru_cache(maxsize=4096)
def parse_path(text: str) -> JsonPath:
    """The path in `text`. It begins with `$` and may end with blanks, which Jayway trims. Raises SyntaxFault."""
    scanner = Scanner(text)
    if not scanner.take("$"):
        raise SyntaxFault(f"the path {text!r} does not begin with '$'")
    path = parse_whole(scanner)
    if not scanner.at_end() and not scanner.only_blanks():
        raise scanner.fault("unexpected text")
    return path


def parse_whole(scanner: Scanner) -> JsonPath:
    """The steps of a path that is the whole text. A name may contain any character that does not begin the next step."""
    return parse_steps(scanner, _WHOLE_NAME_ENDS)


def parse_steps(scanner: Scanner, name_ends: frozenset[str] = _NAME_ENDS) -> JsonPath:
    """The steps from the scanner's position to the first character that belongs to no step."""
    tokens: list[Token] = []
    while True:
        if len(tokens) > _MOST_TOKENS:
            raise scanner.fault(f"more than {_MOST_TOKENS} steps")
        if scanner.take(".."):
            tokens.append(Descent())
            if scanner.peek() != "[":
                tokens.append(_name_or_wildcard(scanner, name_ends))
        elif scanner.take("."):
            if scanner.peek() == "[":  # a dot before a bracket has no meaning: $.['a'] is $['a']
                continue
            token = _name_or_wildcard(scanner, name_ends)
            tokens.append(token)
            if isinstance(token, Function):
                break
        elif scanner.peek() == "[":
            tokens.append(_bracket(scanner))
        else:
            break
    return JsonPath(tuple(tokens), definite=_is_definite(tokens))


def _is_definite(tokens: list[Token]) -> bool:
    last = len(tokens) - 1
    for place, token in enumerate(tokens):
        if isinstance(token, (Slice, Wildcard, Filter, Descent)):
            return False
        if isinstance(token, Index) and len(token.positions) > 1:
            return False
        if isinstance(token, Property) and len(token.names) > 1 and place != last:
            return False
    return True


def _name_or_wildcard(scanner: Scanner, name_ends: frozenset[str]) -> Token:
    if scanner.take("*"):
        return Wildcard()
    name = scanner.take_until(name_ends)
    if not name:
        raise scanner.fault("a member's name is missing")
    if scanner.peek() != "(":
        return Property((name,))
    if name in WITH_ARGUMENTS:
        return _call(name, scanner)
    if name not in FUNCTIONS:
        known = ", ".join(sorted([*FUNCTIONS, *WITH_ARGUMENTS]))
        raise scanner.fault(f"the function {name!r} is not known; known are {known}")
    if not scanner.take("()"):
        raise scanner.fault(f"the function {name!r} takes no arguments")
    return Function(name, FUNCTIONS[name])


def _call(name: str, scanner: Scanner) -> Function:
    """A function with its arguments: numbers and quoted texts."""
    start = scanner.position
    scanner.take("(")
    arguments: list[str | int | float] = []
    scanner.skip_blanks()
    while not scanner.take(")"):
        argument = scanner.quoted() if scanner.peek() in {"'", '"'} else scanner.number()
        if argument is None:
            raise scanner.fault("an argument is a number or a quoted text")
        arguments.append(argument)
        scanner.skip_blanks()
        if not scanner.take(",") and scanner.peek() != ")":
            raise scanner.fault("a ',' or ')' is missing")
        scanner.skip_blanks()
    try:
        return Function(name, WITH_ARGUMENTS[name](arguments), scanner.text[start : scanner.position])
    except (TypeError, ValueError):
        raise scanner.fault(f"the function {name!r} cannot take {', '.join(map(repr, arguments)) or 'nothing'}") from None


def _bracket(scanner: Scanner) -> Token:
    scanner.take("[")
    scanner.skip_blanks()
    token: Token
    if scanner.take("*"):
        token = Wildcard()
    elif scanner.peek() in {"'", '"'}:
        token = Property(_quoted_names(scanner))
    elif scanner.take("?"):
        scanner.skip_blanks()
        if not scanner.take("("):
            raise scanner.fault("a filter is written [?(…)]")
        with scanner.nested():
            predicate = FilterParser(scanner, parse_steps).disjunction()
        scanner.skip_blanks()
        if not scanner.take(")"):
            raise scanner.fault("the filter lacks its ')'")
        token = Filter(predicate)
    else:
        token = _positions(scanner)
    scanner.skip_blanks()
    if not scanner.take("]"):
        raise scanner.fault("the bracket lacks its ']'")
    return token


def _quoted_names(scanner: Scanner) -> tuple[str, ...]:
    names = [scanner.quoted()]
    scanner.skip_blanks()
    while scanner.take(","):
        scanner.skip_blanks()
        names.append(scanner.quoted())
        scanner.skip_blanks()
    return tuple(names)


def _positions(scanner: Scanner) -> Index | Slice:
    first = scanner.integer()
    scanner.skip_blanks()
    if scanner.take(":"):
        scanner.skip_blanks()
        stop = scanner.integer()
        scanner.skip_blanks()
        if scanner.take(":"):
            scanner.skip_blanks()
            scanner.integer()  # Jayway reads two numbers and ignores a third
            scanner.skip_blanks()
        if first is None and stop is None:
            raise scanner.fault("a slice has a start or an end, as in [0:2], [1:] or [:2]")
        return Slice(first, stop)
    if first is None:
        raise scanner.fault("a position, a quoted name, '*' or '?(' is missing")
    positions = [first]
    while scanner.take(","):
        scanner.skip_blanks()
        position = scanner.integer()
        if position is None:
            raise scanner.fault("a position is missing")
        positions.append(position)
        scanner.skip_blanks()
    return Index(tuple(positions))
