"""CloudFormation's intrinsic functions, as far as a template alone decides them. The rest becomes a placeholder `${Name}`."""

import re
from collections.abc import Mapping

from asl_toolkit.inputs.source import CannotRead
from asl_toolkit.json_value import Json

_REFERENCE = re.compile(r"\$\{(!?)([^{}]+)\}")
_PSEUDO = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}


class Resolver:
    """Replaces the functions of a template by texts. `parameters` have the values that are known."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._known = {**_PSEUDO, **parameters}

    def resolve(self, value: Json) -> Json:
        """The value, with each function replaced."""
        if isinstance(value, list):
            return [self.resolve(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name in {"Ref", "Condition"} or name.startswith("Fn::"):
                return self._call(name, argument)
        return {name: self.resolve(inner) for name, inner in value.items()}

    def _call(self, name: str, argument: Json) -> Json:
        if name == "Ref" and isinstance(argument, str):
            return self._known.get(argument, f"${{{argument}}}")
        if name == "Fn::GetAtt" and isinstance(argument, list) and all(isinstance(part, str) for part in argument):
            return f"${{{'.'.join(argument)}}}"
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], list):
            return str(argument[0]).join(self._text(part) for part in argument[1])
        return f"${{{name.removeprefix('Fn::')}}}"

    def _text(self, value: Json) -> str:
        resolved = self.resolve(value)
        return resolved if isinstance(resolved, str) else str(resolved)

    def _sub(self, argument: Json) -> Json:
        text, values = (argument[0], argument[1]) if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(values, dict):
            return "${Sub}"
        known = {**self._known, **{name: self._text(inner) for name, inner in values.items()}}

        def replaced(match: re.Match[str]) -> str:
            if match[1]:
                return f"${{{match[2]}}}"
            return known.get(match[2], match[0])

        return _REFERENCE.sub(replaced, text)


def substitute(value: Json, substitutions: Mapping[str, str]) -> Json:
    """The value with `${NAME}` replaced; other placeholders stay. A text is replaced as text, also inside of names.

    Raises CannotRead if two members get one name.
    """
    if isinstance(value, str):
        return _substitute_text(value, substitutions)
    if isinstance(value, list):
        return [substitute(inner, substitutions) for inner in value]
    if isinstance(value, dict):
        members: dict[str, Json] = {}
        for name, inner in value.items():
            replaced = _substitute_text(name, substitutions)
            if replaced in members:
                raise CannotRead(f"the member {replaced!r} is in one object more than once after the substitution of {name!r}")
            members[replaced] = substitute(inner, substitutions)
        return members
    return value


def _substitute_text(text: str, substitutions: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: substitutions.get(match[2], match[0]) if not match[1] else match[0], text)
