"""The last steps of a build: hooks, order of keys, size, and the check of the Amazon States Language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from asl_generator.errors import GeneratorError
from asl_generator.machine.json_text import ordered, plain, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asl_generator.branches.assemble import MachineBranch
    from extract_core.contract import Json
    from extract_core.registry.installed import Registry

MAX_DEFINITION: Final = 1_048_576
"""Bytes of a definition (botocore, stepfunctions: Definition, max 1048576)."""


def finished(definition: dict[str, Json], branches: Iterable[MachineBranch], registry: Registry) -> dict[str, Json]:
    """The definition after the hooks extract_state_machine, with ordered keys. It is checked before and after the hooks.

    `definition` is plain JSON. Raises GeneratorError, and PluginError for a hook.
    """
    built = _checked(definition, branches, "the definition")
    changed = registry.state_machine(built)
    if changed is built:
        return built
    what = "the definition that the hooks extract_state_machine returned"
    try:
        return _checked(plain(changed), branches, what)
    except ValueError as error:
        raise GeneratorError([f"{what}: {error}"]) from error


def _checked(definition: Json, branches: Iterable[MachineBranch], what: str) -> dict[str, Json]:
    done = cast("dict[str, Json]", ordered(definition))  # a definition is an object
    size = len(text(done, indent=None).encode())
    if size > MAX_DEFINITION:
        limit = f"{MAX_DEFINITION:,}"
        raise GeneratorError([f"{what} has {size:,} bytes, but Step Functions allows {limit}: use fewer job types"])
    check_language(done, branches, what)
    return done


def check_language(definition: dict[str, Json], branches: Iterable[MachineBranch], what: str) -> None:
    """Check fields, paths, expressions and targets, as Step Functions does when a machine is created."""
    from asl_toolkit import DefinitionError, load

    try:
        load(definition)
    except DefinitionError as error:
        owners = {name: branch for branch in branches for name in branch.names}
        faults = []
        for finding in error.findings:
            steps = [step.replace("~1", "/").replace("~0", "~") for step in finding.pointer.split("/")]
            owner = next((owners[step] for step in steps if step in owners), None)
            source = f"job type {owner.job_type!r} ({owner.provider})" if owner else what
            faults.append(f"{source}: {finding.brief}")
        raise GeneratorError(faults) from error
