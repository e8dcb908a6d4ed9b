"""Assembles the state machine of extract from the installed job types. Build time only: nothing of it runs in AWS."""

from asl_generator.branches import MachineBranch
from asl_generator.build import build, build_pipeline
from asl_generator.core_states import CORE_FUNCTIONS
from asl_generator.errors import GeneratorError
from asl_generator.machine import MachineDefinition
from asl_generator.usable import unusable

__all__ = [
    "CORE_FUNCTIONS",
    "GeneratorError",
    "MachineBranch",
    "MachineDefinition",
    "build",
    "build_pipeline",
    "unusable",
]
