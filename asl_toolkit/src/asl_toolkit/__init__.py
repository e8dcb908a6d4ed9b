"""Amazon States Language on your own machine: load a definition, run it, read its history.

>>> import asl_toolkit
>>> machine = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": "world", "End": True}}}
>>> asl_toolkit.run(machine, {}).output
'world'
"""

from asl_toolkit.clock import Clock, ScaledClock, SystemClock, VirtualClock
from asl_toolkit.errors import AslError, DefinitionError, TaskFailed
from asl_toolkit.finding import Finding
from asl_toolkit.json_value import Json
from asl_toolkit.machine import StateMachine, load, run
from asl_toolkit.runtime.execution import Execution, ExecutionResult, NotRedrivable
from asl_toolkit.runtime.history import Event
from asl_toolkit.runtime.map_run_events import ChildExecution
from asl_toolkit.services.contract import Handler, Later, Submitted, TaskRequest, inline
from asl_toolkit.services.registry import Services
from asl_toolkit.services.tokens import TaskDoesNotExist, TaskTokens
from asl_toolkit.timeline import timeline

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
