"""Plugins of other people to try the kit on: modules in a folder of their own, importable by name, also in another process."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from extract_testing import CHECKS, ContractBroken, NotChecked, Subject

HERE = Path(__file__).parent
sys.path.append(str(HERE / "site"))  # test modules import these plugins when they are collected

SLOW = {"imports_stay_light", "status_is_total", "status_is_honest"}
"""A process of its own, hundreds of made-up outcomes: asked where they matter."""


@pytest.fixture
def broken_by():
    """Every check that a job type breaks, by name, with the whole message; and why others were left out."""

    def broken(job_type, deployment=None, settings_examples=({}, {"vcpus": 4}), *, also=(), **more):
        subject = Subject(job_type, {"queue": "night"} if deployment is None else deployment, settings_examples, **more)
        faults, left_out = {}, {}
        for check in CHECKS:
            if check.__name__ in SLOW - {*also}:
                continue
            try:
                check(subject)
            except ContractBroken as fault:
                faults[check.__name__] = str(fault)
            except NotChecked as reason:
                left_out[check.__name__] = str(reason)
        return faults, left_out

    return broken


@pytest.fixture(scope="session")
def drum():
    """A job type that keeps the whole contract."""
    return importlib.import_module("acme_drum").Drum()
