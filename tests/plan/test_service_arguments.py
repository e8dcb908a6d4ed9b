"""Arguments that the service reads itself: they reach it under every encoding, and may be empty."""

from __future__ import annotations

import pytest

from extract_core import ArgumentsTooLong
from extract_core.plan.job_arguments import decoded, from_object
from extract_core.registry.installed import Registry

TABLES = """\
source_name: sales
extract:
  job_type: loom
  tables:
    a: {arguments: {--conf: spark.a=1, --enable-metrics: "", --mine: x}}
    b: {argument_encoding: json, arguments: {--conf: -x, --enable-metrics: "", --mine: ""}}
    c: {arguments: {--mine: ""}}
"""
OF_THE_SERVICE = {"--conf": "spark.a=1", "--enable-metrics": ""}


@pytest.fixture
def served(registry):
    """A registry whose job type loom has arguments of its service, and takes at most so many characters."""

    def made(most=10_000):
        class Served(type(registry.job_type("loom"))):
            service_arguments = frozenset(OF_THE_SERVICE)

            def arguments(self, table, settings):
                if sum(map(len, table.job_arguments.values())) > most:
                    raise ArgumentsTooLong("too long")
                return super().arguments(table, settings)

        return Registry.of(Served())

    return made


def passed(table):
    assert table.plan_error is None
    return table.item["arguments"]["job_arguments"]


def test_on_a_command_line_they_may_be_empty(plan, served):
    arguments = passed(plan(TABLES, registry=served())[0])
    assert {name: arguments[name] for name in OF_THE_SERVICE} == OF_THE_SERVICE
    assert arguments["--mine"] == "x"


def test_beside_encoded_arguments(plan, served):
    arguments = dict(passed(plan(TABLES, registry=served())[1]))
    encoded = arguments.pop("--extract_arguments")
    assert arguments == {"--conf": "-x", "--enable-metrics": ""}
    assert decoded(encoded)["--mine"] == ""
    assert not decoded(encoded).keys() & OF_THE_SERVICE


def test_beside_arguments_in_an_object(plan, served):
    table = plan(TABLES, registry=served(most=120))[1]
    arguments = dict(passed(table))
    assert arguments.pop("--extract_arguments") == table.spilled.uri
    assert arguments == {"--conf": "-x", "--enable-metrics": ""}
    assert not from_object(table.spilled.data).keys() & OF_THE_SERVICE


def test_an_empty_argument_of_the_script_is_refused_as_before(plan, served):
    assert "--mine is ''" in plan(TABLES, registry=served())[2].plan_error


def test_a_plan_shows_both(plan, served):
    from extract_core.plan.explain import _flat

    for table in plan(TABLES, registry=served())[:2]:
        assert {"--conf", "--enable-metrics", "--mine", "--run_id"} <= _flat(table).keys()
        assert "--extract_arguments" not in _flat(table)
