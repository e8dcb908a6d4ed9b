"""The tool that builds a release compares every file with the tag."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

TOOL = runpy.run_path(str(Path(__file__).resolve().parents[1] / "tools" / "build.py"))
WHEEL, SDIST = "extract_glue-0.1.0-py3-none-any.whl", "extract_glue-0.1.0.tar.gz"


@pytest.mark.parametrize(
    ("tag", "files", "finding"),
    [
        ("v0.1.0", [WHEEL, SDIST], None),
        (
            "v0.1.0",
            [WHEEL, "asl_toolkit-0.2.0.tar.gz"],
            "the tag is 'v0.1.0', but these files have another version: asl_toolkit-0.2.0.tar.gz",
        ),
        ("0.1.0", [SDIST], f"the tag is '0.1.0', but these files have another version: {SDIST}"),
        ("v0.1.0", [], "nothing was built"),
    ],
)
def test_a_release_has_the_version_of_its_tag(tag, files, finding):
    assert TOOL["finding"](tag, files) == finding
