"""The types of each database, as data: every line has a source, and the page in the docs shows all of them."""

from importlib import import_module
from pathlib import Path
from runpy import run_path

import pytest

from extract_job.databases.mapping import Kind, Mapping, TypeLine

TOOL = run_path(str(Path(__file__).parents[2] / "tools" / "types_page.py"))
MAPPINGS = {name: import_module(f"extract_job.databases.{name}.mapping").MAPPING for name in TOOL["_DATABASES"]}


def test_the_page_is_made_of_the_lines(golden):
    """`--update-golden` writes it, as `python tools/types_page.py` does."""
    golden(TOOL["PAGE"], TOOL["page"]())


@pytest.mark.parametrize("name", MAPPINGS)
def test_each_line_has_a_source_and_each_type_has_one_line(name):
    lines = MAPPINGS[name].lines
    assert [line.types for line in lines if not line.source.startswith("https://")] == []
    types = [kind for line in lines for kind in line.types]
    assert len(types) == len(set(types)) > 10


def test_a_name_has_precedence_over_a_pattern_and_the_first_pattern_counts():
    lines = [TypeLine(types, kind, "{}", "") for types, kind in (
        (("*INT*",), Kind.BIGINT), (("POINT",), Kind.TEXT), (("*CHAR*",), Kind.BINARY)
    )]  # fmt: skip
    mapping = Mapping(lines, TypeLine((), Kind.DOUBLE, "{}", ""), "{}")
    assert [mapping.line(base).kind for base in ("POINT", "TINYINT", "CHARINT", "X")] == [
        Kind.TEXT, Kind.BIGINT, Kind.BIGINT, Kind.DOUBLE,
    ]  # fmt: skip


def test_the_name_of_a_column_may_be_anything():
    mapping = Mapping((), TypeLine((), Kind.TEXT, "f({})", ""), "g({})")
    column = mapping.column("t", 'a "{}" b', "x", "x")
    assert (column.value, column.text) == ('f("a ""{}"" b")', 'g("a ""{}"" b")')
