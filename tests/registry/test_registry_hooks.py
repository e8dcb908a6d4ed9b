"""Hooks are called plugin by plugin, in the order of their names; one that fails is named, and what it may stop is known."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace

import pytest

from extract_core import JobState, JobStatus, TableRun, Watermark
from extract_core.errors import PluginError
from extract_core.registry.installed import Registry
from extract_core.registry.loading import discover

TABLE: TableRun[None] = TableRun(
    source="sales",
    source_type="jdbc",
    table="public.accounts",
    job_type="glue",
    run_id="r1",
    run_started_at="2026-01-01T00:00:00Z",
    attempt=1,
    extract_s3_uri="file:///x/",
    result_uri="file:///y.json",
    watermark=Watermark(),
    deployment=None,
    job_arguments={"--a": "core", "--b": "core"},
)
DONE = JobStatus(state=JobState.SUCCEEDED)


def test_amending_goes_from_one_plugin_to_the_next(site, hooks):
    for name in ("c", "a", "b"):
        code = f"""
        @hookimpl
        def extract_amend_arguments(table, job_type):
            return {{"--seen_by_{name}": ",".join(table.job_arguments), "--a": "{name}", "--kind": job_type}}
        """
        site.simple(name, hooks(code))
    amended = discover(strict=True).amend_arguments(TABLE)
    assert amended.job_arguments == {
        "--a": "c",
        "--b": "core",
        "--seen_by_a": "--a,--b",
        "--kind": "glue",
        "--seen_by_b": "--a,--b,--seen_by_a,--kind",
        "--seen_by_c": "--a,--b,--seen_by_a,--kind,--seen_by_b",
    }
    assert TABLE.job_arguments == {"--a": "core", "--b": "core"}


def test_tryfirst_and_trylast_come_before_and_after_the_alphabet(site, hooks):
    for name, mark in {"a": "(trylast=True)", "b": "", "c": "", "d": "(tryfirst=True)"}.items():
        code = f"""
        @hookimpl{mark}
        def extract_amend_arguments(table):
            return {{"--order": table.job_arguments.get("--order", "") + "{name}"}}
        """
        site.simple(name, hooks(code))
    assert discover(strict=True).amend_arguments(TABLE).job_arguments["--order"] == "dbca"


def test_amending_nothing(site, hooks):
    site.simple("idle", hooks("@hookimpl\ndef extract_amend_arguments(): return None"))
    assert discover(strict=True).amend_arguments(TABLE) == TABLE


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("return ['--a']", "returned ['--a']; return a mapping or None"),
        ("return {'--n': 4}", "returned {'--n': 4}; both must be text"),
        ("return {4: 'n'}", "returned {4: 'n'}; both must be text"),
        ("raise KeyError('x')", "raised KeyError: 'x' (acme_bad.py:5)"),
        ("raise SystemExit", "raised SystemExit (acme_bad.py:5)"),
    ],
)
def test_amending_that_fails_names_the_plugin(site, hooks, body, fault):
    site.simple("bad", hooks(f"@hookimpl\ndef extract_amend_arguments(table): {body}"), version="3")
    with pytest.raises(PluginError) as refused:
        discover(strict=True).amend_arguments(TABLE)
    expected = f"plugin 'bad' of acme-bad 3: its hook extract_amend_arguments {fault}"
    assert str(refused.value) == expected


def test_run_finished_reaches_all_even_if_one_raises(site, hooks, caplog):
    site.simple("a", hooks("seen = []\n@hookimpl\ndef extract_run_finished(table, status): seen.append((table, status))"))
    site.simple("b", hooks("@hookimpl\ndef extract_run_finished(job_type): raise OSError('no network')"))
    site.simple("c", hooks("seen = []\n@hookimpl\ndef extract_run_finished(job_type): seen.append(job_type)"))
    registry = discover(strict=True)
    with caplog.at_level(logging.ERROR):
        registry.tell(
            "extract_run_finished", logging.getLogger("test"), table={"table": "t"}, job_type="glue", status=DONE, report=None
        )
    assert sys.modules["acme_a"].seen == [({"table": "t"}, DONE)]
    assert sys.modules["acme_c"].seen == ["glue"]
    place = "acme_b.py:5"
    assert caplog.messages == [
        f"plugin 'b' of acme-b 1.0: its hook extract_run_finished raised OSError: no network ({place})",
    ]
    assert "Traceback" in caplog.text


def test_the_words_of_a_value_error_are_for_a_user_so_no_code_is_logged(site, hooks, caplog):
    site.simple("b", hooks("@hookimpl\ndef extract_run_finished(job_type): raise ValueError('set another prefix')"))
    arguments = {"table": {"table": "t"}, "job_type": "glue", "status": DONE, "report": None}
    with caplog.at_level(logging.ERROR):
        discover(strict=True).tell("extract_run_finished", logging.getLogger("test"), **arguments)
    assert caplog.messages[0].endswith("raised ValueError: set another prefix (acme_b.py:5)")
    assert "Traceback" not in caplog.text


def test_the_state_machine_goes_from_one_plugin_to_the_next(site, hooks):
    site.simple("a", hooks("@hookimpl\ndef extract_state_machine(definition): return {**definition, 'a': len(definition)}"))
    site.simple("b", hooks("@hookimpl\ndef extract_state_machine(definition): return {**definition, 'b': len(definition)}"))
    assert discover(strict=True).state_machine({"x": 0}) == {"x": 0, "a": 1, "b": 2}


def test_changing_the_definition_in_place_without_returning_it_changes_nothing(site, hooks):
    site.simple("a", hooks("@hookimpl\ndef extract_state_machine(definition): definition['States'].clear()"))
    assert discover(strict=True).state_machine({"States": {"A": {}}}) == {"States": {"A": {}}}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("return []", "returned []; return a definition or None"),
        ("raise ValueError('no')", "raised ValueError: no (acme_bad.py:5)"),
    ],
)
def test_a_state_machine_hook_that_fails_stops_the_build(site, hooks, body, fault):
    site.simple("bad", hooks(f"@hookimpl\ndef extract_state_machine(definition): {body}"))
    with pytest.raises(PluginError) as refused:
        discover(strict=True).state_machine({})
    expected = f"plugin 'bad' of acme-bad 1.0: its hook extract_state_machine {fault}"
    assert str(refused.value) == expected


def test_a_registry_of_given_job_types(site, job_types):
    site.simple("batch", job_types("batch", "other"))
    import acme_batch

    registry = Registry.of(acme_batch.Other(), acme_batch.Batch())
    assert list(registry.job_types) == ["batch", "other"]
    assert str(registry.job_types["other"].provider) == "plugin 'other' of (embedded) 0"
    assert registry.amend_arguments(TABLE) == TABLE
    with pytest.raises(PluginError, match=r"^Registry.of was given the class Batch among the job types, which is a class"):
        Registry.of(acme_batch.Batch)


OF_ITS_OWN = """
@hookimpl
def extract_amend_arguments(table):
    return {"--own": table.table}
