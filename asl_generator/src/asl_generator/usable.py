"""Which installed job types no machine can be built with, and why: for a run on one machine, which leaves just those out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from asl_generator.branches import MachineBranch, assemble
from asl_generator.deployments import deployment_of
from asl_generator.errors import GeneratorError
from asl_generator.permissions import diagnose_statements_of, function_statements_of, statements_of, stop_statements_of
from asl_generator.place import Place, whom

if TYPE_CHECKING:
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import InstalledJobType


def unusable(pipeline: Pipeline, registry: Registry) -> dict[str, str]:
    """The job types that `build_pipeline` would refuse for their plugins' faults, sorted, each with the cause and what to do.

    A section of extract.toml that a model refuses is its writer's fault, and none of these. Of several job types with the same
    state name the one keeps it whose own name its title is (``glue``, Glue); where that is none or more than one, nobody does.
    """
    place = Place(pipeline.name, pipeline.partition, pipeline.region, pipeline.account)
    causes, branches = dict[str, str](), list[MachineBranch]()
    for name, installed in registry.job_types.items():
        try:
            branch = _tried(place, installed, pipeline)
        except GeneratorError as error:
            said = "; ".join(fault.removeprefix(f"{whom(installed)}: ") for fault in error.faults)
            causes[name] = f"its job type {name!r} can't be built into the machine: {said}; {_remedy(name)}"
            continue
        branches += [branch] if branch is not None else []
    causes |= _shared_names(registry, branches)
    return dict(sorted(causes.items()))


def _tried(place: Place, installed: InstalledJobType, pipeline: Pipeline) -> MachineBranch | None:
    """Its branch; None without a deployment. GeneratorError with what is wrong."""
    deployment = deployment_of(installed, pipeline.job_types.get(installed.job_type.name))
    if deployment is None:
        return None
    asked = place.ask(installed, deployment)
    branch = assemble(asked)
    for ask in (statements_of, diagnose_statements_of, stop_statements_of, function_statements_of):
        ask(asked)
    return branch


def _shared_names(registry: Registry, branches: list[MachineBranch]) -> dict[str, str]:
    owners = defaultdict[str, list[str]](list)
    for branch in branches:
        for state in branch.names:
            owners[state].append(branch.job_type)
    causes = dict[str, str]()
    for state, names in owners.items():
        rightful = [name for name in names if _is_named_so(name, registry.job_types[name].job_type.title)]
        keeps = rightful[0] if len(rightful) == 1 else None
        for name in names if len(names) > 1 else ():
            if name != keeps:
                others = ", ".join(whom(registry.job_types[other]) for other in names if other != name)
                problem = f"its state {state!r} is also one of {others}: rename one of the titles"
                causes.setdefault(name, f"its job type {name!r} can't be built into the machine: {problem}")
    return causes


def _is_named_so(name: str, title: str) -> bool:
    return name == title.lower().replace(" ", "_")


def _remedy(name: str) -> str:
    return f"mend or uninstall it; more is told by: extract plugins check {name}"
