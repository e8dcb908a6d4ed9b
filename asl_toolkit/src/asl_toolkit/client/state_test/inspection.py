"""What inspectionLevel DEBUG shows: the data after each step of a state.

Recorded answers show which steps each Type has (Pass with and without Result, Choice, Succeed, Fail, Task, Map; in JSONPath
and JSONata).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from asl_toolkit.definition.model import DISCARD, PassState, State, TaskState
from asl_toolkit.environment import Environment, Evaluable
from asl_toolkit.errors import RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.runtime.flow import effective_input, place
from asl_toolkit.runtime.frame import Frame, StateEnd


class _Recorded:
    """A template that records its value: it is evaluated once, for the state and for the inspection."""

    def __init__(self, template: Evaluable, name: str, sink: "Inspection") -> None:
        self._template = template
        self._name = name
        self._sink = sink

    def evaluate(self, environment: Environment) -> Json:
        """The template's value, which is recorded."""
        value = self._template.evaluate(environment)
        self._sink.note(self._name, value)
        return value


class Inspection:
    """The inspectionData of one test, filled while the state runs."""

    def __init__(self, text: str) -> None:
        self._data: dict[str, Any] = {"input": text}

    def note(self, name: str, value: Json) -> None:
        """Record a step's value as JSON text."""
        self._data[name] = dumps(value)

    def put(self, name: str, value: Any) -> None:
        """Record a member that is not JSON text: a number, or errorDetails."""
        self._data[name] = value

    def watch(self, state: State) -> State:
        """The state, with templates that record their values."""
        flow = state.flow
        parameters = "afterArguments" if flow.language == "JSONata" else "afterParameters"
        watched = replace(
            flow,
            parameters=self._recorded(flow.parameters, parameters),
            result_selector=self._recorded(flow.result_selector, "afterResultSelector"),
        )
        return replace(state, flow=watched)

    def _recorded(self, template: Evaluable | None, name: str) -> Evaluable | None:
        return None if template is None else _Recorded(template, name, self)

    def before(self, frame: Frame) -> None:
        """The steps before the state's work."""
        state = frame.state
        fixed = isinstance(state, PassState) and state.result is not None
        if state.flow.language == "JSONata" or fixed:
            return
        try:
            data = effective_input(frame)
        except (RuntimeFailure, StateFailure):
            return  # the state fails by it, too
        self.note("afterInputPath", data)
        if state.flow.parameters is None and isinstance(state, (PassState, TaskState)):
            self.note("afterParameters", data)

    def after(self, frame: Frame, result: Json, end: StateEnd) -> None:
        """The steps after the state's successful work."""
        flow = frame.state.flow
        if flow.language == "JSONata" or frame.state.kind in {"Choice", "Succeed", "Wait"}:
            return
        if flow.result_selector is None:
            self.note("afterResultSelector", result)
        else:
            result = self.value("afterResultSelector")
        if flow.result_path is DISCARD:
            value = frame.payload.value
        else:
            value = result if flow.result_path is None else place(flow.result_path, frame.payload.value, result)
        self.note("afterResultPath", value if flow.output_path is not None else end.payload.value)

    def variables(self, visible: Mapping[str, Json]) -> None:
        """The variables after the state, if there are any."""
        if visible:
            self.note("variables", dict(visible))

    def value(self, name: str) -> Json:
        """A step's value. The step must have been taken."""
        return loads(self._data[name])

    def data(self) -> dict[str, Any]:
        """The member inspectionData."""
        return self._data
