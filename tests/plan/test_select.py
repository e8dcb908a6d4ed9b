"""Selection: names, globs, exclude; nothing that was asked for is dropped silently."""

from __future__ import annotations

import time
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract_core.errors import RunNotFound, UsageError
from extract_core.plan.event import read_event
from extract_core.plan.select import select_names

TABLES = ("public.orders", "public.accounts", "crm.people", "crm.[odd]", "Public.Orders")


TAGS = {"public.orders": ["large", "nightly"], "crm.people": ["nightly-late"], "crm.[odd]": ["large"]}
NEAR = "'public.accounts' or 'public.orders'"


def failed(run_id):
    if run_id == "r-1":
        return {"crm.people", "public.accounts"}
    if run_id == "r-2":
        return {"crm.people", "public.old", "public.older"}
    raise RunNotFound(f"there is no run {run_id!r}")


def select(tables, exclude=(), names=TABLES, tags=TAGS):
    event = read_event({"source": "sales", "tables": tables, "exclude": list(exclude)})
    return select_names(names, event, place="sales.yml", tags=lambda: tags, failed=failed)


@pytest.mark.parametrize(
    ("names", "exclude", "chosen"),
    [
        ("*", (), TABLES),
        (["crm.people", "public.orders"], (), ("public.orders", "crm.people")),
        ("crm.*", (), ("crm.people", "crm.[odd]")),
        ("public.?????s", (), ("public.orders",)),
        ("[cP]*", ("*odd*",), ("crm.people", "Public.Orders")),
        (["crm.[odd]"], (), ("crm.[odd]",)),
        ("*", ("public.*", "crm.people"), ("crm.[odd]", "Public.Orders")),
        ("tag:large", (), ("public.orders", "crm.[odd]")),
        ("tag:nightly*, Public.Orders", ("tag:large",), ("crm.people", "Public.Orders")),
        ("failed:r-1", (), ("public.accounts", "crm.people")),
        ("*", ("failed:r-1",), ("public.orders", "crm.[odd]", "Public.Orders")),
    ],
)
def test_the_tables_meant_in_the_order_of_the_config(names, exclude, chosen):
    assert select(names, exclude) == chosen


@pytest.mark.parametrize(
    ("names", "exclude", "message"),
    [
        ("public.acounts", (), f"there is no table 'public.acounts'; did you mean {NEAR}?"),
        ("PUBLIC.ACCOUNTS", (), "there is no table 'PUBLIC.ACCOUNTS'; did you mean 'public.accounts'?"),
        ("crm", (), "there is no table 'crm'; did you mean 'crm.*' (2 tables)?"),
        ("qx*", (), f"no table matches 'qx*'; it has 5: {', '.join(TABLES)}"),
        ("*", ("crm.peopl",), "exclude: there is no table 'crm.peopl'; did you mean 'crm.people'?"),
        ("tag:lrage", (), "no table has the tag 'lrage'; did you mean 'large'?"),
        ("tag:x", (), "no table has the tag 'x'; it has the tags: large, nightly, nightly-late"),
        ("crm.*", ("*",), "no table is left of the 2 that were selected: exclude (*) takes them all; narrow it"),
    ],
)  # fmt: skip
def test_what_matches_nothing_is_said(names, exclude, message):
    with pytest.raises(UsageError) as error:
        select(names, exclude)
    assert str(error.value) == f"sales.yml: {message}"


def test_without_tags_that_is_said():
    with pytest.raises(UsageError) as error:
        select("tag:large", tags={})
    assert str(error.value) == "sales.yml: no table has the tag 'large'; it has no tags"


def test_a_table_that_is_named_like_a_selector_is_just_that_table():
    assert select("tag:large", names=("tag:large", "b"), tags={"b": ["large"]}) == ("tag:large",)


def test_failed_tables_that_are_gone_are_named():
    with pytest.raises(UsageError) as error:
        select("failed:r-2")
    assert str(error.value) == (
        "failed:r-2: 'public.old', 'public.older' failed in that run and are no longer in the config: "
        "put back what was removed, or name the others"
    )
    with pytest.raises(RunNotFound):
        select("failed:r-3")


def test_ten_thousand_names_cost_what_all_cost():
    names = tuple(f"public.table_{number}" for number in range(10_000))
    everything, listed = [], []
    for _ in range(5):
        started = time.perf_counter()
        assert select("*", names=names) == names
        everything.append(time.perf_counter() - started)
        started = time.perf_counter()
        assert select(list(reversed(names)), names=names) == names
        listed.append(time.perf_counter() - started)
    assert min(listed) < min(everything) * 10 + 0.05  # of a plan that takes a second


_NAMES = st.lists(st.text("ab._-]\n", min_size=1, max_size=8), min_size=1, max_size=12, unique=True)
_PARTS = st.lists(st.sampled_from(["a", "ab", "*", "?", "[ab]", "[!a]", "[]a]", "[!]]", "[", "]", "."]), min_size=1)


@settings(max_examples=150)
@given(names=_NAMES, parts=_PARTS)
def test_a_glob_selects_what_fnmatch_does(names, parts):
    glob = "*" + "".join(parts)
    event = replace(read_event({"source": "sales", "tables": "*"}), tables=(glob,))
    matching = tuple(name for name in names if name == glob or fnmatchcase(name, glob))
    try:
        assert select_names(names, event, place="sales.yml") == matching
    except UsageError:
        assert matching == ()


def test_two_thousand_globs_of_ten_thousand_names_take_seconds():
    names = [f"schema{number % 50}.table_{number}" for number in range(10_000)]
    begin = time.process_time()
    assert len(select([f"*.*le_{number}" for number in range(2_000)], names=names)) == 2_000
    assert time.process_time() - begin < 4


def test_very_many_wrong_names_are_counted():
    started = time.perf_counter()
    with pytest.raises(UsageError) as error:
        select([f"x{number}" for number in range(3_000)], names=tuple(f"public.t{number}" for number in range(3_000)))
    assert str(error.value).endswith("; and 2990 more that match no table")
    assert time.perf_counter() - started < 5


def test_a_list_of_all_names_selects_all():
    names = tuple(f"public.t{number}" for number in range(10_000))
    assert select(list(names), names=names) == names
