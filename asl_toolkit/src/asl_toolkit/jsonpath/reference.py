"""Reference paths: where ResultPath puts a result. They have only member names and single positions."""

from typing import NamedTuple

from asl_toolkit.errors import SyntaxFault
from asl_toolkit.json_value import Json
from asl_toolkit.jsonpath.parser import parse_path
from asl_toolkit.jsonpath.path import Index, Property


class CannotPlace(Exception):  # noqa: N818 - named after what happened
    """The reference path leads through a value that is neither an object nor a long enough array."""


class ReferencePath(NamedTuple):
    """`$.a.b[0]` as steps; no steps mean the whole value."""

    source: str
    steps: tuple[str | int, ...]

    def place(self, root: Json, value: Json) -> Json:
        """A copy of `root` with `value` at this path. Missing objects are created. Raises CannotPlace."""
        if not self.steps:
            return value
        result = _copy_of(root, self.steps[0])
        here = result
        for step, following in zip(self.steps, self.steps[1:], strict=False):
            child = _child(here, step)
            child = {} if child is None and isinstance(following, str) else _copy_of(child, following)
            here[step] = child
            here = child
        last = self.steps[-1]
        if isinstance(last, int) and last >= len(here):
            raise CannotPlace
        here[last] = value
        return result


def _child(container: Json, step: str | int) -> Json:
    if isinstance(step, str):
        return container.get(step)
    if step >= len(container):
        raise CannotPlace
    return container[step]


def _copy_of(container: Json, step: str | int) -> Json:
    if isinstance(step, str) and isinstance(container, dict):
        return dict(container)
    if isinstance(step, int) and isinstance(container, list):
        return list(container)
    raise CannotPlace


def parse_reference(text: str) -> ReferencePath:
    """The reference path in `text`. Raises SyntaxFault if it is not a reference path."""
    path = parse_path(text)
    steps: list[str | int] = []
    for token in path.tokens:
        if isinstance(token, Property) and len(token.names) == 1:
            steps.append(token.names[0])
        elif isinstance(token, Index) and len(token.positions) == 1 and token.positions[0] >= 0:
            steps.append(token.positions[0])
        else:
            raise SyntaxFault(f"{text!r} is not a reference path: it may hold only member names and positions")
    return ReferencePath(text, tuple(steps))
