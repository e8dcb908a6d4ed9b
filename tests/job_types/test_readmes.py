"""The documents of the built-in job types: every setting stands in them, and their examples are valid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

PLUGINS = Path(__file__).parents[2] / "plugins"


@pytest.fixture
def readme(installed):
    name = installed.job_type.name
    place = PLUGINS / name / "README.md"
    if name == "batch":
        place = PLUGINS.parent / "examples" / "extract-batch" / "README.md"
    elif name.startswith("emr_"):
        place = PLUGINS / "emr" / f"{name}.md"
    return place.read_text()


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def table_of(text, heading):
    """The first column of the table below a heading."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_every_setting_is_listed_in_its_order(installed, readme):
    assert table_of(readme, "Settings of a table") == list(installed.job_type.settings().model_fields)
    assert table_of(readme, "Deployment") == list(installed.job_type.deployment().model_fields)


def test_deployment_example_is_valid(installed, readme):
    example = next(block for block in blocks(readme, "toml") if f"[job_types.{installed.job_type.name}]" in block)
    assert installed.job_type.deployment().model_validate(tomllib.loads(example)["job_types"][installed.job_type.name])


def test_config_example_is_valid(installed, readme):
    (example,) = blocks(readme, "yaml")
    extract = yaml.safe_load(example)["extract"]
    model = installed.job_type.settings()
    defaults = extract.get("default_arguments", {}) | extract["job_types"][installed.job_type.name]
    for table in extract["tables"].values():
        assert model.model_validate(defaults | table)


def test_defaults_are_the_models(installed, readme):
    for name, field in installed.job_type.settings().model_fields.items():
        stated = re.search(rf"^\| `{name}` \| `([^`]+)` \|", readme, re.MULTILINE)
        if stated:
            assert stated[1] == str(field.default) or field.default is None, name
        else:
            assert field.default in (None, ()), name
