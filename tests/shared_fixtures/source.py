"""Job types of the tests' own, a machine that was built with them, and one way from YAML text to a plan."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, ConfigDict, Field

from extract_core.config.read import read_source_config
from extract_core.contract import API_VERSION, JobState, JobStatus, JobType
from extract_core.plan.event import read_event
from extract_core.plan.places import Attempt, Places
from extract_core.plan.run_context import Committed, RunContext
from extract_core.plan.select import select_tables
from extract_core.plan.source_planner import stream_tables
from extract_core.registry.installed import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from extract_core.plan.line import PlannedTable


class LoomSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    worker_no: int = Field(default=2, ge=1)
    worker_type: str = "small"
    timeout_minutes: int = Field(default=60, ge=1)


class LoomDeployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    job_name: str


class Loom(JobType[LoomSettings, LoomDeployment]):
    """Has a default for everything."""

    name, title, api_version = "loom", "Loom", API_VERSION[0]

    def settings(self):
        return LoomSettings

    def deployment(self):
        return LoomDeployment

    def branch(self, target):
        raise AssertionError("planning needs no branch")

    def arguments(self, table, settings):
        return {
            "job_name": table.deployment.job_name,
            "worker_no": settings.worker_no,
            "worker_type": settings.worker_type,
            "job_arguments": dict(table.job_arguments),
        }

    def status(self, outcome):
        return JobStatus(state=JobState.UNKNOWN)

    def timeout(self, settings):
        return settings.timeout_minutes * 60


class SpindleSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cluster: str
    memory: int = Field(default=512, ge=128)
    script_name: str = "spin.py"


class Spindle(Loom):
    """Needs a setting, and refuses a cluster that is not the deployment's."""

    name, title = "spindle", "Spindle"

    def settings(self):
        return SpindleSettings

    def arguments(self, table, settings):
        if settings.cluster != table.deployment.job_name:
            raise ValueError(f"cluster {settings.cluster!r} is not in the deployment ({table.deployment.job_name!r})")
        return {"cluster": settings.cluster, "script": settings.script_name, "job_arguments": dict(table.job_arguments)}

    def timeout(self, settings):
        return 3600


MACHINE = {
    "name": "extract",
    "map": "INLINE",
    "max_concurrency": 10,
    "retry_loop": False,
    "contract": [1, 0],
    "versions": {},
    "job_types": {"loom": {"job_name": "weave"}, "spindle": {"job_name": "main"}},
}
RUN = RunContext(run_id="r-1", execution_id="arn:execution:r-1", started_at="2026-03-01T06:00:00.000Z")


def committed(marks):
    """What tables continue, from their marks."""
    return {table: Committed(mark=mark) for table, mark in marks.items()}


def plan_tables(config, tables, *, run=RUN, data_uri="s3://data/", runs_uri="s3://runs/", **others):
    """The planned tables of the first attempt of a run."""
    attempt = Attempt(run=run, number=1, places=Places(data_uri=data_uri, runs_uri=runs_uri))
    return list(stream_tables(config, tables, attempt=attempt, **others))


@pytest.fixture
def registry() -> Registry:
    return Registry.of(Loom(), Spindle())


@pytest.fixture
def machine() -> dict[str, object]:
    return dict(MACHINE)


@pytest.fixture
def plan(registry) -> Callable[..., list[PlannedTable]]:
    """From YAML text to the planned tables, all of them unless said otherwise."""

    def planned(text, *, tables="*", file="sales.yml", run=RUN, marks=None, machine=MACHINE, registry=registry):
        config = read_source_config(text if isinstance(text, bytes) else dedent(text).encode(), file=file)
        event = read_event({"source": config.source, "tables": tables})
        chosen = select_tables(config, event)
        return plan_tables(config, chosen, run=run, machine=machine, registry=registry, marks=committed(marks or {}))

    return planned


@pytest.fixture
def loom_with() -> Callable[[type[BaseModel]], Loom]:
    """The job type loom with another model of settings."""

    def made(model):
        class Other(Loom):
            def settings(self):
                return model

            def timeout(self, settings):
                return 60

        return Other()

    return made
