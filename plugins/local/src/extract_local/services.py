"""What the interpreter calls on this machine: the core's functions, a process per job, and files as the Map's objects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import asl_toolkit
from extract_core.errors import ExtractError, ObjectError
from extract_core.objects.files import file_path
from extract_core.plan.places import uri_of
from extract_core.registry.routing import ITERATE
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.runs.slots import SlotTaker
from extract_core.status.record import record
from extract_local.jobs.other_tasks import OtherTask
from extract_local.jobs.processes import JobProcesses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from asl_generator import MachineDefinition
    from extract_core.contract import Json
    from extract_core.objects.store import ObjectStore
    from extract_core.pipeline.parts import Parts
    from extract_core.registry.installed import Registry
    from extract_local.executions.folder import ExecutionFolder
    from extract_local.jobs.injection import Injections
    from extract_local.jobs.starting import JobStarter


def services_of(
    built: MachineDefinition, parts: Parts, folder: ExecutionFolder, injections: Injections, starter: JobStarter
) -> asl_toolkit.Services:
    """The handlers of the machine's Lambda functions, of the job states of its branches, and of a DISTRIBUTED Map's objects."""
    slots = SlotTaker(parts)
    functions: dict[str, Callable[[object, object], object]] = {
        f"{built.name}-config-manager": partial(_handle, manage, parts),
        f"{built.name}-job-run-status": partial(_handle, record, parts),
        f"{built.name}-run-summary": partial(_handle, summarise, parts),
        f"{built.name}-take-slot": lambda event, _context: slots.take(cast("Mapping[str, Json]", event)),
    }
    states = job_handlers(built, parts.registry, _log_in(folder), injections, starter)
    return asl_toolkit.Services({}, functions=functions, states={**states, ITERATE: partial(_object, parts.objects)})


def job_handlers(
    built: MachineDefinition,
    registry: Registry,
    log_of: Callable[[Mapping[str, Json]], Path],
    injections: Injections,
    starter: JobStarter,
) -> dict[str, asl_toolkit.Handler]:
    """The handlers of all Tasks of the machine's branches, by state: a process per job, with its output in `log_of(item)`."""
    states = dict[str, asl_toolkit.Handler]()
    for branch in built.branches:
        installed = registry.job_types[branch.job_type]
        jobs = JobProcesses(installed, log_of=log_of, injections=injections, starter=starter)
        states |= dict.fromkeys(branch.names, OtherTask(installed, jobs, injections))
        states[branch.job_state] = jobs
    return states


def _log_in(folder: ExecutionFolder) -> Callable[[Mapping[str, Json]], Path]:
    return lambda item: folder.job_log(str(item["table"]), cast("int", item["attempt"]))


def require_served(machine: asl_toolkit.StateMachine, built: MachineDefinition) -> None:
    """Raise ExtractError if a state outside the branches calls a service: a plugin's hook added it."""
    calls = asl_toolkit.Services(
        {}, functions=dict.fromkeys(built.functions, _nothing), states=dict.fromkeys(_served(built), _nothing)
    )
    missing = calls.missing(machine.model)
    if missing:
        raise ExtractError(
            f"the state machine cannot run on one machine: {'; '.join(finding.message for finding in missing)}. A plugin's hook "
            "extract_state_machine added it: run this machine on AWS, or block the plugin (EXTRACT_DISABLE_PLUGINS)"
        )


def _served(built: MachineDefinition) -> list[str]:
    return [ITERATE, *(name for branch in built.branches for name in branch.names)]


def _nothing(*_: object) -> None:
    """Stands for a handler that is not called."""


def _object(objects: ObjectStore, request: asl_toolkit.TaskRequest) -> Any:  # Any: a path is a handler's answer, but not JSON
    """What the ItemReader and the ResultWriter of the Map ask of S3."""
    parameters: Any = request.parameters
    uri = uri_of(parameters["Bucket"], parameters["Key"])
    if request.action == "getObject":
        path = file_path(uri)
        if not path.is_file():
            raise asl_toolkit.TaskFailed("S3.NoSuchKeyException", f"there is no object at {uri!r}")
        return {"Body": path}
    try:
        objects.write(uri, parameters["Body"].encode())
    except ObjectError as error:
        raise asl_toolkit.TaskFailed("S3.S3Exception", str(error)) from error
    return {}


def _handle(
    work: Callable[[Parts, Mapping[str, Json]], Mapping[str, Json]], parts: Parts, event: object, _context: object
) -> Mapping[str, Json]:
    """Call a handler's work as Lambda would call its entry point."""
    return work(parts, cast("Mapping[str, Json]", event))
