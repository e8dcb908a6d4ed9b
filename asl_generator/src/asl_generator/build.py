"""Builds the state machine of the installed job types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from asl_generator.branches import MachineBranch, assemble, whom
from asl_generator.core_states import CORE_FUNCTIONS, core_states
from asl_generator.deployments import Complain, check_deployments, in_extract_toml
from asl_generator.errors import GeneratorError, asked
from asl_generator.json_text import MAX_DEFINITION, ordered, plain, text
from asl_generator.machine import MachineDefinition
from extract_core import routing
from extract_core.contract import API_VERSION, Target

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_core.pipeline import Pipeline
    from extract_core.registry import InstalledJobType, Registry

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_MAX_INLINE: Final = 40
"""Iterations of an inline Map at once (Step Functions guide, "Map state processing modes")."""


def build_pipeline(pipeline: Pipeline, registry: Registry) -> MachineDefinition:
    """The machine of a pipeline: `build`, with the places of faults in its extract.toml."""
    from functools import partial

    from extract_core.pipeline import fault_at

    return build(
        registry,
        name=pipeline.name,
        partition=pipeline.partition,
        region=pipeline.region,
        account=pipeline.account,
        map=pipeline.machine.map,
        max_concurrency=pipeline.machine.max_concurrency,
        deployments=pipeline.job_types,
        complain=partial(fault_at, pipeline),
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
    map: str = "INLINE",  # noqa: A002 - as extract.toml and ASL call it
    complain: Complain = in_extract_toml,
) -> MachineDefinition:
    """The machine with one branch for each installed job type.

    `deployments` are the sections [job_types.<type>]; every installed job type needs a valid one. Raises ConfigError with
    the faults of the deployments, GeneratorError with those of the branches, PluginError for a hook extract_state_machine.
    """
    _check_options(registry, name, map, max_concurrency)
    models = check_deployments(registry, deployments, complain)
    where = _Where(name, partition, region, account)
    branches = _branches(registry, models, where)
    facts: dict[str, Json] = {
        "name": name,
        "map": "INLINE",
        "max_concurrency": max_concurrency,
        "retry_loop": False,
        "contract": list(API_VERSION),
        "versions": registry.versions(),
        "job_types": {each: _as_json(registry.job_types[each], model) for each, model in models.items()},
    }
    definition: dict[str, Json] = {
        "Comment": f"Extract pipeline {name}: {', '.join(branch.job_type for branch in branches)}",
        "StartAt": routing.CONFIG_MANAGER,
        "States": core_states(
            partition=partition,
            function_arns={function: where.function_arn(function) for function in CORE_FUNCTIONS},
            machine=facts,
            starts={branch.job_type: branch.start for branch in branches},
            branches={state: body for branch in branches for state, body in branch.states.items()},
        ),
    }
    return MachineDefinition(
        name=name,
        definition=_finished(registry.state_machine(_finished(definition))),
        branches=branches,
        functions={f"{name}-{function}": handler for function, handler in CORE_FUNCTIONS.items()},
    )


class _Where:
    """The place that the machine is built for."""

    def __init__(self, name: str, partition: str, region: str, account: str) -> None:
        self.name, self.partition, self.region, self.account = name, partition, region, account

    def function_arn(self, function: str) -> str:
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}-{function}"

    def target(self, installed: InstalledJobType, model: BaseModel) -> Target[Any]:  # Any: whichever deployment it has
        return Target(
            partition=self.partition,
            region=self.region,
            account=self.account,
            machine_name=self.name,
            map_mode="INLINE",
            deployment=model,
            function_arn=self.own_functions(installed),
        )

    def own_functions(self, installed: InstalledJobType) -> Callable[[str], str]:
        """ARNs of the functions that this job type declares, and of no others."""
        with asked(whom(installed), "functions()"):
            declared = sorted(function.name for function in installed.job_type.functions())
        if taken := sorted(set(declared) & CORE_FUNCTIONS.keys()):
            raise GeneratorError([f"{whom(installed)}: functions() has {taken[0]!r}, which is a function of the core: rename it"])

        def function_arn(name: str) -> str:
            if name not in declared:
                known = ", ".join(map(repr, declared)) or "none"
                raise GeneratorError(
                    [f"{whom(installed)}: function_arn({name!r}): functions() does not declare it; it declares {known}"]
                )
            return self.function_arn(name)

        return function_arn


def _check_options(registry: Registry, name: str, kind: str, max_concurrency: int) -> None:
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(f"the name {name!r} is not valid; wanted: letters, digits, - and _, at most 40")
    if kind.upper() != "INLINE":
        faults.append(f'map {kind!r} is not in this version; write map = "inline"')
    if not 1 <= max_concurrency <= _MAX_INLINE:
        faults.append(f"max_concurrency {max_concurrency} is not a number from 1 to {_MAX_INLINE} (the limit of an inline Map)")
    if not registry.job_types:
        broken = "; ".join(map(str, registry.broken))
        remedy = f"broken: {broken}" if broken else "install one, for example: pip install 'extract-core[glue]'"
        faults.append(f"no job type is installed, so there is nothing to build; {remedy}")
    if faults:
        raise GeneratorError(faults)


def _branches(registry: Registry, models: Mapping[str, BaseModel], where: _Where) -> tuple[MachineBranch, ...]:
    branches, faults = list[MachineBranch](), list[str]()
    for job_type, installed in registry.job_types.items():
        try:
            branches.append(assemble(installed, where.target(installed, models[job_type])))
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


def _as_json(installed: InstalledJobType, model: BaseModel) -> Json:
    """A deployment as it is baked into a payload template, where a key that ends in ``.$`` would be read as a path."""
    with asked(whom(installed), "model_dump() of its deployment"):
        dumped = plain(model.model_dump(mode="json", exclude_none=True, by_alias=True))
    if keys := _template_keys(dumped, f"job_types.{installed.job_type.name}"):
        raise GeneratorError([f"{key}: a key that ends in '.$' can't be baked into the machine: rename it" for key in keys])
    return dumped


def _template_keys(value: Json, path: str) -> list[str]:
    if isinstance(value, Mapping):
        own = [f"{path}.{key}" for key in value if key.endswith(".$")]
        return own + [found for key, each in value.items() for found in _template_keys(each, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for index, each in enumerate(value) for found in _template_keys(each, f"{path}[{index}]")]
    return []


def _finished(definition: Mapping[str, Json]) -> dict[str, Json]:
    """In its order, plain, and not too big."""
    try:
        done = ordered(plain(definition))
    except ValueError as error:
        raise GeneratorError([f"the definition that a hook extract_state_machine returned: {error}"]) from error
    size = len(text(done, indent=None).encode())
    if size > MAX_DEFINITION:
        raise GeneratorError(
            [f"the definition has {size:,} bytes and Step Functions takes {MAX_DEFINITION:,}: build it with fewer job types"]
        )
    return cast("dict[str, Json]", done)  # as the definition is
