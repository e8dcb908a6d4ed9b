"""The walls of an INLINE machine are seen from far: by plan, validate and asl build. A DISTRIBUTED machine has none."""

from __future__ import annotations

import json

import pytest

from extract_glue.job_type import Glue

SWITCH = 'write map = "distributed" in [machine] of extract.toml'


@pytest.fixture
def tables(project):
    """Writes a config with so many tables, for a machine with this Map."""

    def write(count, mode="inline"):
        names = "".join(f"    public.table_{number:04d}: {{}}\n" for number in range(count))
        text = f"source_name: sales\nextract:\n  job_type: glue\n  db_engine: postgres\n  tables:\n{names}"
        (project / "config" / "sales.yml").write_text(text)
        toml = (project / "extract.toml").read_text()
        assert "[machine]\n" in toml
        (project / "extract.toml").write_text(toml.replace("[machine]\n", f'[machine]\nmap = "{mode}"\n'))

    return write


def test_far_from_a_wall_nothing_is_said(cli, tables):
    tables(50)
    for command in ("plan sales", "validate", "asl build"):
        assert "INLINE map" not in "".join(map(str, cli(*command.split())))


def test_near_a_wall_all_of_them_warn(cli, tables):
    tables(160)
    for command in ("plan sales", "validate", "asl build"):
        said = cli(*command.split())
        assert said.code == 0
        assert "the 160 tables use 2" in said.err
        assert f"before there are more tables, {SWITCH}" in said.err
    warning = json.loads(cli("plan", "sales", "--output", "json").out)["warning"]
    assert warning.startswith("the 160 tables use 2")


def test_beyond_a_wall_the_line_that_changes_it_is_named(cli, tables):
    tables(400)
    for command, code in (("plan sales", 2), ("validate", 2), ("asl build", 0)):
        said = cli(*command.split())
        assert said.code == code
        assert "the 400 tables of this run need " in said.out + said.err
        assert SWITCH in said.out + said.err
    assert "config/sales.yml: the 400 tables of this run need " in cli("validate").out


def test_some_of_the_tables_still_run(cli, tables):
    tables(400)
    assert cli("plan", "sales", "public.table_00*").code == 0


@pytest.mark.parametrize(("mode", "warned"), [("inline", True), ("distributed", False)])
def test_polled_job_types_are_warned_of_in_an_inline_machine(cli, tables, monkeypatch, mode, warned):
    monkeypatch.setattr(Glue, "interval_seconds", 60, raising=False)  # as each PolledJob has it
    tables(2, mode)
    for command in ("plan sales", "validate", "asl build"):
        said = cli(*command.split())
        assert said.code == 0
        assert ("2 tables of polled job types: each question about a job makes 9 history events" in said.err) is warned


def test_a_distributed_machine_has_no_wall(cli, tables):
    tables(2_000, "distributed")
    for command in ("plan sales --no-details", "validate", "asl build"):
        said = cli(*command.split())
        assert said.code == 0
        assert "INLINE" not in said.out + said.err
