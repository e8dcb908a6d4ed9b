"""The events of [schedules] against the configs of their sources."""

from __future__ import annotations

import pytest

from extract_core.config.read import read_source_config
from extract_core.pipeline.read import read_pipeline
from extract_core.plan.schedules import schedule_findings

CONFIG = b"""
extract:
  job_type: glue
  tables:
    public.accounts: {tags: [large]}
    crm.people: {}
"""


@pytest.fixture
def check(tmp_path):
    config = read_source_config(CONFIG, file="sales.yml")

    def findings(event: str, **options):
        (tmp_path / "extract.toml").write_text(f'[schedules.night]\nwhen = "rate(1 day)"\nevent = {event}\n')
        return [str(finding) for finding in schedule_findings(read_pipeline(tmp_path), {"sales": config}, **options)]

    return findings


@pytest.mark.parametrize(
    "event",
    [
        '{source = "sales", tables = "*"}',
        '{source = "sales", tables = ["crm.*", "tag:large"], exclude = "crm.people"}',
        '{source = "sales", tables = "failed:run-1"}',
        '{source = "sales", rerun_of = "run-1"}',
    ],
)
def test_what_a_run_can_extract(check, event):
    assert check(event) == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ('{source = "sale", tables = "*"}', "there is no config of the source 'sale'; did you mean 'sales'?"),
        ('{source = "billing", tables = "*"}', "there is no config of the source 'billing'; there are: sales"),
        (
            '{source = "sales", tables = "public.acounts"}',
            "sales.yml: there is no table 'public.acounts'; did you mean 'public.accounts'?",
        ),
        ('{source = "sales", tables = "tag:small"}', "sales.yml: no table has the tag 'small'; it has the tags: large"),
        ('{source = "sales", tables = "*", exclude = "*"}', "sales.yml: no table is left of the 2 that were selected"),
        ('{source = "sales", tabels = "*"}', "the event is wrong: 'tabels' is not a key of an event; did you mean 'tables'?"),
    ],
)
def test_what_no_run_can_extract(check, event, words):
    (finding,) = check(event)
    assert finding.startswith(f"extract.toml:3:1: schedules.night.event: {words}")


def test_a_source_with_a_config_in_another_place_is_taken(check):
    assert check('{source = "billing", tables = "x"}', is_elsewhere=lambda source: source == "billing") == []
