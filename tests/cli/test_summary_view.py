"""A large run that has ended is shown without reading its attempts."""

from __future__ import annotations

import json

from extract_core.cli.summary_view import is_large, show_summary
from extract_core.tracking import RunRecord

SUMMARY = {
    "run_id": "one", "state": "FAILED", "planned": 5_000, "succeeded": 4_999, "failed": 1, "rows": 123_456, "seconds": 61.5,
    "failed_tables": [{"table": "public.a", "state": "FAILED", "failure": "USER_CODE", "message": "no such column"}],
    "slowest": [{"table": "public.b", "seconds": 1_200.0}], "skipped": [], "skipped_tables": 0, "rows_without_watermark": 1_234,
}  # fmt: skip
RECORD = RunRecord(run_id="one", execution_id="e", source_name="sales", started_at="t", planned=5_000, summary=SUMMARY)


def test_which_runs_are_large():
    assert is_large(RECORD)
    assert not is_large(RunRecord(run_id="one", execution_id="e", source_name="s", started_at="t", planned=5_000))
    assert not is_large(RunRecord(run_id="one", execution_id="e", source_name="s", started_at="t", planned=9, summary=SUMMARY))


def test_it_is_drawn(capsys):
    show_summary(None, RECORD, output="text")
    shown = capsys.readouterr()
    assert "run one: FAILED" in shown.out
    assert "5,000" in shown.out
    assert "public.a" in shown.out
    assert "no such column" in shown.out
    assert " 1,234 rows were left out: their watermark is NULL; which tables, says: extract status --all\n" in shown.out
    assert "slow: public.b, 1,200 s" in shown.out
    assert shown.err == "every table: extract status --all\n"


def test_it_is_json(capsys):
    show_summary(None, RECORD, output="json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["tables"]) == ("FAILED", SUMMARY["failed_tables"])
