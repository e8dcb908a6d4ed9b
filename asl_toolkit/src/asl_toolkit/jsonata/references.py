"""Names that an expression reads outside of any path. AWS refuses them: it evaluates without a context item.

Source: floci-io/floci, issue 2670 and pull 2699: `UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is
not supported.`, measured on AWS with 1,574 expressions of jsonata-js's tests.
"""

from collections.abc import Iterator
from typing import Any

_INSIDE = ("lhs", "rhs", "condition", "then", "_else", "expression", "body", "procedure")
_LISTS = ("arguments", "expressions")


def top_level_names(tree: Any) -> list[str]:  # a node of the library's tree
    """The names, without repetition. Later steps of a path and its predicates have a context item, so their names are allowed."""
    return list(dict.fromkeys(_names(tree)))


def _names(tree: Any) -> Iterator[str]:  # as above
    stack = [tree]
    while stack:
        node = stack.pop()
        kind = getattr(node, "type", None)
        if kind == "name":
            yield str(node.value)
        elif kind == "path":
            stack.append(node.steps[0])
        elif kind not in {None, "transform"}:
            inner = [getattr(node, name, None) for name in _INSIDE]
            for name in _LISTS:
                inner += getattr(node, name, None) or []
            for pair in getattr(node, "lhs_object", None) or []:
                inner += pair
            stack += reversed([child for child in inner if child is not None])
