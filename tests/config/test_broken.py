"""Each file in broken/ breaks a different rule; the text beside it is all that its author is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract_core.errors import ConfigError

FILES = sorted((Path(__file__).parent / "broken").glob("*.yml"))


def findings_of(plan, path: Path) -> str:
    try:
        planned = plan(path.read_bytes(), file=path.name)
    except ConfigError as error:
        return f"refused:\n{error}\n"
    lines = [f"{table.table}: {table.plan_error or 'planned'}" for table in planned]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_author_is_told(plan, golden, path):
    golden(path.with_suffix(".txt"), findings_of(plan, path))


def test_each_breaks_a_rule(plan):
    assert [path.stem for path in FILES if set(findings_of(plan, path).split()) <= {"planned"}] == []
    assert len(FILES) >= 60
