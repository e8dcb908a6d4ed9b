"""The facts of the machine that a plan is for, from extract.toml: the same that the generator writes into the deployed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.contract import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.model import MachineOptions, Pipeline
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType


def machine_facts(pipeline: Pipeline, registry: Registry) -> dict[str, Json]:
    """The facts that a machine built from this extract.toml and these plugins passes to the config manager.

    A job type without a section is included only if its deployment needs no key. A faulty section stays as it is written: each
    table that uses it gets a plan error.
    """
    job_types: dict[str, Json] = {}
    for name, installed in registry.job_types.items():
        section = pipeline.job_types.get(name)
        deployment = _deployment(installed.job_type, section or {})
        if deployment is not None:
            job_types[name] = deployment
        elif section is not None:
            job_types[name] = section
    return {
        "name": pipeline.name,
        "map": pipeline.machine.map,
        "max_concurrency": pipeline.machine.max_concurrency,
        "retry_loop": pipeline.machine.retries,
        "contract": list(API_VERSION),
        "versions": registry.versions(),
        "job_types": job_types,
        **share_facts(pipeline.machine),
        **pool_facts(pipeline.pools, pipeline.job_type_pools),
    }


def share_facts(options: MachineOptions) -> dict[str, Json]:
    """How tables share jobs. A machine whose tables have a job each, or that has no retry loop, has nothing of it."""
    if not options.share or not options.retries:
        return {}
    return {"share": {"tables": options.share_tables, "seconds": options.share_minutes * 60}}


def pool_facts(sizes: Mapping[str, int], of_job_types: Mapping[str, str]) -> dict[str, Json]:
    """What the config manager needs of the pools. A machine without pools has nothing of them."""
    return {"pools": dict(sizes), "job_type_pools": dict(of_job_types)} if sizes else {}


def _deployment(job_type: AnyJobType, section: Mapping[str, Json]) -> dict[str, Json] | None:
    """The section as its model reads it, with defaults; None if the model refuses it."""
    try:
        deployment: dict[str, Json] = (
            job_type.deployment().model_validate(dict(section)).model_dump(mode="json", exclude_none=True, by_alias=True)
        )
    except Exception:  # noqa: BLE001 - a plugin's own code, or a faulty section: `TypeInUse.open` says what is wrong with it
        return None
    return deployment
