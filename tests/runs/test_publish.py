"""Reports are written beside the plan at the end of a run, whoever writes them, and never change how it ended."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from functools import partial

import importlib_metadata  # noqa: F401 - before the fixture hides site-packages
import pytest

from extract_core.errors import ObjectError
from extract_core.registry.entry_points import contributions
from extract_core.runs import publish as publishing
from extract_core.runs.close import close_stopped
from extract_core.runs.publish import publish

GOOD = {"succeeded": True, "error": "", "cause": ""}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a distribution with one report on sys.path, as pip does; nothing else that is installed is seen."""
    site = tmp_path / "site"
    site.mkdir()
    bare = [entry for entry in sys.path if not entry.rstrip("/").endswith(("site-packages", "dist-packages"))]
    monkeypatch.setattr(sys, "path", [str(site), *bare])

    def put(name, source):
        info = site / f"acme_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[extract_core.reports]\n{name}.txt = acme_{name}:write\n")
        (site / f"acme_{name}.py").write_text(source)
        importlib.invalidate_caches()

    return put


@pytest.fixture
def published(pipeline):
    """The pipeline with reports; the files beside the plan of a run."""
    pipeline.parts = replace(pipeline.parts, publish=publish)
    return lambda run_id="run-1": sorted(path.name for path in (pipeline.folder / "runs" / run_id).iterdir() if path.is_file())


def test_a_report_gets_the_results_and_is_written_beside_the_plan(pipeline, published, install):
    install("lines", "def write(results): return f'{results.run_id}: {results.verdict} \\ud83d'\n")
    assert pipeline.run() == GOOD
    assert published() == ["lines.txt", "plan.jsonl"]
    assert (pipeline.folder / "runs/run-1/lines.txt").read_text() == "run-1: All 3 tables succeeded. \\ud83d"


def test_a_bundle_publishes_the_reports_of_its_list_only(pipeline, published, install):
    install("lines", "def write(results): return 'listed'\n")
    install("other", "def write(results): return 'not listed'\n")
    listed = [report for report in contributions(publishing.REPORTS) if report.name == "lines.txt"]
    pipeline.parts = replace(pipeline.parts, publish=partial(publish, writers=listed))
    assert pipeline.run() == GOOD
    assert published() == ["lines.txt", "plan.jsonl"]


def test_nothing_is_written_or_computed_without_a_report(pipeline, published, install, monkeypatch):
    monkeypatch.setattr(publishing, "_results", lambda *_: pytest.fail("computed"))
    assert pipeline.run() == GOOD
    assert published() == ["plan.jsonl"]


@pytest.mark.parametrize("source", ["raise ImportError('no jinja2')", "def write(results): raise KeyError('x')", "write = 3"])
def test_a_report_that_fails_is_logged_and_the_others_are_written(pipeline, published, install, caplog, source):
    install("broken", source)
    install("lines", "def write(results): return 'fine'\n")
    assert pipeline.run() == GOOD
    assert published() == ["lines.txt", "plan.jsonl"]
    (warning,) = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert warning.startswith("the report of plugin 'broken.txt' of acme-broken 1.0 was not written: ")


def test_a_store_that_fails_changes_nothing(pipeline, published, install, caplog):
    install("lines", "def write(results): return 'fine'\n")

    class Full(type(pipeline.parts.objects)):
        def write(self, uri, data, *, if_absent=False):
            if uri.endswith(".txt"):
                raise ObjectError("no room")
            return super().write(uri, data, if_absent=if_absent)

    full = Full.__new__(Full)
    full.__dict__.update(pipeline.parts.objects.__dict__)
    pipeline.parts = replace(pipeline.parts, objects=full)
    assert pipeline.run() == GOOD
    assert "no room" in caplog.text


def test_a_stopped_run_has_a_report_and_a_refused_one_has_none(pipeline, published, install):
    install("lines", "def write(results): return results.state\n")
    pipeline.plan()
    close_stopped(pipeline.parts, "run-1", "stopped by ada")
    assert (pipeline.folder / "runs/run-1/lines.txt").read_text() == "STOPPED"
    pipeline.write("extract: {tables: 3}")
    with pytest.raises(Exception, match="tables"):
        pipeline.plan("run-2")
    pipeline.summarise("run-2")
    assert not (pipeline.folder / "runs/run-2").exists()


def test_a_run_of_very_many_tables_has_none(pipeline, published, install, monkeypatch):
    install("lines", "def write(results): return 'fine'\n")
    monkeypatch.setattr(publishing, "MOST_TABLES", 2)
    assert pipeline.run() == GOOD
    assert published() == ["plan.jsonl"]


def test_the_summary_imports_nothing_of_a_report_before_the_end_of_a_run():
    import subprocess

    code = "import json, sys, extract_core.lambdas.run_summary, extract_core.runs.publish; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert [
        name for name in modules if name.startswith(("jinja2", "extract_cli", "extract_core.runs.view", "importlib_metadata"))
    ] == []
