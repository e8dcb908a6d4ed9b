"""The Lambda functions of a machine: those of the core, and those that its job types bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asl_generator.deployments.place import named
from asl_generator.errors import calling
from asl_generator.machine.core_states import HANDLERS, RECONCILE_FUNCTION

if TYPE_CHECKING:
    from asl_generator.machine.definition import MachineDefinition
    from extract_core.contract import LambdaFunction
    from extract_core.registry.installed import Registry


def own_functions(machine: MachineDefinition, registry: Registry) -> list[LambdaFunction]:
    """The functions of the machine's job types, by job type and name. GeneratorError if a plugin fails."""
    functions = []
    for name in machine.job_types:
        installed = registry.job_types[name]
        with calling(named(installed), "functions()"):
            functions += sorted(installed.job_type.functions(), key=lambda function: function.name)
    return functions


def handlers_of(machine: MachineDefinition, registry: Registry) -> dict[str, str]:
    """The Handler of each function, by the function's name: those of the core, then those of the job types."""
    own = {f"{machine.name}-{function.name}": handler_of(function) for function in own_functions(machine, registry)}
    return {**machine.functions, f"{machine.name}-{RECONCILE_FUNCTION}": HANDLERS[RECONCILE_FUNCTION], **own}


def handler_of(function: LambdaFunction) -> str:
    """The Handler as Lambda reads it, with a dot: ``package.module.function``."""
    return function.handler.replace(":", ".")
