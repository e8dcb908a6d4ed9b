"""A pytest fixture, `asl`: runs a state machine in a test, on a clock whose waits pass at once.

It is there once the package is installed; nothing of the interpreter is imported before a test asks for it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from asl_toolkit import ExecutionResult, Services
    from asl_toolkit.json_value import Json


class AslRunner:
    """What the fixture is: call it with a definition (a mapping, JSON text, or the path of a file) and an input."""

    def __call__(  # noqa: PLR0913 - each is a part of a test
        self,
        definition: "Mapping[str, Json] | str | Path",
        input: "Json" = None,  # noqa: A002 - what Step Functions calls it
        *,
        mocks: "Mapping[str, Json] | None" = None,
        inject: Sequence[str] = (),
        functions: Mapping[str, Any] | None = None,  # Lambda handlers
        services: "Services | None" = None,
        timeout: float = 30,
    ) -> "ExecutionResult":
        """Run to the end. `mocks` as a mocks file, `inject` as the command's option (`"My Task@1=Glue.X:cause"`)."""
        from asl_toolkit import Services, VirtualClock, run
        from asl_toolkit.mocks import parse_injection, with_injected, with_mocks

        text = definition.read_text(encoding="utf-8") if isinstance(definition, Path) else definition
        used = services or Services(functions=functions)
        if mocks is not None:
            used = with_mocks(used, mocks)
        if inject:
            used = with_injected(used, [parse_injection(each) for each in inject])
        return run(text, input, services=used, clock=VirtualClock(), timeout=timeout)

    def states_of(self, result: "ExecutionResult") -> list[str]:
        """The names of the states that an execution entered, in order."""
        return [event["stateEnteredEventDetails"]["name"] for event in result.events if "stateEnteredEventDetails" in event]


@pytest.fixture
def asl() -> AslRunner:
    """Runs state machines; see AslRunner."""
    return AslRunner()
