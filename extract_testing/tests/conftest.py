"""Sample plugins to test the kit with: modules that other processes can import by name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from extract_testing import CHECKS, ContractBroken, NotChecked, Subject

HERE = Path(__file__).parent
sys.path += [str(HERE / "site"), str(HERE)]  # test modules import plugins, and the faulty ones, when they are collected

SLOW = {"imports_stay_light", "status_never_raises", "status_reports_no_false_success"}
"""They start a process or generate hundreds of outcomes, so they run only where a test needs them."""


@pytest.fixture
def broken_by():
    """The message of every check that a job type breaks, by name, and the reason of every skipped check."""

    def broken(job_type, deployment=None, settings_examples=({}, {"vcpus": 4}), *, also=(), **more):
        subject = Subject(job_type, {"queue": "night"} if deployment is None else deployment, settings_examples, **more)
        faults, left_out = {}, {}
        for check in CHECKS:
            if check.name in SLOW - {*also}:
                continue
            try:
                check(subject)
            except ContractBroken as fault:
                faults[check.name] = str(fault)
            except NotChecked as reason:
                left_out[check.name] = str(reason)
        return faults, left_out

    return broken


@pytest.fixture(scope="session")
def drum():
    """A job type without breaches."""
    return importlib.import_module("acme_drum").Drum()
