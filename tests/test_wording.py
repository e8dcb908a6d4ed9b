"""The helpers that word messages: did you mean, cut, plural."""

from __future__ import annotations

import pytest

from extract_core.wording import counted, cut, did_you_mean, nearest

KEYS = ("db_engine", "db_name", "fetchsize", "source_name", "source_type")
TABLES = ("public.orders", "public.order_lines", "public.Returns", "crm.people")


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("fetchsise", KEYS, ["fetchsize"]),
        ("FetchSize", KEYS, ["fetchsize"]),
        ("engine", KEYS, ["db_engine"]),
        ("colour", KEYS, []),
        ("public.order", TABLES, ["public.orders"]),
        ("PUBLIC.RETURNS", TABLES, ["public.Returns"]),
        ("anything", (), []),
    ],
)
def test_the_name_that_is_probably_meant(name, known, near):
    assert nearest(name, known) == near


def test_several_names_are_offered_if_asked_for():
    assert did_you_mean("public.order", TABLES, most=2) == "; did you mean 'public.orders' or 'public.order_lines'?"
    assert did_you_mean("fetchsise", KEYS) == "; did you mean 'fetchsize'?"
    assert did_you_mean("colour", KEYS) == ""


def test_a_long_text_is_cut():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcd …"


def test_a_number_of_things():
    assert [counted(number, "table") for number in (0, 1, 1_200)] == ["0 tables", "1 table", "1,200 tables"]
