"""What a name of a table means to the job."""

from __future__ import annotations

import pytest
from shared_fixtures.table_names import CASES

from extract_job.databases.table_names import find_name, spelled, written
from extract_job.errors import JobError


@pytest.mark.parametrize(("name", "tables", "search_path", "meant"), CASES.values(), ids=CASES)
def test_a_name_means_one_table_or_is_refused_with_each_candidate(name, tables, search_path, meant):
    if len(meant) > 1:
        with pytest.raises(JobError) as refused:
            find_name(name, "shop", tables, search_path)
        ways = " or ".join(written(*place) for place in meant)
        assert str(refused.value) == (
            f"database 'shop': the name {name!r} means {len(meant)} tables; write the one to be read: {ways}"
        )
    else:
        assert find_name(name, "shop", tables, search_path) == (meant[0] if meant else None)


@pytest.mark.parametrize("place", sorted({place for _, tables, _, _ in CASES.values() for place in tables}))
def test_a_written_name_means_its_table_only(place):
    others = [(schema, table) for _, tables, _, _ in CASES.values() for schema, table in tables]
    assert find_name(written(*place), "shop", others, ["public"]) == place
    assert find_name(spelled(*place), "shop", [place], ["public"]) == place
