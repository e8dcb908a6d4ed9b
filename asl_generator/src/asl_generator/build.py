"""Builds the state machine of the installed job types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from asl_generator.branches.assemble import MachineBranch, assemble
from asl_generator.deployments.check import Complain, check_deployments, in_extract_toml
from asl_generator.deployments.infrastructure import infrastructure_of, stack_of
from asl_generator.deployments.place import Place, PlacedJobType
from asl_generator.errors import GeneratorError
from asl_generator.machine.core_states import (
    CORE_FUNCTIONS,
    POOL_FUNCTIONS,
    RECONCILE_FUNCTION,
    STATUS_FUNCTION,
    SUMMARY_FUNCTION,
    core_states,
)
from asl_generator.machine.definition import MachineDefinition
from asl_generator.machine.finish import finished
from asl_generator.permissions.arns import Arns
from asl_generator.permissions.granted import Granted, once
from asl_generator.permissions.of_machine import invocations, map_run
from asl_generator.permissions.of_plugins import (
    diagnose_statements_of,
    function_statements_of,
    hook_statements_of,
    statements_of,
    stop_statements_of,
)
from extract_core.contract import API_VERSION, Stack
from extract_core.pipeline.map_modes import concurrency_fault, map_mode
from extract_core.plan.machine import pool_facts, share_facts
from extract_core.registry import routing
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asl_generator.branches.scopes import States
    from extract_core.contract import Json
    from extract_core.pipeline.map_modes import MapMode
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def build_pipeline(pipeline: Pipeline, registry: Registry) -> MachineDefinition:
    """The machine of a pipeline. As `build`; faults have their place in extract.toml."""
    from functools import partial

    from extract_core.pipeline.toml_reading import finding_at

    return build(
        registry,
        name=pipeline.name,
        partition=pipeline.partition,
        region=pipeline.region,
        account=pipeline.account,
        runs_uri=pipeline.runs_uri,
        map=pipeline.machine.map,
        max_concurrency=pipeline.machine.max_concurrency,
        retries=pipeline.machine.retries,
        pools=pipeline.pools,
        job_type_pools=pipeline.job_type_pools,
        share=share_facts(pipeline.machine),
        deployments=pipeline.job_types,
        stack=stack_of(pipeline),
        plugins=pipeline.plugins,
        complain=partial(finding_at, pipeline),
    )


def build(  # noqa: PLR0913 - all that a machine is built from, each by name
    registry: Registry,
    *,
    name: str,
    partition: str,
    region: str,
    account: str,
    deployments: Mapping[str, Mapping[str, Json]],
    max_concurrency: int,
    runs_uri: str = "",
    retries: bool = True,
    map: str = "DISTRIBUTED",  # noqa: A002 - as extract.toml and ASL call it
    stack: Stack | None = None,
    pools: Mapping[str, int] | None = None,
    job_type_pools: Mapping[str, str] | None = None,
    share: Mapping[str, Json] | None = None,
    plugins: Mapping[str, Mapping[str, Json]] | None = None,
    complain: Complain = in_extract_toml,
) -> MachineDefinition:
    """The machine with one branch per installed job type that has a deployment.

    `deployments` are the sections [job_types.<type>]. A job type that requires a section and has none is left out. A DISTRIBUTED
    Map needs permissions for the objects below `runs_uri`; a folder of this machine needs none. Without `retries` the machine
    has no states for further attempts at a table. `pools` are the sections [pools], and `job_type_pools` the pools that sections
    of job types name: without pools the machine has no state for them. `share` is what `share_facts` gives. `plugins` are the
    sections [plugins]. The infrastructure of the job types is built on `stack`. Raises ConfigError with the faults of the
    deployments, GeneratorError with those of the branches, PluginError for a hook extract_state_machine.
    """
    registry = registry.with_settings(plugins or {})
    mode = _checked_options(registry, name, map, max_concurrency)
    checked = check_deployments(registry, deployments, complain)
    place = Place(name, partition, region, account, mode, stack or Stack())
    placed = [place.put(registry.job_types[job_type], model) for job_type, model in checked.models.items()]
    branches = _branches(placed)
    functions = {**CORE_FUNCTIONS, **(POOL_FUNCTIONS if pools else {})}
    function_arns = {function: place.function_arn(function) for function in functions}
    machine: dict[str, Json] = {
        "name": name,
        "map": mode,
        "max_concurrency": max_concurrency,
        "retry_loop": retries,
        "contract": list(API_VERSION),
        "versions": registry.versions(),
        "job_types": {of.installed.job_type.name: of.deployment_as_json() for of in placed},
        **(share or {}),
        **pool_facts(pools or {}, job_type_pools or {}),
    }
    definition: dict[str, Json] = {
        "Comment": f"Extract pipeline {name}: {', '.join(branch.job_type for branch in branches)}",
        "StartAt": routing.CONFIG_MANAGER,
        "States": core_states(
            partition=partition,
            function_arns=function_arns,
            machine=machine,
            starts={branch.job_type: branch.start for branch in branches},
            branches={state: body for branch in branches for state, body in branch.states.items()},
            mode=mode,
            retries=retries,
            pools=pools or {},
        ),
    }
    done = finished(definition, branches, registry)
    of_map = map_run(Arns(partition, region, account, name), runs_uri) if mode == "DISTRIBUTED" else ()
    of_branches = (
        granted for job_type, branch in zip(placed, branches, strict=True) for granted in statements_of(job_type, branch)
    )
    return MachineDefinition(
        name=name,
        definition=done,
        branches=branches,
        statements=once([*_invocations(done, placed), *of_map, *of_branches]),
        function_statements=_function_statements(name, placed, hook_statements_of(registry, place.target({}))),
        plugins=plugins or {},
        functions={f"{name}-{function}": handler for function, handler in functions.items()},
        own_functions=tuple(name for of in placed for name in of.function_arns),
        infrastructure=infrastructure_of(placed),
        left_out=checked.left_out,
    )


def _checked_options(registry: Registry, name: str, kind: str, max_concurrency: int) -> MapMode:
    """The mode of the Map. GeneratorError with all faults of the options."""
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(f"the name {name!r} is not valid; use at most 40 letters, digits, - and _")
    mode = map_mode(kind)
    if mode is None:
        faults.append(f'map {kind!r} is not valid; write map = "distributed" or map = "inline"')
        mode = "DISTRIBUTED"
    fault = concurrency_fault(mode, max_concurrency)
    if fault is not None:
        faults.append(f"max_concurrency {fault}")
    if not registry.job_types:
        broken = "; ".join(map(str, registry.broken))
        remedy = f"broken: {broken}" if broken else f"for example, {how_to_install('extract-sfn-glue')}"
        faults.append(f"no job type is installed, so there is nothing to build; {remedy}")
    if faults:
        raise GeneratorError(faults)
    return mode


def _branches(placed: list[PlacedJobType]) -> tuple[MachineBranch, ...]:
    branches, faults = list[MachineBranch](), list[str]()
    for job_type in placed:
        try:
            branches.append(assemble(job_type))
        except GeneratorError as error:
            faults += error.faults
    owners = dict[str, MachineBranch]()
    for branch in branches:
        for state in branch.names:
            owner = owners.setdefault(state, branch)
            if owner is not branch:
                faults.append(
                    f"state {state!r} is in two branches: job type {owner.job_type!r} ({owner.provider}) and "
                    f"job type {branch.job_type!r} ({branch.provider}); one of them must rename it"
                )
    if faults:
        raise GeneratorError(faults)
    return tuple(branches)


def _invocations(definition: Mapping[str, Json], placed: list[PlacedJobType]) -> Iterable[Granted]:
    """What the states of the finished definition invoke, those that a hook has put there among them."""
    states = cast("States", definition["States"])  # the definition was checked
    own_functions = [arn for job_type in placed for arn in job_type.function_arns.values()]
    return invocations(states, str(definition["StartAt"]), own_functions)


def _function_statements(name: str, placed: list[PlacedJobType], hooks: list[Granted]) -> dict[str, tuple[Granted, ...]]:
    """By function: the core's three that call services about jobs, and the job types' own."""
    diagnose = [statement for job_type in placed for statement in diagnose_statements_of(job_type)]
    stop = [statement for job_type in placed for statement in stop_statements_of(job_type)]
    both = [*diagnose, *stop, *hooks]
    statements = {
        f"{name}-{STATUS_FUNCTION}": [*diagnose, *hooks],
        f"{name}-{SUMMARY_FUNCTION}": both,
        f"{name}-{RECONCILE_FUNCTION}": both,
    }
    for job_type in placed:
        statements |= {f"{name}-{function}": own for function, own in function_statements_of(job_type).items()}
    return {function: once(own) for function, own in statements.items() if own}
