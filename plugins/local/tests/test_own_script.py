"""A script that is not extract's job, in a run on one machine: it runs from the project's folder, or the table says why not."""

from __future__ import annotations

import sys

import pytest

from extract_core import LocalCommand
from extract_core.tracking.open import open_tracking
from extract_local.jobs.processes import report_config_fault
from extract_local.jobs.scripts import REFERENCE_JOB, NoScript, own_script

CONFIG = """
source_name: sales
extract:
  job_type: {job_type}
  db_engine: sqlite
  db_name: sales.db
  tables:
    public.categories: {{script_name: mine.py}}
    public.customers: {{script_name: gone.py}}
    public.suppliers: {{}}
"""
SCRIPT = """
import sys
print("mine ran for", sys.argv[sys.argv.index("--extract_table") + 1])
"""


def test_a_place_of_results_that_cannot_be_written_hides_no_reason(tmp_path):
    (tmp_path / "results").touch()
    item = {"run_id": "r", "table": "t", "attempt": 1, "result_uri": f"file://{tmp_path}/results/t/attempt=1.json"}
    report_config_fault(item, "the script 'x.py' did not run")
    assert list(tmp_path.iterdir()) == [tmp_path / "results"]


@pytest.mark.parametrize("job_type", ["glue", "emr"])
def test_each_table_runs_its_own_script(demo_project, job_type):
    demo_project.config(CONFIG.format(job_type=job_type))
    (demo_project.folder / "jobs").mkdir(exist_ok=True)
    (demo_project.folder / "jobs" / "mine.py").write_text(SCRIPT)
    demo_project.extract("run", "sales", "--local", "--run-id", "r", "--output", "json", code=1)
    with open_tracking(str(demo_project.folder / ".extract" / "tracking.db")) as tracking:
        ends = {row.table: row for row in tracking.attempts("r")}
    assert ends["public.suppliers"].state == "SUCCEEDED"
    assert ends["public.suppliers"].rows
    assert ends["public.categories"].state == "SUCCEEDED"
    assert ends["public.categories"].rows is None
    log = demo_project.folder / ".extract/executions/r/jobs/public.categories.1.log"
    assert log.read_text() == "mine ran for public.categories\n"
    missing = ends["public.customers"]
    assert (missing.state, missing.failure) == ("FAILED", "CONFIG")
    assert "gone.py' did not run, because it is not on this machine" in missing.message


def test_the_same_arguments_and_another_program(tmp_path):
    (tmp_path / "a.py").touch()
    command = LocalCommand(argv=[*REFERENCE_JOB, "--x", "1"], env={"A": "b"})
    changed = own_script(command, "s3://bucket/scripts/a.py", tmp_path)
    assert changed == LocalCommand(argv=[sys.executable, "-P", str(tmp_path / "a.py"), "--x", "1"], env={"A": "b"})
    assert own_script(command, "s3://bucket/scripts/extract_job.py", tmp_path) is command
    assert own_script(command, None, tmp_path) is command
    without = LocalCommand(argv=[sys.executable, "-m", "extract_job", "--x", "1"])
    assert list(own_script(without, "a.py", tmp_path).argv) == list(changed.argv)
    other = LocalCommand(argv=["spark-submit", "x.py"])
    assert own_script(other, "a.py", tmp_path) is other
    with pytest.raises(NoScript, match=r"script 'b\.py' did not run"):
        own_script(command, "b.py", tmp_path)
