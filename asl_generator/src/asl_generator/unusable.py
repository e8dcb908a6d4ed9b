"""The installed job types that cannot be built into a machine, and why. A run on one machine leaves them out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from asl_generator.branches.assemble import MachineBranch, assemble
from asl_generator.build import build_pipeline
from asl_generator.deployments.check import deployment_of
from asl_generator.deployments.place import Place, named
from asl_generator.errors import GeneratorError
from asl_generator.machine.finish import check_language
from asl_generator.permissions.of_plugins import diagnose_statements_of, function_statements_of, statements_of, stop_statements_of
from extract_core.errors import ConfigError, PluginError
from extract_core.registry.routing import HANDLE_STATUS

if TYPE_CHECKING:
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.entry_points import Provider
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import InstalledJobType

_HOOK: Final = "extract_state_machine"


def unusable(pipeline: Pipeline, registry: Registry) -> dict[str, str]:
    """The job types that `build_pipeline` refuses because of their plugins, sorted, each with the cause and the remedy.

    A section of extract.toml that a model refuses is not the plugin's fault, so it is not in the result. If several job types use
    the same state name, the one whose title is its name keeps it (``glue``, Glue). If none or several match, all are left out.
    """
    place = Place(pipeline.name, pipeline.partition, pipeline.region, pipeline.account, pipeline.machine.map)
    causes, branches = dict[str, str](), list[MachineBranch]()
    for name, installed in registry.job_types.items():
        try:
            branch = _assembled(place, installed, pipeline)
        except GeneratorError as error:
            faults = "; ".join(fault.removeprefix(f"{named(installed)}: ") for fault in error.faults)
            causes[name] = f"its job type {name!r} cannot be built into the machine: {faults}; {_remedy(name)}"
            continue
        branches += [branch] if branch is not None else []
    causes |= _shared_names(registry, branches)
    return dict(sorted(causes.items()))


def unusable_hooks(pipeline: Pipeline, registry: Registry) -> dict[Provider, str]:
    """The plugins whose hook extract_state_machine fails, or returns what cannot be a state machine, each with the cause."""
    calls = registry.hook_calls.get(_HOOK, ())
    try:
        if calls:
            build_pipeline(pipeline, replace(registry, hook_calls={}))
    except (ConfigError, GeneratorError):  # the hooks are not the reason
        return {}
    causes: dict[Provider, str] = {}
    for provider, call in calls:
        try:
            build_pipeline(pipeline, replace(registry, hook_calls={_HOOK: ((provider, call),)}))
        except (GeneratorError, PluginError) as error:
            causes[provider] = str(error).removeprefix(f"{provider}: ")
    return causes


def _assembled(place: Place, installed: InstalledJobType, pipeline: Pipeline) -> MachineBranch | None:
    """Its branch; None without a deployment. GeneratorError with the faults."""
    deployment = deployment_of(installed, pipeline.job_types.get(installed.job_type.name))
    if deployment is None:
        return None
    placed = place.put(installed, deployment)
    branch = assemble(placed)
    alone: dict[str, Json] = {**branch.states, HANDLE_STATUS: {"Type": "Pass", "End": True}}
    check_language({"StartAt": branch.start, "States": alone}, [branch], "the branch")
    statements_of(placed, branch)
    for statements in (diagnose_statements_of, stop_statements_of, function_statements_of):
        statements(placed)
    return branch


def _shared_names(registry: Registry, branches: list[MachineBranch]) -> dict[str, str]:
    owners = defaultdict[str, list[str]](list)
    for branch in branches:
        for state in branch.names:
            owners[state].append(branch.job_type)
    causes = dict[str, str]()
    for state, names in owners.items():
        matching = [name for name in names if _title_matches(name, registry.job_types[name].job_type.title)]
        keeper = matching[0] if len(matching) == 1 else None
        for name in names if len(names) > 1 else ():
            if name != keeper:
                others = ", ".join(named(registry.job_types[other]) for other in names if other != name)
                problem = f"its state {state!r} is also one of {others}: rename one of the titles"
                causes.setdefault(name, f"its job type {name!r} cannot be built into the machine: {problem}")
    return causes


def _title_matches(name: str, title: str) -> bool:
    return name == title.lower().replace(" ", "_")


def _remedy(name: str) -> str:
    return f"fix or uninstall it; for details: extract plugins check {name}"
