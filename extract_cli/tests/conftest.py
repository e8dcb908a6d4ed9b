"""One way to call a command in this process, and a project to call it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from extract_cli import main
from extract_core.contract import JobState
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import AttemptRow, Guard, Owner, Policy, RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys) -> Callable[..., Said]:
    """``cli("validate", "sales.yml")``: exit code, stdout, stderr."""

    def call(*argv: object) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in argv])
        out, err = capsys.readouterr()
        return Said(ended.value.code, out, err)

    return call


PIPELINE = """\
[pipeline]
name = "extract-sales"

[machine]
max_concurrency = 4

[job_types.glue]
job_name = "extract-jdbc"

[job_types.ecs]
cluster = "extract"
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d4e5f60718"]
"""

CONFIG = """\
source_name: sales
extract:
  job_type: glue
  script_name: extract_job.py
  db_engine: sqlite
  db_name: sales.db
  default_arguments:
    fetchsize: "1000"
    worker_no: "2"
  job_types:
    ecs: {cpu: 1024}
  tables:
    public.accounts: {extract_type: PE, watermark: {column: updated_at, type: timestamp}}
    public.events: {job_type: ecs, fetchsize: 500, tags: [large]}
    public.notes: {}
"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with extract.toml and config/sales.yml, and the current one."""
    (tmp_path / "extract.toml").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sales.yml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def runs(project) -> Path:
    """A project with two runs, of a table each."""
    with open_tracking(str(project / ".extract" / "tracking.db")) as tracking:
        for number, table in enumerate(("public.notes", "public.events"), start=1):
            run_id, started = f"night-{number}", f"2026-03-0{number}T06:00:00+00:00"
            tracking.start_run(RunRecord(run_id=run_id, execution_id=f"e{number}", source="sales", started_at=started))
            tracking.plan_run(run_id, plan_uri="file:///p", planned=1, policy=Policy(), skipped=[])
            owner = Owner(execution_id=f"e{number}", run_id=run_id, started_at=started, bound="2100-01-01T00:00:00+00:00")
            tracking.take("sales", [table], owner, is_running=lambda _: True, now=None, all_or_nothing=True)
            row = AttemptRow(
                run_id=run_id, source="sales", table=table, attempt=1, job_type="glue", state=JobState.SUCCEEDED,
                recorded_at=started,
            )  # fmt: skip
            tracking.finish(row, guard=Guard(run_id=run_id, fencing=1, attempt=1))
            tracking.put_summary(run_id, {"state": "SUCCEEDED"})
    return project
