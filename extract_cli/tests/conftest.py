"""One way to call a command in this process, and a project to call it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from extract_cli import main

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
            main([str(each) for each in argv])
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
