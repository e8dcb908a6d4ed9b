"""The demo's source database: realistic, related, and the same every time."""

import re
import sqlite3
from contextlib import closing

import pytest

from extract_local.demo.database import (
    EMPTY_TABLE,
    INCREMENTAL,
    MISSING_TABLE,
    TABLES,
    add_rows,
    create_missing_table,
    make_database,
)

ROWS = 3000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "sales.db"
    counts = make_database(path, rows=ROWS)
    return path, counts


def ask(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_it_has_the_rows_it_was_asked_for(made):
    path, counts = made
    assert sum(counts.values()) == ROWS
    assert counts == {table: ask(path, f'SELECT count(*) FROM "{table}"')[0][0] for table in TABLES}  # noqa: S608
    assert [table for table, count in counts.items() if count == 0] == [EMPTY_TABLE]


def test_its_default_is_half_a_million_rows_over_at_least_fourteen_tables():
    assert make_database.__kwdefaults__["rows"] == 520_000
    assert len(TABLES) == 18


def test_foreign_keys_hold(made):
    path, _ = made
    assert ask(path, "PRAGMA foreign_key_check") == []
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


def test_the_text_is_as_awkward_as_real_text(made):
    path, _ = made
    notes = {note for (note,) in ask(path, 'SELECT note FROM "public.customers"')}
    assert None in notes
    assert "" in notes
    for part in ('"', "'", "\n", "\r\n", "\t", "🎉", "漢字", "\\"):
        assert any(part in note for note in notes if note)


def test_a_table_has_a_composite_key_and_several_types_are_there(made):
    path, _ = made
    keys = [row[5] for row in ask(path, "PRAGMA table_info('public.order_lines')")]
    assert keys == [1, 2, 0, 0, 0, 0]
    declared = {re.sub(r"\(.*", "", row[2]) for table in TABLES for row in ask(path, f"PRAGMA table_info('{table}')")}
    assert declared >= {"BIGINT", "BLOB", "BOOLEAN", "DATE", "DECIMAL", "JSON", "NUMERIC", "REAL", "TIMESTAMP", "TIMESTAMPTZ"}


def test_it_is_the_same_every_time(made, tmp_path):
    path, _ = made
    again = tmp_path / "again.db"
    make_database(again, rows=ROWS)
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(again)) as other:
        assert list(one.iterdump()) == list(other.iterdump())


def test_progress_names_each_table_when_it_is_filled(tmp_path):
    seen = []
    counts = make_database(tmp_path / "sales.db", rows=1000, progress=lambda table, rows: seen.append((table, rows)))
    assert seen == list(counts.items())


def test_too_few_rows_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^the demo's database has at least 1000 rows, not 999$"):
        make_database(tmp_path / "sales.db", rows=999)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_off_making_leaves_nothing(tmp_path):
    def stop(table, rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_database(tmp_path / "sales.db", rows=1000, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_added_rows_lie_beyond_each_watermark(tmp_path):
    path = tmp_path / "sales.db"
    counts = make_database(path, rows=ROWS)
    for _ in range(2):
        before = {table: ask(path, f'SELECT max("{column}") FROM "{table}"')[0][0] for table, (column, _) in INCREMENTAL.items()}  # noqa: S608
        added = add_rows(path, orders=40)
        assert sorted(added) == sorted(INCREMENTAL)
        for table, count in added.items():
            column = INCREMENTAL[table][0]
            with closing(sqlite3.connect(path)) as connection:
                newer = connection.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" > ?', (before[table],)).fetchone()  # noqa: S608
            assert (table, newer) == (table, (count,))
        counts = {table: count + added.get(table, 0) for table, count in counts.items()}
    assert counts == {table: ask(path, f'SELECT count(*) FROM "{table}"')[0][0] for table in TABLES}  # noqa: S608
    assert ask(path, "PRAGMA foreign_key_check") == []


def test_watermarks_have_no_nulls(made):
    path, _ = made
    for table, (column, _) in INCREMENTAL.items():
        assert ask(path, f'SELECT count(*) FROM "{table}" WHERE "{column}" IS NULL') == [(0,)]  # noqa: S608


def test_the_missing_table_comes_later(tmp_path):
    path = tmp_path / "sales.db"
    make_database(path, rows=1000)
    assert ask(path, f"SELECT count(*) FROM sqlite_master WHERE name = '{MISSING_TABLE}'") == [(0,)]  # noqa: S608
    assert create_missing_table(path, rows=20) == 20
    assert ask(path, f'SELECT count(*) FROM "{MISSING_TABLE}"') == [(20,)]  # noqa: S608
    assert ask(path, "PRAGMA foreign_key_check") == []


def test_changes_need_the_database(tmp_path):
    with pytest.raises(sqlite3.OperationalError, match=r"^unable to open database file$"):
        add_rows(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []
