"""`extract plugins new --polled`, and how long a plugin is in the documents."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from extract_cli.scaffold import NewPlugin
from extract_core import PolledJob
from extract_core.registry.loading import discover
from extract_core.registry.values import FrozenPlugin

DOCS = Path(__file__).parents[3] / "docs" / "plugins"


def lines_of(source: str) -> int:
    """Lines without blank ones, comments and docstrings."""
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in docstrings
        for number, line in enumerate(source.splitlines(), start=1)
    )


@pytest.mark.parametrize(("page", "polled", "most"), [("write-a-job-type.md", False, 40), ("poll-a-service.md", True, 80)])
def test_a_whole_plugin_is_short(page, polled, most, tmp_path):
    blocks = re.findall(r"(?ms)^cat > (extract-sfn-\w+/src/\S+\.py) <<'END'\n(.*?)^END$", (DOCS / page).read_text())
    assert [Path(name).name for name, _ in blocks] == ["settings.py", "job_type.py"]
    NewPlugin("farm", "Farm", polled).write(tmp_path / "farm")
    module = (tmp_path / "farm" / "src" / "extract_farm" / "__init__.py").read_text()
    assert sum(lines_of(text) for text in (module, *(text for _, text in blocks))) <= most
    if polled:
        assert "stop_resource" in blocks[1][1]


def test_a_polled_plugin_is_loaded_and_has_the_branch_of_a_poll(tmp_path, monkeypatch):
    NewPlugin("night_farm", "Night Farm", polled=True).write(tmp_path / "farm")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "farm" / "src"), *sys.path])
    registry = discover(frozen=[FrozenPlugin("night_farm", "extract_night_farm", "extract-sfn-night-farm", "0.1.0")])
    assert not registry.broken
    job_type = registry.job_types["night_farm"].job_type
    assert isinstance(job_type, PolledJob)
    deployment = job_type.deployment().model_validate({"instance": "i-0123456789abcdef0"})
    assert job_type.request(deployment)["InstanceIds"] == ["i-0123456789abcdef0"]
    for template in (tmp_path / "farm").rglob("*"):
        assert not template.is_file() or b"{{" not in template.read_bytes()
