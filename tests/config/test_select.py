"""Selection: names, globs, exclude; nothing that was asked for is dropped silently."""

from __future__ import annotations

import time

import pytest

from extract_core.config import read_event, select_names
from extract_core.errors import UsageError

TABLES = ("public.orders", "public.accounts", "crm.people", "crm.[odd]", "Public.Orders")


NEAR = "'public.accounts', 'public.orders'"


def select(tables, exclude=(), names=TABLES):
    event = read_event({"source_name": "sales", "extract_tables": tables, "exclude": list(exclude)})
    return select_names(names, event, place="sales.yml")


@pytest.mark.parametrize(
    ("asked", "exclude", "chosen"),
    [
        ("*", (), TABLES),
        (["crm.people", "public.orders"], (), ("public.orders", "crm.people")),
        ("crm.*", (), ("crm.people", "crm.[odd]")),
        ("public.?????s", (), ("public.orders",)),
        ("[cP]*", ("*odd*",), ("crm.people", "Public.Orders")),
        (["crm.[odd]"], (), ("crm.[odd]",)),
        ("*", ("public.*", "crm.people"), ("crm.[odd]", "Public.Orders")),
    ],
)
def test_the_tables_meant_in_the_order_of_the_config(asked, exclude, chosen):
    assert select(asked, exclude) == chosen


@pytest.mark.parametrize(
    ("asked", "exclude", "message"),
    [
        ("public.acounts", (), f"extract_tables: there is no table 'public.acounts'; the nearest are {NEAR}"),
        ("PUBLIC.ACCOUNTS", (), "extract_tables: there is no table 'PUBLIC.ACCOUNTS'; the nearest are 'public.accounts'"),
        ("qx*", (), f"extract_tables: no table matches 'qx*'; it has 5: {', '.join(TABLES)}"),
        ("*", ("crm.peopl",), "exclude: there is no table 'crm.peopl'; the nearest are 'crm.people'"),
        ("crm.*", ("*",), "no table is left of the 2 in extract_tables: exclude (*) takes them all; narrow it"),
    ],
)  # fmt: skip
def test_what_matches_nothing_is_said(asked, exclude, message):
    with pytest.raises(UsageError) as error:
        select(asked, exclude)
    assert str(error.value) == f"sales.yml: {message}"


def test_very_many_wrong_names_are_counted():
    started = time.perf_counter()
    with pytest.raises(UsageError) as error:
        select([f"x{number}" for number in range(3_000)], names=tuple(f"public.t{number}" for number in range(3_000)))
    assert str(error.value).endswith("; and 2990 more that match no table")
    assert time.perf_counter() - started < 5


def test_a_list_of_all_names_selects_all():
    names = tuple(f"public.t{number}" for number in range(10_000))
    assert select(list(names), names=names) == names
