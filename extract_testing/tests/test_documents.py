"""CHECKS is the one list of checks: the suite and the documents follow it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from extract_core.config.reserved import RESERVED
from extract_testing import CHECKS, JobTypeContract, Subject, samples
from extract_testing.check import Check
from extract_testing.subject.tables import item_of, table_runs

DOCS = Path(__file__).parents[2] / "docs" / "plugins"
NAMES = [check.name for check in CHECKS]


def test_the_suite_has_one_test_per_check():
    tests = [name.removeprefix("test_") for name in vars(JobTypeContract) if name.startswith("test_")]
    assert tests == NAMES
    assert len(set(NAMES)) == len(NAMES) == 45


def test_the_table_in_the_docs_is_made_of_the_checks(golden):
    """`--update-golden` writes the table."""
    document = DOCS / "contract-kit.md"
    rows = "".join(f"| `test_{check.name}` | {check.rule} |\n" for check in CHECKS)
    text = re.sub(r"(?<=\|---\|---\|\n)(?:\| `test_.*\n)+", lambda _: rows, document.read_text(encoding="utf-8"))
    assert rows in text
    golden(document, text)


@pytest.mark.parametrize("name", NAMES)
def test_each_test_of_the_suite_runs_its_own_check(name, monkeypatch):
    class Contract(JobTypeContract):
        job_type, deployment, settings_examples = None, {}, [{}]

    calls = []
    monkeypatch.setattr(Check, "__call__", lambda check, subject: calls.append((check.name, type(subject))))
    getattr(Contract(), f"test_{name}")()
    assert calls == [(name, Subject)]


def test_the_tables_are_as_the_core_plans_them(drum):
    subject = Subject(drum, {"queue": "night"})
    runs = dict(table_runs("drum", subject.deployment))
    assert list(runs) == [
        "a full extract",
        "a first incremental extract",
        "an incremental extract",
        "a backfill",
        "arguments in one",
        "long names",
        "the next attempt at it",
        "a table of nearly its name",
        "the next run of it",
    ]
    for run in runs.values():
        assert set(run.job_arguments) <= RESERVED | {"--note"}
    assert list(runs["arguments in one"].job_arguments) == ["--extract_arguments"]


def test_the_items_keys_are_those_that_the_reference_lists(drum):
    subject = Subject(drum, {"queue": "night"})
    (_, run), *_ = table_runs("drum", subject.deployment)
    rows = (DOCS / "contract.md").read_text().partition("## The item")[2].partition("## Values")[0]
    listed = {key for row in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
    assert listed == set(item_of(run, {}, 60))


def test_the_samples_cover_every_service_and_none_is_there_twice():
    causes = [(sample.service, sample.outcome.error, sample.outcome.cause) for sample in samples.failures()]
    assert len(causes) == len(set(causes)) >= 40
    services = {sample.service.partition(":")[0] for sample in samples.successes()}
    assert {"glue", "ecs", "elasticmapreduce", "emr-serverless", "emr-containers", "batch", "lambda", "states"} <= services


def test_messages_about_broken_plugins_in_the_docs_are_those_of_the_registry():
    rows = re.findall(r"^\| (?:`(.+?)`)(?: raised .*?)? \|", (DOCS / "loading.md").read_text(), re.MULTILINE)
    root = DOCS.parents[1]
    cli = root / "extract_cli" / "src" / "extract_cli"
    commands = (cli / "commands" / "plugins.py", cli / "plugin_commands.py")
    registry = root / "src" / "extract_core" / "registry"
    attributes = root / "src" / "extract_core" / "sync_job" / "definition.py"
    source = "".join(path.read_text() for path in (*registry.glob("*.py"), attributes, *commands))
    for row in rows:
        for part in re.split(r"'?…'?|ModuleNotFoundError|\d(?:\.\d)?|extract_job_types|the class|plugins", row):
            words = part.strip(" '")
            assert words in source, f"{words!r} of {row!r}"
