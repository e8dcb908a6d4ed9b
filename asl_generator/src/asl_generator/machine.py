"""What the generator makes: a definition, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asl_generator.json_text import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl_generator.branches import MachineBranch
    from extract_core.contract import Json, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDefinition:
    """A state machine, ready to be created.

    `branches` are sorted by job type; `functions` maps the names of the core's Lambda functions to their handlers;
    `statements` are what the machine's role needs, `function_statements` what the roles of Lambda functions need for the job
    types, by the functions' names: those of the core that call `diagnose` and `stop`, and the job types' own. `left_out` maps
    the installed job types without a branch to the reason.
    """

    name: str
    definition: dict[str, Json]
    branches: tuple[MachineBranch, ...]
    functions: Mapping[str, str]
    statements: tuple[Statement, ...]
    function_statements: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def job_types(self) -> tuple[str, ...]:
        """The job types that have a branch, sorted."""
        return tuple(branch.job_type for branch in self.branches)

    def to_json(self) -> str:
        """The definition with an indent of two and a line end: the same input gives the same bytes."""
        return text(self.definition) + "\n"
