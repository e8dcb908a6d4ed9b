"""Sample plugins to test the kit with: modules that other processes can import by name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from extract_testing import CHECKS, ContractBroken, NotChecked, Subject

HERE = Path(__file__).parent
sys.path += [str(HERE / "site"), str(HERE)]  # test modules import plugins, and the faulty ones, when they are collected
acme_drum = importlib.import_module("acme_drum")
groups = importlib.import_module("check_groups")


@pytest.fixture
def broken_by():
    """The message of every check that a job type breaks, by name, and the reason of every skipped check."""

    def broken(job_type, deployment=None, settings_examples=({}, {"vcpus": 4}), *, also=(), **more):
        subject = Subject(job_type, {"queue": "night"} if deployment is None else deployment, settings_examples, **more)
        faults, left_out = {}, {}
        for check in CHECKS:
            if check.name in (groups.SLOW | groups.OF_WHOLE_PLUGINS) - {*also}:
                continue
            try:
                check(subject)
            except ContractBroken as fault:
                faults[check.name] = str(fault)
            except NotChecked as reason:
                left_out[check.name] = str(reason)
        return faults, left_out

    return broken


@pytest.fixture
def passes():
    """Runs a check on a right job type, whose module of hooks is not known."""

    def passed(check, subject):
        if check.name == "hooks_work_for_every_table":
            with pytest.raises(NotChecked, match="module of the plugin is not known"):
                check(subject)
        else:
            assert check(subject) is None

    return passed


@pytest.fixture(scope="session")
def drum():
    """A job type without breaches."""
    return acme_drum.Drum()
