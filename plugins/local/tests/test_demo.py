"""`extract demo`, from the first row to the comparison, and that the comparison finds differences."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from extract_core.errors import UsageError
from extract_local.demo import verify
from extract_local.demo.command import demo


def run_demo(folder, *options: str):
    return CliRunner().invoke(
        demo, ["--folder", str(folder), "--rows", "2000", *options], catch_exceptions=False, standalone_mode=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "d"


@pytest.fixture(scope="module")
def in_json(folder):
    return run_demo(folder, "--output", "json")


@pytest.fixture(scope="module")
def in_text(folder, in_json):
    """The second demo in the same folder."""
    return run_demo(folder)


def test_the_story_ends_well_and_names_every_place(in_json, folder):
    assert in_json.return_value == 0
    story = json.loads(in_json.stdout)
    assert story["ok"] is True
    assert [run["state"] for run in story["runs"]] == ["FAILED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]
    assert story["source"] == {"rows": 2000, "tables": 18}
    assert len(story["comparison"]) == 19
    assert all(table["ok"] for table in story["comparison"])
    for name in ("state machine", "execution history", "tracking store", "configs", "data", "source database"):
        assert (folder.parent / story["places"][name]).exists(), name
    definition = json.loads(Path(story["places"]["state machine"]).read_text())
    assert definition["StartAt"] == "Extract Config Manager"


def test_a_second_demo_in_the_same_folder_shows_each_step_with_its_command(in_text):
    assert in_text.return_value == 0
    for command in ("extract run sales --local", "extract rerun sales-first --local"):
        assert f"$ {command}" in in_text.stdout
    assert "Row counts and checksums of all 19 tables match: " in in_text.stdout


def test_it_ends_with_the_path_of_a_report_with_the_graph_of_the_run(in_text):
    path = Path(in_text.stdout.splitlines()[-1])
    page = path.read_text(encoding="utf-8")
    assert path.name == "report-sales-first.html"
    for shown in ("crm.campaigns", "extract rerun sales-first --local", "Glue Start", "9, 1 failed"):
        assert shown in page


def test_a_changed_cell_and_a_lost_row_exit_1_and_name_their_tables(tmp_path, monkeypatch):
    compare = verify.compare

    def damage_then_compare(database, tables):
        (path,) = tables["public.suppliers"]
        table = pq.read_table(path)
        names = table.column("name").to_pylist()
        names[3] += "!"
        pq.write_table(table.set_column(table.schema.get_field_index("name"), "name", [names]), path)
        last = tables["crm.contacts"][-1]
        pq.write_table(pq.read_table(last).slice(1), last)
        return compare(database, tables)

    monkeypatch.setattr(verify, "compare", damage_then_compare)
    result = run_demo(tmp_path / "d", "--output", "json")
    assert result.return_value == 1
    story = json.loads(result.stdout)
    assert story["ok"] is False
    assert story["broken"] == "the Parquet files differ from the database: crm.contacts, public.suppliers"
    assert f"extract demo: {story['broken']}" in result.stderr
    assert [table["table"] for table in story["comparison"] if not table["ok"]] == ["crm.contacts", "public.suppliers"]


def test_it_never_empties_a_folder_that_it_did_not_make(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-mother.txt").write_text("dear")
    with pytest.raises(Exception, match="exists and was not made by the demo; choose another: extract demo --folder NAME"):
        run_demo(tmp_path / "letters")
    assert (tmp_path / "letters" / "to-mother.txt").read_text() == "dear"


def test_it_never_empties_a_folder_with_a_file_of_the_user(folder, in_text):
    (folder / "keep.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"has files that the demo did not make \(keep\.txt\), which it would delete"):
        run_demo(folder)
    assert (folder / "keep.txt").read_text() == "mine"
    (folder / "keep.txt").unlink()
