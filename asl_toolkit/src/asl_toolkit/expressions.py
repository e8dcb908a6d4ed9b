"""Expressions of the JSONPath language: a path into the data, the context object or a variable; an intrinsic; a literal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from asl_toolkit.environment import Environment
from asl_toolkit.errors import SyntaxFault
from asl_toolkit.intrinsics.arguments import invalid
from asl_toolkit.intrinsics.table import FUNCTIONS
from asl_toolkit.json_value import Json, double, is_number
from asl_toolkit.jsonpath.parser import parse_path, parse_steps, parse_whole
from asl_toolkit.jsonpath.path import JsonPath, PathNotFound
from asl_toolkit.jsonpath.scanner import Scanner
from asl_toolkit.jsonpath.unread import UnreadPath
from asl_toolkit.sizes import not_too_large

_VARIABLE = re.compile(r"\$([^\W\d]\w{0,79})")
_FEW = 32  # arguments of 256 KiB each
_WRITING = frozenset({"States.Array", "States.Format", "States.Hash", "States.JsonToString"})
_INTRINSIC = re.compile(r"States\.[A-Za-z0-9]{1,40}")


class VariableNotFound(Exception):  # noqa: N818 - named after what happened
    """No visible scope has the expression's variable."""


@dataclass(eq=False, match_args=False)
class PathExpression:
    """A path and its root: the state's data, the context object (`$$`) or a variable (`$name`)."""

    source: str
    root: Literal["data", "context", "variable"]
    path: JsonPath
    variable: str | None = None

    def evaluate(self, environment: Environment) -> Json:
        """The value. Raises PathNotFound or VariableNotFound."""
        return self.path.find(self.base(environment))

    def base(self, environment: Environment) -> Json:
        """The value that the path is applied to."""
        if self.root == "data":
            return environment.data
        if self.root == "context":
            return environment.context
        try:
            return environment.scope[str(self.variable)]
        except KeyError:
            raise VariableNotFound(f"The variable '${self.variable}' is not defined") from None


@dataclass(eq=False, match_args=False)
class Constant:
    """A literal value of the definition."""

    value: Json

    def evaluate(self, environment: Environment) -> Json:  # noqa: ARG002 - as every expression
        """The value itself."""
        return self.value


@dataclass(eq=False, match_args=False)
class IntrinsicCall:
    """`name(arguments)` as the definition writes it (`source`)."""

    source: str
    name: str
    arguments: "tuple[Expression, ...]"
    grows: bool = False  # it has many arguments, or one that a function makes: they may hold one part many times

    def evaluate(self, environment: Environment) -> Json:
        """The function's value. Raises IntrinsicFault if it refuses its arguments."""
        function = FUNCTIONS[self.name]
        if not function.takes(len(self.arguments)):
            raise invalid(self.name)
        values = [argument.evaluate(environment) for argument in self.arguments]
        if self.grows:
            not_too_large(values)
        return function.compute(*values)


Expression: TypeAlias = PathExpression | IntrinsicCall | Constant
ROOT = PathExpression("$", "data", JsonPath((), definite=True))


@lru_cache(maxsize=4096)
def parse_expression(text: str, *, intrinsics: bool = True) -> Expression:
    """The expression in a `….$` member or a `…Path` field: `$.a`, `$$.Execution.Id`, `$variable.a` or `States.Fn(…)`."""
    if intrinsics and text.startswith("States."):
        scanner = Scanner(text)
        call = _call(scanner)
        if not scanner.at_end():
            raise scanner.fault("unexpected text after the call")
        return call
    if not text.startswith("$"):
        what = "a path ($…) or an intrinsic function (States.…)" if intrinsics else "a path ($…)"
        raise SyntaxFault(f"{text!r} is not {what}")
    scanner = Scanner(text)
    expression = _path(scanner, text)
    if not scanner.at_end() and not scanner.only_blanks():
        raise scanner.fault("unexpected text")
    return expression


def read_expression(text: str, *, intrinsics: bool = True) -> Expression:
    """The expression of a checked definition: a path that only AWS may read fails when it is evaluated."""
    try:
        return parse_expression(text, intrinsics=intrinsics)
    except SyntaxFault as fault:
        return PathExpression(text, "data", UnreadPath(fault))


def _path(scanner: Scanner, source: str | None = None) -> PathExpression:
    start = scanner.position
    root: Literal["data", "context", "variable"] = "data"
    variable = None
    if scanner.take("$$"):
        root = "context"
    elif match := _VARIABLE.match(scanner.text, scanner.position):
        root, variable = "variable", match[1]
        scanner.position = match.end()
    elif not scanner.take("$"):
        raise scanner.fault("a path ($…) is missing")
    path = parse_steps(scanner) if source is None else parse_whole(scanner)
    return PathExpression(source or scanner.text[start : scanner.position], root, path, variable)


def _call(scanner: Scanner) -> IntrinsicCall:
    start = scanner.position
    match = _INTRINSIC.match(scanner.text, start)
    name = match.group() if match else ""
    if name not in FUNCTIONS:
        raise scanner.fault(f"there is no intrinsic function {name or 'here'!r}")
    scanner.position += len(name)
    scanner.skip_blanks()
    if not scanner.take("("):
        raise scanner.fault(f"{name} lacks its '('")
    arguments: list[Expression] = []
    with scanner.nested():
        scanner.skip_blanks()
        while not scanner.take(")"):
            if arguments:
                if not scanner.take(","):
                    raise scanner.fault("a ',' or ')' is missing")
                scanner.skip_blanks()
            arguments.append(_argument(scanner))
            scanner.skip_blanks()
    if name in _WRITING:
        arguments = [_written(argument) for argument in arguments]
    grows = len(arguments) > _FEW or any(isinstance(argument, IntrinsicCall) for argument in arguments)
    return IntrinsicCall(scanner.text[start : scanner.position], name, tuple(arguments), grows)


def _written(argument: Expression) -> Expression:
    """An argument that is written as JSON: a number above all doubles (1e999) is a text then."""
    return Constant(double(argument.value)) if isinstance(argument, Constant) and is_number(argument.value) else argument


def _argument(scanner: Scanner) -> Expression:
    if scanner.peek() == "$":
        return _path(scanner)
    if scanner.peek() == "'":
        return Constant(_literal(scanner))
    if scanner.text.startswith("States.", scanner.position):
        return _call(scanner)
    for word, value in _WORDS.items():
        if scanner.take(word):
            return Constant(value)
    number = scanner.number()
    if number is None:
        raise scanner.fault("an argument is a path, a call, a number, true, false, null or a text in single quotes")
    return Constant(number)


_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None}


def _literal(scanner: Scanner) -> str:
    r"""A text in single quotes. `\'` and `\\` are unescaped here, `\{` and `\}` by States.Format."""
    scanner.take("'")
    parts: list[str] = []
    while not scanner.at_end():
        character = scanner.peek()
        scanner.position += 1
        if character == "'":
            return "".join(parts)
        if character == "\\" and not scanner.at_end():
            following = scanner.peek()
            scanner.position += 1
            parts.append(following if following == "'" else character + following)
        else:
            parts.append(character)
    raise scanner.fault("the closing ' is missing")


__all__ = [
    "ROOT",
    "Constant",
    "Expression",
    "IntrinsicCall",
    "PathExpression",
    "PathNotFound",
    "VariableNotFound",
    "parse_expression",
    "parse_path",
    "read_expression",
]
