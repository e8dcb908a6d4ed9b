"""Amazon States Language on your own machine: load a definition, run it, read its history.

>>> import asl_toolkit
>>> machine = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": "world", "End": True}}}
>>> asl_toolkit.run(machine, {}).output
'world'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asl_toolkit.clock import Clock, ScaledClock, SystemClock, VirtualClock
    from asl_toolkit.errors import AslError, DefinitionError, TaskFailed
    from asl_toolkit.finding import Finding
    from asl_toolkit.history_text import timeline
    from asl_toolkit.json_value import Json
    from asl_toolkit.machine import StateMachine, load, run
    from asl_toolkit.runtime.execution import Execution, ExecutionResult, NotRedrivable
    from asl_toolkit.runtime.history import Event
    from asl_toolkit.runtime.map_run_events import ChildExecution
    from asl_toolkit.services.contract import Handler, Later, Submitted, TaskRequest, inline
    from asl_toolkit.services.registry import Services
    from asl_toolkit.services.tokens import TaskDoesNotExist, TaskTokens

__all__ = [
    "AslError",
    "ChildExecution",
    "Clock",
    "DefinitionError",
    "Event",
    "Execution",
    "ExecutionResult",
    "Finding",
    "Handler",
    "Json",
    "Later",
    "NotRedrivable",
    "ScaledClock",
    "Services",
    "StateMachine",
    "Submitted",
    "SystemClock",
    "TaskDoesNotExist",
    "TaskFailed",
    "TaskRequest",
    "TaskTokens",
    "VirtualClock",
    "inline",
    "load",
    "run",
    "timeline",
]

_MODULES = {
    "Clock": "asl_toolkit.clock",
    "ScaledClock": "asl_toolkit.clock",
    "SystemClock": "asl_toolkit.clock",
    "VirtualClock": "asl_toolkit.clock",
    "AslError": "asl_toolkit.errors",
    "DefinitionError": "asl_toolkit.errors",
    "TaskFailed": "asl_toolkit.errors",
    "Finding": "asl_toolkit.finding",
    "Json": "asl_toolkit.json_value",
    "StateMachine": "asl_toolkit.machine",
    "load": "asl_toolkit.machine",
    "run": "asl_toolkit.machine",
    "Execution": "asl_toolkit.runtime.execution",
    "ExecutionResult": "asl_toolkit.runtime.execution",
    "NotRedrivable": "asl_toolkit.runtime.execution",
    "Event": "asl_toolkit.runtime.history",
    "ChildExecution": "asl_toolkit.runtime.map_run_events",
    "Handler": "asl_toolkit.services.contract",
    "Later": "asl_toolkit.services.contract",
    "Submitted": "asl_toolkit.services.contract",
    "TaskRequest": "asl_toolkit.services.contract",
    "inline": "asl_toolkit.services.contract",
    "Services": "asl_toolkit.services.registry",
    "TaskDoesNotExist": "asl_toolkit.services.tokens",
    "TaskTokens": "asl_toolkit.services.tokens",
    "timeline": "asl_toolkit.history_text",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: loading and checking definitions do not need the interpreter."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted({*globals(), *__all__})
