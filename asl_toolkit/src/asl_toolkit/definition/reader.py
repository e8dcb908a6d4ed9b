"""Reads the fields of one JSON object of a definition: asks for types, notes faults with pointers, finds unknown fields."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from asl_toolkit.definition.model import DISCARD, Discard, Evaluable, Field, Language
from asl_toolkit.errors import Finding, SyntaxFault
from asl_toolkit.expressions import Constant, Expression, parse_expression
from asl_toolkit.json_value import Json, type_name
from asl_toolkit.jsonpath import ReferencePath, parse_reference
from asl_toolkit.templates import compile_template, escape

T = TypeVar("T")
_VARIABLE = re.compile(r"[^\W\d]\w{0,79}")


class Reader:
    """One object, where it stands, the language it is in, and the list that collects faults.

    `within` is the way from the state to the object, as AWS names the fields of failed expressions (`Choices[0]/`).
    """

    def __init__(
        self,
        value: Mapping[str, Json],
        pointer: str,
        findings: list[Finding],
        language: Language = "JSONPath",
        within: str = "",
    ) -> None:
        self.value = value
        self.pointer = pointer
        self.findings = findings
        self.language = language
        self.within = within
        self._asked: set[str] = set()

    def at(self, name: str) -> str:
        """The pointer of a field."""
        return f"{self.pointer}/{escape(name)}"

    def fault(self, name: str | None, code: str, message: str) -> None:
        """Note a fault of a field, or of the object itself."""
        self.findings.append(Finding(code, self.pointer if name is None else self.at(name), message))

    def has(self, name: str) -> bool:
        """Whether the field is there; marks it as known."""
        self._asked.add(name)
        return name in self.value

    def raw(self, name: str) -> Json:
        """The field as it stands, None when it is not there."""
        self._asked.add(name)
        return self.value.get(name)

    def unknown(self, what: str) -> None:
        """Note every field that nobody asked for; a Comment may stand anywhere."""
        self.text("Comment")
        for name in self.value:
            if name not in self._asked:
                self.fault(name, "UNKNOWN_FIELD", f"{name!r} is not supported {what}")

    def text(self, name: str, *, required: bool = False) -> str | None:
        """A string field."""
        value = self.raw(name)
        if isinstance(value, str) and (value or not required):
            return value
        if name in self.value:
            self.fault(
                name, "WRONG_TYPE", f"{name} is a non-empty string, not {value!r}" if required else _no(name, "a string", value)
            )
        elif required:
            self.fault(None, "MISSING_FIELD", f"{name} is missing")
        return None

    def boolean(self, name: str) -> bool:
        """A boolean field, False when it is not there."""
        value = self.raw(name)
        if name in self.value and not isinstance(value, bool):
            self.fault(name, "WRONG_TYPE", _no(name, "true or false", value))
        return value is True

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number between two bounds."""
        if not self.has(name):
            return default
        value = self.value[name]
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(name, "WRONG_TYPE", _no(name, f"a whole number from {least} to {most}", value))
            return default
        return value

    def number(self, name: str, default: float, least: float) -> float:
        """A number of at least `least`."""
        if not self.has(name):
            return default
        value = self.value[name]
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value < least:
            self.fault(name, "WRONG_TYPE", _no(name, f"a number of at least {least}", value))
            return default
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str | None:
        """One of some words."""
        if not self.has(name):
            return default
        value = self.value[name]
        if value not in allowed:
            self.fault(name, "WRONG_VALUE", _no(name, "one of " + ", ".join(allowed), value))
            return default
        return str(value)

    def mapping(self, name: str, *, required: bool = False) -> "Reader | None":
        """An object field, as a reader of its own."""
        value = self.raw(name)
        if isinstance(value, dict):
            return Reader(value, self.at(name), self.findings, self.language, f"{self.within}{name}/")
        if name in self.value:
            self.fault(name, "WRONG_TYPE", _no(name, "an object", value))
        elif required:
            self.fault(None, "MISSING_FIELD", f"{name} is missing")
        return None

    def readers(self, name: str) -> "list[Reader]":
        """An array of objects, as readers of their own; empty when it is not there."""
        value = self.raw(name)
        if name not in self.value:
            return []
        if not isinstance(value, list):
            self.fault(name, "WRONG_TYPE", _no(name, "an array", value))
            return []
        found = []
        for place, element in enumerate(value):
            pointer = f"{self.at(name)}/{place}"
            if isinstance(element, dict):
                found.append(Reader(element, pointer, self.findings, self.language, f"{self.within}{name}[{place}]/"))
            else:
                self.findings.append(Finding("WRONG_TYPE", pointer, _no("this", "an object", element)))
        return found

    def parse(self, name: str, parse: Callable[[str], T], code: str) -> T | None:
        """A string field read by `parse`; its SyntaxFault becomes a finding of that code."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse(value)
        except SyntaxFault as fault:
            self.fault(name, "INTRINSIC" if code == "PATH_SYNTAX" and value.startswith("States.") else code, str(fault))
            return None

    def path(self, name: str) -> Expression | Discard | None:
        """InputPath or OutputPath: a path, or null."""
        if name in self.value and self.value[name] is None:
            self._asked.add(name)
            return DISCARD
        return self.parse(name, parse_expression, "PATH_SYNTAX")

    def reference(self, name: str) -> ReferencePath | Discard | None:
        """ResultPath: a reference path, or null."""
        if name in self.value and self.value[name] is None:
            self._asked.add(name)
            return DISCARD
        return self.parse(name, parse_reference, "REFERENCE_PATH")

    def template(self, name: str) -> Evaluable | None:
        """A payload template, or a JSONata value with expressions in it."""
        if not self.has(name):
            return None
        faults: list[tuple[str, str]] = []
        compiled: Evaluable
        if self.language == "JSONata":
            from asl_toolkit.jsonata import compile_value

            compiled = compile_value(self.value[name], self.at(name), f"{self.within}{name}", faults)
        else:
            compiled = compile_template(self.value[name], self.at(name), faults)
        for pointer, message in faults:
            self.findings.append(Finding(self._code_at(pointer), pointer, message))
        return compiled

    def _code_at(self, pointer: str) -> str:
        """The code of what cannot be read at a place of a template or a JSONata value."""
        if self.language == "JSONata":
            return "JSONATA_SYNTAX"
        value: Json = self.value
        for step in pointer[len(self.pointer) :].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            value = value[int(name)] if isinstance(value, list) else value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str):
            return "TEMPLATE_KEY"
        return "INTRINSIC" if value.startswith("States.") else "PATH_SYNTAX"

    def assign(self) -> Evaluable | None:
        """Assign: an object whose members name variables."""
        value = self.raw("Assign")
        if "Assign" in self.value and not isinstance(value, dict):
            self.fault("Assign", "WRONG_TYPE", _no("Assign", "an object", value))
            return None
        for member in value or {}:
            name = member.removesuffix(".$") if self.language == "JSONPath" else member
            if not _VARIABLE.fullmatch(name) or name == "states":
                self.findings.append(
                    Finding("VARIABLE_NAME", f"{self.at('Assign')}/{escape(member)}", f"{name!r} is no name of a variable")
                )
        return self.template("Assign")

    def field(self, name: str, check: Callable[[Json], str | None], *, path: bool = True) -> Field | None:
        """A value, its `…Path` form (JSONPath) or its expression (JSONata). `check` says what is wrong with a value."""
        if self.language == "JSONata":
            return self._jsonata_field(name, check)
        path_name = f"{name}Path"
        if path and self.has(path_name):
            if self.has(name):
                self.fault(path_name, "EXCLUSIVE_FIELDS", f"{name} and {path_name} exclude each other")
            expression = self.parse(path_name, parse_expression, "PATH_SYNTAX")
            return None if expression is None else Field(path_name, expression, is_path=True)
        if not self.has(name):
            return None
        return self._constant(name, check)

    def _constant(self, name: str, check: Callable[[Json], str | None]) -> Field | None:
        value = self.value[name]
        if (wanted := check(value)) is not None:
            self.fault(name, "WRONG_TYPE", _no(name, wanted, value))
            return None
        return Field(name, Constant(value), is_path=False)

    def _jsonata_field(self, name: str, check: Callable[[Json], str | None]) -> Field | None:
        if not self.has(name):
            return None
        value = self.value[name]
        if isinstance(value, str) and value.startswith("{%"):
            template = self.template(name)
            return None if template is None else Field(name, template, is_path=False)
        return self._constant(name, check)


def _no(name: str, wanted: str, value: Json) -> str:
    shown = repr(value) if len(repr(value)) < 80 else f"{type_name(value)} of another form"
    return f"{name} is {wanted}, not {shown}"