"""


def test_a_hook_gets_the_tables_of_its_own_job_types(site, job_types):
    site.simple("batch", job_types("batch") + OF_ITS_OWN)
    registry = discover(strict=True)
    mine, other = replace(TABLE, job_type="batch"), replace(TABLE, job_type="other")
    assert registry.amend_arguments(mine).job_arguments["--own"] == TABLE.table
    assert registry.amend_arguments(other) == other
    assert registry.notices == ()


def test_a_hook_that_is_never_called_is_told(site, hooks):
    site.simple("idle", hooks(OF_ITS_OWN).replace("amends_all_job_types = True", ""))
    registry = discover(strict=True)
    assert registry.amend_arguments(TABLE) == TABLE
    [notice] = registry.notices
    assert notice.startswith("plugin 'idle' of acme-idle 1.0: its hook extract_amend_arguments is never called, because it gets ")
    assert notice.endswith("for the tables of all job types, write amends_all_job_types = True in its module")


def test_an_argument_that_extract_sets_itself_is_refused(site, hooks):
    site.simple("bad", hooks("@hookimpl\ndef extract_amend_arguments(table): return {'--result_uri': 'x'}"))
    with pytest.raises(PluginError) as refused:
        discover(strict=True).amend_arguments(TABLE, {"--result_uri"})
    said = "its hook extract_amend_arguments returned '--result_uri'; extract sets this argument itself"
    assert str(refused.value) == f"plugin 'bad' of acme-bad 1.0: {said}"
