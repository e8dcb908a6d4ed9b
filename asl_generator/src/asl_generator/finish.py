"""The last steps of a build: hooks, order, size, and the check that it is Amazon States Language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from asl_generator.errors import GeneratorError
from asl_generator.json_text import ordered, plain, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asl_generator.branches import MachineBranch
    from extract_core.contract import Json
    from extract_core.registry.installed import Registry

MAX_DEFINITION: Final = 1_048_576
"""Bytes of a definition (botocore, stepfunctions: Definition, max 1048576)."""


def finished(definition: Mapping[str, Json], branches: Iterable[MachineBranch], registry: Registry) -> dict[str, Json]:
    """The definition as the hooks extract_state_machine leave it, in order and checked, before them and after.

    Raises GeneratorError, and PluginError for a hook.
    """
    built = _checked(definition, branches, "the definition")
    changed = registry.state_machine(built)
    return built if changed is built else _checked(changed, branches, "the definition that the hooks extract_state_machine left")


def _checked(definition: Mapping[str, Json], branches: Iterable[MachineBranch], what: str) -> dict[str, Json]:
    try:
        done = cast("dict[str, Json]", ordered(plain(definition)))  # as the definition is
    except ValueError as error:
        raise GeneratorError([f"{what}: {error}"]) from error
    size = len(text(done, indent=None).encode())
    if size > MAX_DEFINITION:
        limit = f"{MAX_DEFINITION:,}"
        raise GeneratorError([f"{what} has {size:,} bytes, and Step Functions takes {limit}: build it with fewer job types"])
    _check_language(done, branches, what)
    return done


def _check_language(definition: dict[str, Json], branches: Iterable[MachineBranch], what: str) -> None:
    """Fields, paths, expressions and targets, as Step Functions checks them when a machine is created."""
    from asl_toolkit import DefinitionError, load

    try:
        load(definition)
    except DefinitionError as error:
        owners = {name: branch for branch in branches for name in branch.names}
        faults = []
        for finding in error.findings:
            steps = [step.replace("~1", "/").replace("~0", "~") for step in finding.pointer.split("/")]
            owner = next((owners[step] for step in steps if step in owners), None)
            whose = f"job type {owner.job_type!r} ({owner.provider})" if owner else what
            faults.append(f"{whose}: {finding.brief}")
        raise GeneratorError(faults) from error
