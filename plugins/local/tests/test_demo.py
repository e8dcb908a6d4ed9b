"""`extract demo`, from the first row to the judge, and that the judge can say no."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from extract_core.errors import UsageError
from extract_local.demo import verify
from extract_local.demo.command import demo


def told(folder, *more: str):
    return CliRunner().invoke(
        demo, ["--folder", str(folder), "--rows", "2000", *more], catch_exceptions=False, standalone_mode=False
    )


def test_the_story_holds_and_says_where_everything_lies(tmp_path):
    result = told(tmp_path / "d", "--output", "json")
    assert result.return_value == 0
    story = json.loads(result.stdout)
    assert story["ok"] is True
    assert [run["state"] for run in story["runs"]] == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert story["source"] == {"rows": 2000, "tables": 18}
    assert len(story["comparison"]) == 19
    assert all(table["ok"] for table in story["comparison"])
    for name in ("state machine", "execution history", "tracking store", "configs", "data", "source database"):
        assert (tmp_path / story["places"][name]).exists(), name
    definition = json.loads(Path(story["places"]["state machine"]).read_text())
    assert definition["StartAt"] == "Extract Config Manager"


def test_in_text_each_step_is_shown_with_its_command(tmp_path):
    result = told(tmp_path / "d")
    assert result.return_value == 0
    for command in ("extract run sales --local", "extract rerun sales-first --local"):
        assert f"$ {command}" in result.stdout
    assert "counts and checksums are the same on both sides." in result.stdout


def test_a_spoilt_cell_exits_1_and_names_the_table(tmp_path, monkeypatch):
    compare = verify.compare

    def spoil_then_compare(database, tables):
        (path,) = tables["public.suppliers"]
        table = pq.read_table(path)
        names = table.column("name").to_pylist()
        names[3] += "!"
        spoilt = table.set_column(table.schema.get_field_index("name"), "name", [names])
        pq.write_table(spoilt, path)
        return compare(database, tables)

    monkeypatch.setattr(verify, "compare", spoil_then_compare)
    result = told(tmp_path / "d", "--output", "json")
    assert result.return_value == 1
    story = json.loads(result.stdout)
    assert story["ok"] is False
    assert story["broken"] == "the Parquet is not what the database holds: public.suppliers"
    assert [table["table"] for table in story["comparison"] if not table["ok"]] == ["public.suppliers"]


def test_a_lost_row_exits_1(tmp_path, monkeypatch):
    compare = verify.compare

    def lose_then_compare(database, tables):
        last = tables["crm.contacts"][-1]
        pq.write_table(pq.read_table(last).slice(1), last)
        return compare(database, tables)

    monkeypatch.setattr(verify, "compare", lose_then_compare)
    result = told(tmp_path / "d")
    assert result.return_value == 1
    assert "extract demo: the Parquet is not what the database holds: crm.contacts" in result.stderr


def test_it_never_empties_a_folder_that_it_did_not_make(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-mother.txt").write_text("dear")
    with pytest.raises(Exception, match="was not made by the demo; name another: extract demo --folder NAME"):
        told(tmp_path / "letters")
    assert (tmp_path / "letters" / "to-mother.txt").read_text() == "dear"


def test_it_never_empties_a_folder_that_somebody_put_something_into(tmp_path):
    assert told(tmp_path / "d", "--output", "json").return_value == 0
    (tmp_path / "d" / "keep.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds what the demo did not make \(keep\.txt\), and it would be emptied"):
        told(tmp_path / "d")
    assert (tmp_path / "d" / "keep.txt").read_text() == "mine"


def test_it_can_be_told_twice_in_one_folder(tmp_path):
    assert told(tmp_path / "d", "--output", "json").return_value == 0
    assert told(tmp_path / "d", "--output", "json").return_value == 0
