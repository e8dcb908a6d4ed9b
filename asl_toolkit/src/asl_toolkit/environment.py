"""The values that an expression reads: the data, the context object and the variables in scope."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from asl_toolkit.json_value import Json

if TYPE_CHECKING:
    from asl_toolkit.clock import Clock

MISSING: Final = object()  # a missing value, which is not null


class Scope:
    """Variables of one branch or iteration. It reads the outer scopes and writes only itself."""

    __slots__ = ("_own", "_parent")

    def __init__(self, parent: "Scope | None" = None, own: Mapping[str, Json] | None = None) -> None:
        self._parent = parent
        self._own: dict[str, Json] = dict(own or {})

    def __contains__(self, name: str) -> bool:
        """Whether a variable of this name can be read here."""
        return name in self._own or (self._parent is not None and name in self._parent)

    def __getitem__(self, name: str) -> Json:
        """The variable's value, from the innermost scope that has it. Raises KeyError."""
        if name in self._own:
            return self._own[name]
        if self._parent is None:
            raise KeyError(name)
        return self._parent[name]

    def assign(self, values: Mapping[str, Json]) -> None:
        """Set variables of this scope."""
        self._own.update(values)

    def own(self) -> Mapping[str, Json]:
        """The variables of only this scope."""
        return self._own

    def visible(self) -> dict[str, Json]:
        """All variables that can be read here."""
        variables = {} if self._parent is None else self._parent.visible()
        variables.update(self._own)
        return variables


class Environment:
    """`data` is the value of `$` (or `$states.input`); `result` and `error_output` are only for JSONata.

    `clock` is the execution's clock; without one, the time is this machine's.
    """

    __slots__ = ("_clock", "_millis", "context", "data", "error_output", "result", "scope")

    def __init__(self, data: Json, context: Mapping[str, Json], scope: Scope, clock: "Clock | None" = None) -> None:
        self.data = data
        self.context = context
        self.scope = scope
        self._clock = clock
        self._millis: int | None = None
        self.result: Json = MISSING
        self.error_output: Json = MISSING

    @property
    def millis(self) -> int:
        """Milliseconds since 1970, the same for everything that is evaluated in this environment."""
        if self._millis is None:
            self._millis = int((time.time() if self._clock is None else self._clock.now()) * 1000)
        return self._millis

    def on(self, data: Json) -> "Environment":
        """The same environment with other data."""
        other = Environment(data, self.context, self.scope, self._clock)
        other._millis = self._millis
        return other


class Evaluable(Protocol):
    """A template or an expression, which an environment fills."""

    def evaluate(self, environment: Environment) -> Json:
        """Its value. Raises StateFailure or RuntimeFailure."""
