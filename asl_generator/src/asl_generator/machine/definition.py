"""The result of the generator: a definition, its branches, and the permissions that it needs."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from asl_generator.machine.json_text import text
from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl_generator.branches.assemble import MachineBranch
    from asl_generator.permissions.granted import Granted
    from extract_core.contract import Json, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDefinition:
    """A state machine, ready to be created.

    `branches` are sorted by job type. `functions` maps the names of the core's Lambda functions to their handlers. `statements`
    are what its states need in the machine's role. `function_statements` are what job types need in the roles of functions, by
    function: the core's that call `diagnose` and `stop`, and the job types' own. `asl_generator.permissions.roles` adds what
    the core needs itself. `own_functions` are the names of the job types' functions, without the machine's name.
    `infrastructure` maps logical ids to the resources that job types add to the stack. `left_out` maps installed job types
    without a branch to the reason. `plugins` are the sections [plugins.<name>] of the pipeline.
    """

    name: str
    definition: dict[str, Json]
    branches: tuple[MachineBranch, ...]
    functions: Mapping[str, str]
    statements: tuple[Granted, ...]
    function_statements: Mapping[str, tuple[Granted, ...]] = field(default_factory=dict)
    own_functions: tuple[str, ...] = ()
    infrastructure: Mapping[str, Resource] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    plugins: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    @property
    def job_types(self) -> tuple[str, ...]:
        """The job types that have a branch, sorted."""
        return tuple(branch.job_type for branch in self.branches)

    def to_json(self) -> str:
        """The definition with an indent of two and a line end: the same input gives the same bytes."""
        return text(self.definition) + "\n"
