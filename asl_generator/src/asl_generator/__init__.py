"""Builds the state machine of extract from the installed job types. It is used at build time only, never in AWS."""

from asl_generator.branches.assemble import MachineBranch
from asl_generator.build import build, build_pipeline
from asl_generator.errors import GeneratorError
from asl_generator.machine.core_states import CORE_FUNCTIONS
from asl_generator.machine.definition import MachineDefinition
from asl_generator.unusable import unusable, unusable_hooks

__all__ = [
    "CORE_FUNCTIONS",
    "GeneratorError",
    "MachineBranch",
    "MachineDefinition",
    "build",
    "build_pipeline",
    "unusable",
    "unusable_hooks",
]
