"""From a config to items: what each table's item, settings and TableRun hold."""

from __future__ import annotations

ONE = """\
    source_name: sales
    extract:
      job_type: loom
      db_engine: sqlite
      db_name: sales.db
      tables:
        public.accounts: {}
"""


def test_the_item_of_a_full_extract(plan):
    [table] = plan(ONE)
    assert table.item == {
        "source_name": "sales",
        "source_type": "jdbc",
        "extract_table": "public.accounts",
        "job_type": "loom",
        "run_id": "r-1",
        "run_started_at": "2026-03-01T06:00:00.000Z",
        "attempt": 1,
        "max_attempts": 1,
        "timeout_seconds": 3600,
        "extract_s3_uri": "s3://data/sales/public.accounts/run_id=r-1/attempt=1/",
        "result_uri": "s3://runs/r-1/results/public.accounts/attempt=1.json",
        "watermark": {"column": None, "type": None, "low": None, "mode": "full"},
        "result": "required",
        "arguments": {
            "job_name": "weave",
            "worker_no": 2,
            "worker_type": "small",
            "job_arguments": {
                "--source_name": "sales",
                "--source_type": "jdbc",
                "--extract_table": "public.accounts",
                "--run_id": "r-1",
                "--attempt": "1",
                "--extract_s3_uri": "s3://data/sales/public.accounts/run_id=r-1/attempt=1/",
                "--result_uri": "s3://runs/r-1/results/public.accounts/attempt=1.json",
                "--db_engine": "sqlite",
                "--db_name": "sales.db",
                "--extract_type": "FE",
            },
        },
    }
    assert table.settings == {"worker_no": 2, "worker_type": "small", "timeout_minutes": 60}
