"""The reference page of the contract is what the docstrings say, and says something of each field and method."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path

import pytest

from extract_core import JobType, PolledJob, SyncJob, contract
from extract_core.sync_job.polling import Polling
from extract_core.sync_job.service_job import ServiceJob
from extract_core.sync_job.words import ServiceWords

ROOT = Path(__file__).parents[2]
TOOL = run_path(str(ROOT / "tools" / "contract_page.py"))
PAGE = TOOL["PAGE"].read_text()


def test_the_page_is_made_of_the_docstrings(golden):
    """`--update-golden` writes it, as `python tools/contract_page.py` does."""
    golden(TOOL["PAGE"], TOOL["page"]())


def test_each_field_and_method_says_something():
    rows = re.findall(r"^\| `(.*?)`.*\| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 150
    assert [name for name, said in rows if len(said) < len("Why. None.")] == []


@pytest.mark.parametrize("base", [JobType, ServiceWords, ServiceJob, SyncJob, Polling, PolledJob])
def test_every_public_member_is_there(base):
    members = {name for name in {*vars(base), *base.__annotations__} if not name.startswith("_")} - {"requires_contract"}
    assert [name for name in sorted(members) if f"| `{name}`" not in PAGE and f"| `{name}(" not in PAGE] == []


def test_every_value_of_the_contract_is_there():
    values = {name for name, value in vars(contract).items() if hasattr(value, "__dataclass_fields__")}
    assert [name for name in sorted(values) if f"### {name}\n" not in PAGE] == []
