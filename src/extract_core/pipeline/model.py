"""A pipeline as extract.toml describes it: names, places, the machine, the deployment of each job type."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from extract_core.dataclass import dataclass
from extract_core.pipeline.deploy import DeployOptions
from extract_core.pipeline.notify import NotifyOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extract_core.contract import Json
    from extract_core.pipeline.deploy import Schedule
    from extract_core.pipeline.map_modes import MapMode

NO_ACCOUNT: Final = "000000000000"
"""The account of an extract.toml that names none, and the placeholder that `extract init` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineOptions:
    """The section [machine]: what is fixed when the state machine is built."""

    map: MapMode = "DISTRIBUTED"
    max_concurrency: int = 10  # tables at once
    retries: bool = True  # whether the machine has the loop for further attempts at a table
    share: bool = True  # whether small tables share jobs
    share_tables: int = 50  # at most so many tables per job
    share_minutes: int = 10  # about so long per job


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The section [prices]: US dollars per unit of the bill, by job type and unit. `as_of` is its date, ISO 8601."""

    as_of: str
    usd: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One pipeline. Places are URIs (``file://``, ``s3://``) that end in a slash; `tracking` is a path or ``dynamodb://table``.

    `state_machine` is the deployed one that `extract run` starts, unless called with ``--local``.
    """

    file: Path
    name: str = "extract"
    partition: str = "aws"
    region: str = "us-east-1"
    account: str = NO_ACCOUNT
    config_uri: str
    data_uri: str
    runs_uri: str
    tracking: str
    state_machine: str | None = None  # the ARN of the deployed one
    machine: MachineOptions = field(default_factory=MachineOptions)
    job_types: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    prices: PriceList | None = None
    deploy: DeployOptions = field(default_factory=DeployOptions)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    plugins: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # the sections [plugins.<name>]
    notify: NotifyOptions = field(default_factory=NotifyOptions)
    pools: Mapping[str, int] = field(default_factory=dict)  # their sizes
    job_type_pools: Mapping[str, str] = field(default_factory=dict)  # the pool of a job type, if its section names one

    @property
    def folder(self) -> Path:
        """Where extract.toml lies: relative places, and the working directory of local jobs."""
        return self.file.parent

    @property
    def home(self) -> Path:
        """The folder with the executions of runs on this machine."""
        return self.folder / ".extract"

    @property
    def is_local(self) -> bool:
        """Whether all its places are folders and files of this machine."""
        places = (self.config_uri, self.data_uri, self.runs_uri)
        return all(place.startswith("file://") for place in places) and "://" not in self.tracking
