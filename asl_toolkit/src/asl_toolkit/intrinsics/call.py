"""A parsed call of an intrinsic function, and the fault that computing it may raise."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asl_toolkit.intrinsics.arguments import invalid
from asl_toolkit.intrinsics.table import FUNCTIONS, IntrinsicFault

if TYPE_CHECKING:
    from asl_toolkit.environment import Environment
    from asl_toolkit.expressions import Expression
    from asl_toolkit.json_value import Json

__all__ = ["IntrinsicCall", "IntrinsicFault"]


@dataclass(frozen=True, slots=True)
class IntrinsicCall:
    """`name(arguments)` as it stands in the definition (`source`)."""

    source: str
    name: str
    arguments: "tuple[Expression, ...]"

    def evaluate(self, environment: "Environment") -> "Json":
        """The function's value; IntrinsicFault when it refuses its arguments."""
        function = FUNCTIONS[self.name]
        if not function.takes(len(self.arguments)):
            raise invalid(self.name)
        return function.compute(*[argument.evaluate(environment) for argument in self.arguments])
