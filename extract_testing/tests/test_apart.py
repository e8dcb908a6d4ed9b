"""The two processes in which the kit calls a plugin end, whatever the first one reports."""

from __future__ import annotations

import subprocess

import acme_drum
import pytest

from extract_core.registry.values import FrozenPlugin
from extract_testing import NotChecked, Subject
from extract_testing.apart import process


def test_both_processes_end_if_the_first_cannot_import_the_plugin(monkeypatch):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            started.append(self)

    monkeypatch.setattr(process.subprocess, "Popen", Recorded)
    subject = Subject(acme_drum.Drum(), {"queue": "night"}, [{}], plugin=FrozenPlugin("acme", "acme_nowhere", "acme", "1.0"))
    with pytest.raises(NotChecked, match="cannot be imported by name in another process"):
        process.reports_of(subject)
    assert [child.returncode is not None for child in started] == [True, True]
