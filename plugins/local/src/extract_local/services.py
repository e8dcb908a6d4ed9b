"""What the interpreter calls on this machine: the core's functions, and a process per job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import asl_toolkit
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.status.record import record
from extract_local.jobs.processes import JobProcesses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asl_generator import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_local.executions.folder import ExecutionFolder
    from extract_local.jobs.injection import Injections
    from extract_local.jobs.starting import JobStarter


def services_of(
    built: MachineDefinition, parts: Parts, folder: ExecutionFolder, injections: Injections, starter: JobStarter
) -> asl_toolkit.Services:
    """The handlers of the machine's Lambda functions, and of the job states of its branches."""
    functions: dict[str, Callable[[object, object], object]] = {
        f"{built.name}-config-manager": partial(_handle, manage, parts),
        f"{built.name}-job-run-status": partial(_handle, record, parts),
        f"{built.name}-run-summary": partial(_handle, summarise, parts),
    }
    states = {
        branch.job_state: JobProcesses(
            parts.registry.job_types[branch.job_type],
            log_folder=folder.jobs,
            injections=injections,
            starter=starter,
        )
        for branch in built.branches
    }
    return asl_toolkit.Services({}, functions=functions, states=states)


def _handle(
    work: Callable[[Parts, Mapping[str, Json]], Mapping[str, Json]], parts: Parts, event: object, _context: object
) -> Mapping[str, Json]:
    """Call a handler's work as Lambda would call its entry point."""
    return work(parts, cast("Mapping[str, Json]", event))
