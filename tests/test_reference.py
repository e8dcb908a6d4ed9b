"""The pages of the reference that a tool makes are what the code says; `pytest --update-golden` writes them."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from runpy import run_path

import pytest

from extract_core.pipeline.deploy import DeployOptions, Schedule
from extract_core.pipeline.keys import DEPLOY, MACHINE, PIPELINE, SCHEDULE
from extract_core.pipeline.model import MachineOptions
from extract_core.pipeline.read import read_pipeline

TOOL = run_path(str(Path(__file__).resolve().parents[1] / "tools" / "reference_pages.py"))


@pytest.mark.parametrize("page", TOOL["PAGES"], ids=lambda page: page.stem)
def test_the_page_is_made_of_the_code(golden, monkeypatch, page):
    monkeypatch.setenv("NO_COLOR", "1")
    golden(page, TOOL["PAGES"][page]())


@pytest.mark.parametrize(
    ("known", "model"),
    [(MACHINE, MachineOptions), (DEPLOY, DeployOptions), (SCHEDULE, Schedule)],
    ids=["machine", "deploy", "schedule"],
)
def test_the_reference_has_every_key_that_is_read(known, model):
    assert set(known) == {field.name for field in fields(model)}


def test_the_defaults_of_the_reference_are_those_that_are_read(tmp_path):
    """A file that sets each key to its default is the same pipeline as an empty file."""
    file = tmp_path / "extract.toml"
    file.write_text("")
    empty = read_pipeline(file)
    sections = {"pipeline": PIPELINE, "machine": MACHINE, "deploy": DEPLOY}
    lines = [
        line
        for section, known in sections.items()
        for line in (f"[{section}]", *(f"{name} = {key.default}" for name, key in known.items() if key.default is not None))
    ]
    file.write_text("\n".join(lines))
    assert read_pipeline(file) == empty
    assert len(tomllib.loads(file.read_text())["deploy"]) > 5
