"""What an expression can see while it is evaluated: the data, the context object and the variables in scope."""

from collections.abc import Mapping
from typing import Final

from asl_toolkit.json_value import Json

MISSING: Final = object()  # there is no such value, not even null


class Scope:
    """Variables of one branch or iteration; it reads the scopes around it and writes only its own."""

    __slots__ = ("_own", "_parent")

    def __init__(self, parent: "Scope | None" = None, own: Mapping[str, Json] | None = None) -> None:
        self._parent = parent
        self._own: dict[str, Json] = dict(own or {})

    def __contains__(self, name: str) -> bool:
        """Whether a variable of this name can be read here."""
        return name in self._own or (self._parent is not None and name in self._parent)

    def __getitem__(self, name: str) -> Json:
        """The variable's value, from the innermost scope that has it; KeyError when none has."""
        if name in self._own:
            return self._own[name]
        if self._parent is None:
            raise KeyError(name)
        return self._parent[name]

    def assign(self, values: Mapping[str, Json]) -> None:
        """Set variables of this scope."""
        self._own.update(values)

    def own(self) -> Mapping[str, Json]:
        """The variables of this scope alone."""
        return self._own

    def visible(self) -> dict[str, Json]:
        """All variables that can be read here."""
        found = {} if self._parent is None else self._parent.visible()
        found.update(self._own)
        return found


class Environment:
    """`data` is what `$` (or `$states.input`) means; `result` and `error_output` are for JSONata alone."""

    __slots__ = ("context", "data", "error_output", "result", "scope")

    def __init__(self, data: Json, context: Mapping[str, Json], scope: Scope) -> None:
        self.data = data
        self.context = context
        self.scope = scope
        self.result: Json = MISSING
        self.error_output: Json = MISSING

    def on(self, data: Json) -> "Environment":
        """The same surroundings with other data."""
        return Environment(data, self.context, self.scope)
