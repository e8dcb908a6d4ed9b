"""`extract report`: what it writes of a run, and where."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from extract_core.contract import FailureClass, JobState
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import AttemptRow, Guard, Owner, Policy, RunRecord


@pytest.fixture
def failed_run(project) -> None:
    """A run of one table, which failed."""
    with open_tracking(str(project / ".extract" / "tracking.db")) as tracking:
        started = "2026-03-01T06:00:00+00:00"
        tracking.start_run(RunRecord(run_id="one", execution_id="e", source="sales", started_at=started))
        tracking.plan_run("one", plan_uri="file:///gone", planned=1, policy=Policy(), skipped=[])
        owner = Owner(execution_id="e", run_id="one", started_at=started, bound="2100-01-01T00:00:00+00:00")
        tracking.take("sales", ["public.notes"], owner, is_running=lambda _: True, now=None, all_or_nothing=True)
        row = AttemptRow(
            run_id="one", source="sales", table="public.notes", attempt=1, job_type="glue", state=JobState.FAILED,
            failure=FailureClass.USER_CODE, message="exit code 1", recorded_at="2026-03-01T06:10:00+00:00",
            cost_basis={"dpu_seconds": 480.0},
        )  # fmt: skip
        tracking.finish(row, guard=Guard(run_id="one", fencing=1, attempt=1))
        tracking.put_summary("one", {"state": "FAILED", "ended_at": "2026-03-01T06:10:00+00:00"})


@pytest.mark.usefixtures("failed_run")
def test_the_document_is_what_its_schema_says(cli):
    schema = json.loads(cli("schema", "run-results").out)
    said = cli("report", "-o", "json")
    assert (said.code, said.err) == (0, "")
    document = json.loads(said.out)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
    assert (document["run_id"], document["verdict"]) == ("one", "0 of 1 table succeeded, 1 did not.")
    assert document["rerun"] == "extract rerun one --local"


@pytest.mark.usefixtures("failed_run")
def test_it_is_written_to_a_file(cli, project):
    said = cli("report", "one", "-o", "results.json")
    assert (said.code, said.out, said.err) == (0, "results.json\n", "")
    assert json.loads((project / "results.json").read_text())["run_id"] == "one"
    refused = cli("report", "one", "-o", "no/such/results.json")
    assert (refused.code, refused.err) == (2, "extract: 'no/such/results.json' can't be written: No such file or directory\n")


@pytest.mark.usefixtures("failed_run")
def test_the_page_is_written_beside_the_caller_and_its_name_printed(cli, project):
    said = cli("report")
    assert (said.code, said.out) == (0, "report-one.html\n")
    page = (project / "report-one.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "exit code 1" in page
    assert "extract rerun one --local" in page
    assert "Glue Start Extract Job Run" in page
    assert cli("report", "one", "-o", "html").out.startswith("<!doctype html>")


@pytest.mark.usefixtures("failed_run")
def test_a_page_is_written_without_the_graph_if_the_machine_cannot_be_built(cli, project):
    (project / "extract.toml").write_text('[pipeline]\nname = "x"\n[job_types.glu]\n', encoding="utf-8")
    said = cli("report", "one")
    assert said.code == 0
    assert said.err.startswith("note: the graph of the state machine is left out: ")
    assert "State machine" not in (project / "report-one.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("failed_run")
def test_prices_of_extract_toml_make_money_of_units(cli, project):
    with (project / "extract.toml").open("a", encoding="utf-8") as file:
        file.write('\n[prices]\nas_of = "2026-11-30"\n[prices.glue]\ndpu_seconds = 0.001\n')
    bill = json.loads(cli("report", "-o", "json").out)["bill"]
    assert (bill["usd"], bill["usd_by_job_type"]) == (0.48, {"glue": 0.48})
    assert bill["prices"]["glue"] == {"as_of": "2026-11-30", "region": "us-east-1", "usd": {"dpu_seconds": 0.001}}
    assert "Prices of glue: us-east-1, 2026-11-30." in cli("report", "-o", "html").out


@pytest.mark.usefixtures("failed_run")
def test_only_a_page_can_be_opened(cli):
    said = cli("report", "one", "-o", "json", "--open")
    assert (said.code, said.err) == (2, "extract: --open shows an HTML file: give -o FILE.html, or leave -o out\n")


@pytest.mark.usefixtures("failed_run")
def test_the_graph_of_a_run_has_its_counts(cli):
    svg = cli("asl", "graph", "--run", "one", "--format", "svg").out
    assert svg.startswith("<svg ")
    assert "The state machine of run one" in svg
    assert '"Choose Job Type<br/>1"' in cli("asl", "graph", "--run", "latest").out


@pytest.mark.usefixtures("failed_run")
def test_an_unknown_run(cli):
    said = cli("report", "on")
    assert said.code == 2
    assert "did you mean 'one'?" in said.err
