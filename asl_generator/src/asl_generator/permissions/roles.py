"""The roles of a deployed pipeline and everything that each may do, with the reason for each grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.machine.core_states import RECONCILE_FUNCTION, TAKE_SLOT_FUNCTION
from asl_generator.permissions.arns import Arns
from asl_generator.permissions.granted import granted, once
from asl_generator.permissions.of_functions import FUNCTIONS, of_every_function, of_function, of_slots
from asl_generator.permissions.of_machine import of_service
from asl_generator.permissions.of_people import OPERATOR, of_operator
from extract_core.pipeline.reach import require_aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl_generator.machine.definition import MachineDefinition
    from asl_generator.permissions.granted import Granted
    from extract_core.pipeline.model import Pipeline

STATE_MACHINE: Final = "state-machine"
SCHEDULER: Final = "scheduler"


def roles(pipeline: Pipeline, machine: MachineDefinition) -> Mapping[str, tuple[Granted, ...]]:
    """The grants of each role that the deployment makes, with what [deploy] and [schedules] add.

    The roles are `STATE_MACHINE`, a role per Lambda function under the function's name without the pipeline's (the core's four,
    that of the pools if there are any, then those of job types), and `SCHEDULER` if a schedule starts the machine. Raises
    UsageError if a place of the pipeline is not in AWS.
    """
    require_aws(pipeline, may_be_local=False)
    arns = arns_of(pipeline)
    grants = {STATE_MACHINE: once([*machine.statements, *of_service(arns, pipeline.deploy)])}
    of_plugins = {name.removeprefix(f"{machine.name}-"): of for name, of in machine.function_statements.items()}
    for function in FUNCTIONS:
        grants[function] = once([*of_function(function, pipeline, arns), *of_plugins.pop(function, ())])
    if pipeline.pools:
        grants[TAKE_SLOT_FUNCTION] = once(of_slots(pipeline, arns))
    for function in machine.own_functions:
        grants[function] = once([*of_every_function(function, arns, pipeline.deploy), *of_plugins.pop(function, ())])
    if pipeline.schedules:
        grants[SCHEDULER] = (
            granted(
                "a schedule of [schedules]",
                "starts the machine; its ARN stands for its versions and aliases too",
                ("states:StartExecution",),
                arns.machine,
            ),
        )
    return grants


def every_role(pipeline: Pipeline, machine: MachineDefinition) -> Mapping[str, tuple[Granted, ...]]:
    """As `roles`, and the role `OPERATOR` of whoever runs the command, which the deployment does not make."""
    stopping = machine.function_statements.get(f"{machine.name}-{RECONCILE_FUNCTION}", ())
    return {**roles(pipeline, machine), OPERATOR: once([*of_operator(pipeline, arns_of(pipeline)), *stopping])}


def arns_of(pipeline: Pipeline) -> Arns:
    """The ARNs of this pipeline's things."""
    return Arns(pipeline.partition, pipeline.region, pipeline.account, pipeline.name)
