"""What a name of a table means to the command, and how a config writes a table."""

from __future__ import annotations

import pytest
from shared_fixtures.table_names import CASES

from extract_cli.catalog.names import Names, quoted_name


@pytest.mark.parametrize(("name", "tables", "search_path", "meant"), CASES.values(), ids=CASES)
def test_a_name_means_the_tables_that_it_means_to_the_job(name, tables, search_path, meant):
    assert Names(tables, search_path).meant(name) == meant


ALL = sorted({place for _, tables, _, _ in CASES.values() for place in tables})


@pytest.mark.parametrize("place", ALL)
def test_a_written_name_means_its_table_only_whatever_the_search_path_of_the_job(place):
    names = Names(ALL, ["public"])
    assert Names(ALL, sorted({schema for schema, _ in ALL})).meant(names.written(place)) == [place]
    assert names.meant(quoted_name(place)) == [place]


def test_quotes_are_written_only_if_they_are_needed():
    places = [("crm", "t"), ("public", "order items"), ("public", "crm.t"), ("public", "größe")]
    names = Names(places, ["public"])
    assert list(map(names.written, places)) == ['crm."t"', "public.order items", 'public."crm.t"', "public.größe"]


@pytest.mark.parametrize(
    ("table", "written"),
    [("t", "t"), ("public.orders", "public.orders"), ('"x"', 'main."""x"""'), (" t ", 'main." t "'), ("main.t", 'main."main.t"')],
)
def test_sqlite_has_no_schemas(table, written):
    places = [("main", table), ("main", "t")]
    names = Names(places, ["main"], default="main", fold=str.lower)
    assert names.written(("main", table)) == written
    assert names.meant(written) == [("main", table)]
    assert names.meant("T") == [("main", "t")]
