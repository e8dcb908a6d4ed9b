"""The reference page lists every public attribute and method that SyncJob adds to JobType, with its parameters."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from extract_core import JobType, SyncJob
from extract_core.sync_job.service_job import ServiceJob
from extract_core.sync_job.words import ServiceWords

PAGE = (Path(__file__).parents[2] / "docs" / "plugins" / "sync-job.md").read_text()
ROWS = [name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)]


def added(names):
    return {name for name in names if not name.startswith("_")} - set(dir(JobType)) - set(JobType.__annotations__)


def test_every_attribute_is_described():
    described = {row for row in ROWS if "(" not in row}
    assert described == added({*SyncJob.__annotations__, *ServiceJob.__annotations__, *ServiceWords.__annotations__})


def test_every_method_is_described_with_its_parameters():
    described = {row.partition("(")[0]: row.partition("(")[2].rstrip(")") for row in ROWS if "(" in row and "." not in row}
    methods = added(
        name for name, value in {**vars(ServiceWords), **vars(ServiceJob), **vars(SyncJob)}.items() if inspect.isfunction(value)
    )
    assert set(described) - {"arguments", "start_retries"} == methods
    for name, shown in described.items():
        parameters = list(inspect.signature(getattr(SyncJob, name)).parameters)[1:]
        assert shown == ", ".join(parameters), name
