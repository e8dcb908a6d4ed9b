"""A pytest fixture, `asl`: runs a state machine in a test, on a clock whose waits pass at once.

pytest loads the fixture when the package is installed. The interpreter is imported only when a test uses the fixture.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from asl_toolkit import ExecutionResult, Services
    from asl_toolkit.json_value import Json


class AslRunner:
    """The fixture: call it with a definition (a mapping, JSON text, or the path of a file) and an input.

    The file is JSON or YAML, or a template: `Path("template.yaml#LogicalId")`.
    """

    def __init__(self) -> None:
        self._unused: Mapping[str, None] = {}

    def __call__(  # noqa: PLR0913 - the options of a test
        self,
        definition: "Mapping[str, Json] | str | Path",
        input: "Json" = None,  # noqa: A002 - what Step Functions calls it
        *,
        mocks: "Mapping[str, Json] | None" = None,
        inject: Sequence[str] = (),
        functions: Mapping[str, Any] | None = None,  # Lambda handlers
        services: "Services | None" = None,
        start_time: str | None = None,
        timeout: float = 30,
    ) -> "ExecutionResult":
        """Run to the end. `mocks` as a mocks file, `inject` as the command's option (`"My Task@1=Glue.X:cause"`).

        `start_time` is the first time of the clock, such as 2026-01-31T12:00:00Z; the default is 2023-11-14T22:13:20Z.
        Raises MockError if a mock or an injection names a state that the machine does not have, or if no attempt met an
        injection: a test of an error must not pass without that error.
        """
        from asl_toolkit import Services, TaskTokens, VirtualClock, load, run
        from asl_toolkit.inputs import read_one
        from asl_toolkit.mocks import Injection, MockError, Used, parse_injection, unmet, with_injected, with_mocks
        from asl_toolkit.timestamps import parse_instant

        machine = load(read_one(str(definition), {}).definition if isinstance(definition, Path) else definition)
        met_mocks = Used()
        self._unused = met_mocks.unused
        used = services or Services(functions=functions, tokens=TaskTokens(patience=0))
        if mocks is not None:
            used = with_mocks(used, mocks, machine, used=met_mocks)
        injections, met = [parse_injection(text) for text in inject], set[Injection]()
        if inject:
            used = with_injected(used, injections, machine, where="inject=", met=met)
        clock = VirtualClock()
        if start_time is not None:
            start = parse_instant(start_time)
            if start is None:
                raise ValueError(f"start_time is an instant such as 2026-01-31T12:00:00Z, not {start_time!r}")
            clock = VirtualClock(start.timestamp())
        result = run(machine, input, services=used, clock=clock, timeout=timeout)
        if left := unmet(injections, met):
            raise MockError(f"inject=: {'; '.join(left)} (the execution ended {result.status})")
        return result

    @property
    def unused_mocks(self) -> list[str]:
        """The mocks of the last call that no Task has called (`states.My Task`). Assert that there are none, if that matters."""
        return list(self._unused)

    def states_of(self, result: "ExecutionResult") -> list[str]:
        """The names of the states that an execution entered, in order."""
        return [event["stateEnteredEventDetails"]["name"] for event in result.events if "stateEnteredEventDetails" in event]


@pytest.fixture
def asl() -> AslRunner:
    """Runs state machines; see AslRunner."""
    return AslRunner()
