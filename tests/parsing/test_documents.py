"""The reference page lists exactly the names of the modules for parsers, with their arguments."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

from extract_core import parsing

PAGE = (Path(__file__).parents[2] / "docs" / "plugins" / "parsing.md").read_text()


def test_the_package_has_the_documented_modules():
    assert sorted(re.findall(r"^\| \[`(\w+)`\]", PAGE, re.MULTILINE)) == parsing.__all__


@pytest.mark.parametrize("module", parsing.__all__)
def test_each_public_name_is_described_with_its_arguments(module):
    loaded = importlib.import_module(f"extract_core.parsing.{module}")
    section = re.search(rf"^## {module}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    described = [name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)]
    assert sorted(signature.partition("(")[0] for signature in described) == sorted(loaded.__all__)
    for signature in described:
        if "(" in signature:
            shown = [part.strip() for part in signature.partition("(")[2].rstrip(")").split(",")]
            assert [part.partition("=")[0] for part in shown] == [
                ("*" * {inspect.Parameter.VAR_POSITIONAL: 1, inspect.Parameter.VAR_KEYWORD: 2}.get(one.kind, 0)) + one.name
                for one in inspect.signature(getattr(loaded, signature.partition("(")[0])).parameters.values()
            ]
