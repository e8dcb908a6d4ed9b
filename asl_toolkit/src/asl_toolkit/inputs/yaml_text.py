"""YAML as CloudFormation reads it: a value, and the line and column of each of its elements. It needs PyYAML.

Short forms are long forms here (`!Sub x` is `{"Fn::Sub": "x"}`). As in YAML 1.2, `on`, `yes` and dates are texts.
"""

import re
from typing import TYPE_CHECKING, Any

from asl_toolkit.inputs.source import CannotRead
from asl_toolkit.json_value import Json
from asl_toolkit.pointers import below

if TYPE_CHECKING:
    import yaml

_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_DEEPEST = 200
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_PLAIN = {"!Ref": "Ref", "!Condition": "Condition"}
_MOST_REPEATED = 50_000  # values that aliases repeat, each time anew: in JSON they are about 1 MiB, the most that AWS takes


class Yaml:
    """A read document: its `value`, and the place of each pointer."""

    def __init__(self, text: str) -> None:
        import_yaml()
        import yaml

        self._places: dict[str, tuple[int, int]] = {}
        self.blocks: dict[str, tuple[int, int]] = {}  # pointer of a block scalar (| or >) -> line and indentation of its text
        self._lines = text.splitlines()
        self._read_values = 0
        self._sizes: dict[int, int] = {}  # id of an object or a list that was read -> the values in it
        self._repeated = 0
        try:
            node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # libyaml, where PyYAML has it
            self.value = None if node is None else self._read(node, "", 0)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{mark.line + 1}:{mark.column + 1}: " if mark is not None else ""
            raise CannotRead(f"{place}it is not YAML: {error.problem or error}") from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise CannotRead(f"it is not YAML: {error}") from error

    def place(self, pointer: str) -> tuple[int, int]:
        """Line and column, from 1, of an element or of the nearest existing element around it."""
        while pointer and pointer not in self._places:
            pointer = pointer.rsplit("/", 1)[0]
        return self._places.get(pointer, (1, 1))

    def _read(self, node: "yaml.Node", pointer: str, depth: int) -> Json:
        """The value of a node. An alias is the node that it names, so a node may be read several times."""
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if depth > _DEEPEST:
            raise CannotRead(f"{line}:{column}: more than {_DEEPEST} levels are nested here")
        self._repeated += self._sizes.get(id(node), 0)
        if self._repeated > _MOST_REPEATED:
            raise CannotRead(f"{line}:{column}: aliases of this value and of others repeat more than {_MOST_REPEATED:,} values")
        before = self._read_values
        self._read_values += 1
        self._places.setdefault(pointer, (line, column))
        value = self._value(node, pointer, depth)
        self._sizes[id(node)] = self._read_values - before
        return value

    def _value(self, node: "yaml.Node", pointer: str, depth: int) -> Json:
        import yaml

        if node.tag.startswith("!"):
            return self._function(node, pointer, depth)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, pointer, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._read(inner, below(pointer, place), depth + 1) for place, inner in enumerate(node.value)]
        scalar: Any = node
        if scalar.style in {"|", ">"}:
            first = node.start_mark.line + 1
            line = self._lines[first] if first < len(self._lines) else ""
            self.blocks[pointer] = (first + 1, len(line) - len(line.lstrip()))
        return node.value if scalar.style else _scalar(node)

    def _mapping(self, node: Any, pointer: str, depth: int) -> dict[str, Json]:
        members: dict[str, Json] = {}
        for key, inner in node.value:
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if not isinstance(key.value, str):
                raise CannotRead(f"{line}:{column}: the name of a member is a text, not a list or an object")
            name = key.value
            if name in members:
                raise CannotRead(f"{line}:{column}: the member {name!r} is here more than once")
            where = below(pointer, name)
            self._places[where] = (line, column)
            members[name] = self._read(inner, where, depth + 1)
        return members

    def _function(self, node: Any, pointer: str, depth: int) -> Json:
        name = _PLAIN.get(node.tag, f"Fn::{node.tag[1:]}")
        where = below(pointer, name)
        self._places[where] = self._places[pointer]
        import yaml

        plain = {yaml.MappingNode: "map", yaml.SequenceNode: "seq", yaml.ScalarNode: "str"}[type(node)]
        tag, node.tag = node.tag, f"tag:yaml.org,2002:{plain}"
        argument = self._read(node, where, depth + 1)
        node.tag = tag
        if name == "Fn::GetAtt" and isinstance(argument, str):
            argument = argument.split(".", 1)
        return {name: argument}


def _scalar(node: Any) -> Json:
    text: str = node.value
    if node.tag == "tag:yaml.org,2002:str":
        return text
    folded = text.lower()
    if folded in _WORDS and text in {folded, folded.title(), folded.upper()}:
        return _WORDS[folded]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def import_yaml() -> None:
    """Raises CannotRead if PyYAML is not installed."""
    try:
        import yaml as _yaml  # noqa: F401 - whether it is there
    except ImportError as error:
        raise CannotRead("YAML needs PyYAML: pip install PyYAML") from error
