"""Reads the fields of one object of a definition that passed the checker. It checks nothing."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from asl_toolkit.definition.model import DISCARD, Discard, Field
from asl_toolkit.environment import Evaluable
from asl_toolkit.errors import SyntaxFault
from asl_toolkit.expressions import Constant, Expression, read_expression
from asl_toolkit.json_value import Json
from asl_toolkit.jsonpath import ReferencePath
from asl_toolkit.jsonpath.unread import read_reference
from asl_toolkit.language import Language
from asl_toolkit.pointers import below
from asl_toolkit.templates import compile_template

T = TypeVar("T")


class Reader:
    """One object, its JSON pointer and its query language.

    `within` is the way from the state to the object, as AWS names the fields of failed expressions (`Choices[0]/`).
    """

    def __init__(self, value: Mapping[str, Json], pointer: str, language: Language, within: str = "") -> None:
        self.value = value
        self.pointer = pointer
        self.language = language
        self.within = within

    @property
    def jsonata(self) -> bool:
        """Whether the query language is JSONata."""
        return self.language == "JSONata"

    def mapping(self, name: str) -> "Reader | None":
        """An object field, or None."""
        value = self.value.get(name)
        return None if value is None else Reader(value, below(self.pointer, name), self.language, f"{self.within}{name}/")

    def readers(self, name: str) -> "list[Reader]":
        """The objects of an array field."""
        return [
            Reader(value, below(self.pointer, name, place), self.language, f"{self.within}{name}[{place}]/")
            for place, value in enumerate(self.value.get(name, ()))
        ]

    def parse(self, name: str, parse: Callable[[str], T]) -> T | None:
        """A text field, parsed."""
        if name not in self.value:
            return None
        try:
            return parse(self.value[name])
        except SyntaxFault as fault:
            fault.pointer = below(self.pointer, name)
            raise

    def path(self, name: str) -> Expression | Discard | None:
        """InputPath or OutputPath: a path, or null."""
        return DISCARD if self.value.get(name, "") is None else self.parse(name, read_expression)

    def reference(self, name: str) -> ReferencePath | Discard | None:
        """ResultPath: a reference path, or null."""
        return DISCARD if self.value.get(name, "") is None else self.parse(name, read_reference)

    def template(self, name: str) -> Evaluable | None:
        """A payload template, or a JSONata value with expressions in it."""
        if name not in self.value:
            return None
        if not self.jsonata:
            return compile_template(self.value[name])
        from asl_toolkit.jsonata import compile_value  # its library is slow to import

        return compile_value(self.value[name], f"{self.within}{name}")

    def field(self, name: str) -> Field | None:
        """A value, its `…Path` form (JSONPath) or its expression (JSONata)."""
        if not self.jsonata and f"{name}Path" in self.value:
            return Field(f"{name}Path", read_expression(self.value[f"{name}Path"]), is_path=True)
        if name not in self.value:
            return None
        expression = self.template(name) if self.jsonata else None
        return Field(name, expression or Constant(self.value[name]), is_path=False)
