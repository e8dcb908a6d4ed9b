"""The event: what is read, and what whoever wrote it is told."""

from __future__ import annotations

import pytest

from extract_core.errors import UsageError
from extract_core.plan.event import ExtractEvent, read_event
from extract_core.plan.run_context import Backfill


def test_all_that_an_event_may_say():
    event = {
        "source": "sales",
        "tables": "public.accounts, crm.*,,public.accounts",
        "exclude": ["crm.old"],
        "reingest": "true",
        "rerun_of": "sales-20260301T060000-3f9a",
    }
    assert read_event(event) == ExtractEvent(
        source="sales",
        tables=("public.accounts", "crm.*"),
        exclude=("crm.old",),
        reingest=True,
        rerun_of="sales-20260301T060000-3f9a",
    )


def test_an_event_of_version_0_1_0_is_read():
    event = read_event({"source_name": "sales", "extract_tables": ["a"]})
    assert event == ExtractEvent(source="sales", tables=("a",))
    assert read_event({"source_name": "sales", "source": "sales", "tables": ["a"], "extract_tables": ["a"]}) == event
    assert read_event({"source_name": "sales", "rerun_of": "r-1"}).tables == ("*",)


def test_a_backfill_and_a_rerun_of_more():
    event = {"source": "s", "tables": "a", "backfill": {"from": "1", "to": "9"}}
    assert read_event(event).backfill == Backfill(low="1", high="9")
    assert read_event({**event, "backfill": {"to": "9"}}).backfill == Backfill(low=None, high="9")
    assert read_event({"source": "s", "rerun_of": "r-1", "force": True}).force is True


BACKFILL = (
    "it must be two marks of the tables' watermark, as text: "
    '{"from": "2026-01-01", "to": "2026-02-01"}, or without "from" for all up to there'
)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"force": True}, "'force' needs 'rerun_of'; add it, or remove 'force'"),
        ({"force": "perhaps", "rerun_of": "r"}, "'force' is 'perhaps'; write true or false"),
        ({"backfill": "2026"}, f"'backfill' is '2026'; {BACKFILL}"),
        ({"backfill": {"from": "1"}}, f"'backfill' is {{'from': '1'}}; {BACKFILL}"),
        ({"backfill": {"to": 9}}, f"'backfill' is {{'to': 9}}; {BACKFILL}"),
        ({"backfill": {"to": "9", "too": "1"}}, f"'backfill' is {{'to': '9', 'too': '1'}}; {BACKFILL}"),
        (
            {"backfill": {"to": "9"}, "reingest": True},
            "'backfill' reads a range and 'reingest' everything; remove one of them",
        ),
    ],
)
def test_a_backfill_or_a_force_that_cannot_be(more, message):
    with pytest.raises(UsageError) as raised:
        read_event({"source": "s", "tables": "*", **more})
    assert str(raised.value) == f"the event is wrong: {message}"


def test_a_name_in_a_list_may_hold_a_comma():
    assert read_event({"source": "s", "tables": ["a,b"]}).tables == ("a,b",)


def test_a_rerun_needs_no_tables():
    assert read_event({"source": "s", "rerun_of": "r-1"}).tables == ("*",)


AT_ONCE = "is not a number from 1 to 10,000, the limit of a Map that is DISTRIBUTED"


@pytest.mark.parametrize("most", [0, -1, 10_001, 2.5, True, "4"])
def test_a_concurrency_that_no_map_may_have(most):
    assert read_event({"source": "s", "tables": "a", "max_concurrency": 4}).max_concurrency == 4
    with pytest.raises(UsageError) as raised:
        read_event({"source": "s", "tables": "a", "max_concurrency": most})
    assert str(raised.value) == f"the event is wrong: 'max_concurrency': {most!r} {AT_ONCE}"


EXAMPLE = '{"source": "sales", "tables": ["public.accounts", "crm.*"]}'
MISSING = f"'source' is missing; an event looks like {EXAMPLE}"
TABLES = 'it must be a list of names and globs, a comma-separated string, or "*" for all'
NAME = "it must be the name of a source file without .yml: letters, digits, _ . -, beginning with a letter or digit"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, f"{MISSING}; 'tables' is missing; {TABLES}"),
        (
            {"sourcename": "s", "tables": "*"},
            f"'sourcename' is not a key of an event; did you mean 'source'?; {MISSING}",
        ),
        (
            {"extract_table": "a", "table": "a"},
            (
                "'extract_table' is not a key of an event; did you mean 'tables'?; 'table' is not a key of an event; "
                f"did you mean 'tables'?; {MISSING}; 'tables' is missing; {TABLES}"
            ),
        ),
        ({"source_name": 7, "extract_tables": 3}, f"'source_name' is 7; {NAME}; 'extract_tables' is 3; {TABLES}"),
        (
            {"source": "sales", "source_name": "crm", "tables": "*"},
            "'source' is 'sales', and 'source_name', its old name, is 'crm'; leave 'source_name' out",
        ),
        (
            {"source": "sales", "tables": "*", "extract_tables": ["a"]},
            "'tables' is '*', and 'extract_tables', its old name, is ['a']; leave 'extract_tables' out",
        ),
        ({"source": "../secret", "tables": "*"}, f"'source' is '../secret'; {NAME}"),
        ({"source": "sales\n", "tables": "*"}, f"'source' is 'sales\\n'; {NAME}"),
        ({"source": "s", "tables": [1]}, f"'tables' is [1]; {TABLES}"),
        (
            {"source": "s", "tables": " , "},
            "'tables' names no table; write names and globs, or \"*\" for all",
        ),
        ({"source": "s", "tables": "*", "exclude": 3}, f"'exclude' is 3; {TABLES}"),
        ({"source": "s", "tables": "*", "reingest": "maybe"}, "'reingest' is 'maybe'; write true or false"),
        (
            {"source": "s", "tables": "*", "rerun_of": "../r"},
            "'rerun_of' is '../r'; it must be the id of a run, as `extract status` shows it",
        ),
    ],
)
def test_what_is_wrong_is_said(event, message):
    with pytest.raises(UsageError) as error:
        read_event(event)
    assert str(error.value) == f"the event is wrong: {message}"


def test_an_event_is_an_object():
    with pytest.raises(UsageError) as error:
        read_event(["sales"])
    assert str(error.value) == f"the event is ['sales']; it must be an object: {EXAMPLE}"
