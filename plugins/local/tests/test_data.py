"""`extract data`: which files hold the rows of a table now, read by DuckDB."""

from __future__ import annotations

import ast
import json
import sqlite3

import duckdb
import pytest

CONFIG = """
source_name: shop
extract:
  job_type: glue
  db_engine: sqlite
  db_name: shop.db
  tables:
    full: {}
    grown: {extract_type: PE, watermark: {column: id, type: integer}}
"""


@pytest.fixture
def shop(demo_project):
    def write(*statements):
        with sqlite3.connect(demo_project.folder / "shop.db") as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    write(*(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, text TEXT)" for table in ("full", "grown")))
    write("INSERT INTO full VALUES (1, 'a'), (2, 'b')", "INSERT INTO grown SELECT * FROM full")
    demo_project.config(CONFIG, "shop")
    demo_project.write = write
    return demo_project


def run(project, number, *more):
    project.extract("run", "shop", *more, "--local", "--run-id", f"run-{number}")


def rows(project, table, *more):
    """The rows that DuckDB reads with the printed code."""
    query = project.extract("data", table, "--for", "duckdb", "--local", *more).stdout
    return sorted(duckdb.sql(query).fetchall())


def test_a_full_extract_replaces_what_was_before_and_an_increment_adds(shop):
    run(shop, 1)
    shop.write("INSERT INTO full VALUES (3, 'c')", "DELETE FROM full WHERE id = 1", "INSERT INTO grown VALUES (3, 'c')")
    run(shop, 2)
    assert rows(shop, "full") == [(2, "b"), (3, "c")]
    assert rows(shop, "grown") == [(1, "a"), (2, "b"), (3, "c")]
    assert rows(shop, "full", "--run", "run-1") == [(1, "a"), (2, "b")]
    assert rows(shop, "grown", "--run", "run-1") == [(1, "a"), (2, "b")]
    assert rows(shop, "grown", "--run", "latest") == [(1, "a"), (2, "b"), (3, "c")]


def test_files_that_no_attempt_committed_are_no_data(shop):
    run(shop, 1)
    (folder,) = (shop.folder / ".extract/data/shop/full").glob("run_id=*/attempt=1")
    (folder / "part-00001.parquet").write_bytes((folder / "part-00000.parquet").read_bytes())
    assert shop.extract("data", "full", "--local").stdout.splitlines() == [str(folder / "part-00000.parquet")]


def test_a_new_base_replaces_the_increments_and_a_backfill_is_named(shop):
    run(shop, 1)
    run(shop, 2, "grown", "--reingest")
    run(shop, 3, "grown", "--backfill-from", "0", "--backfill-to", "1")
    done = shop.extract("data", "grown", "--local")
    assert len(done.stdout.splitlines()) == 2
    assert "the backfill of run run-3 read rows again" in done.stderr
    answer = json.loads(shop.extract("data", "grown", "--local", "--output", "json").stdout)
    assert [(attempt["run_id"], attempt["mode"], attempt["is_base"]) for attempt in answer["attempts"]] == [
        ("run-2", "incremental", True),
        ("run-3", "backfill", False),
    ]
    assert answer["files"] == done.stdout.splitlines()


@pytest.mark.parametrize("reader", ["polars", "pandas", "spark"])
def test_code_for_python_is_python_and_names_the_files(shop, reader):
    run(shop, 1)
    path = shop.extract("data", "full", "--local").stdout.strip()
    tree = ast.parse(shop.extract("data", "full", "--for", reader, "--local").stdout)
    assert path in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]


def test_what_is_not_there_is_named(shop):
    run(shop, 1, "grown")
    assert "no run has had the table 'grwn' yet; did you mean 'grown'?" in shop.extract("data", "grwn", "--local", code=2).stderr
    run(shop, 2, "full")
    wrong = shop.extract("data", "full", "--run", "run-1", "--local", code=2).stderr
    assert "run 'run-1' has committed rows of 'full'" not in wrong
    assert "run 'run-1' has not committed rows of 'full'; see: extract history full" in wrong


def test_a_damaged_entry_is_an_error_and_not_a_shorter_list(shop):
    run(shop, 1)
    (entry,) = (shop.folder / ".extract/data/shop/full/_committed").glob("*.json")
    entry.write_text('{"mode": "full"}', encoding="utf-8")
    assert "is damaged: KeyError: 'extract_s3_uri'" in shop.extract("data", "full", "--local", code=1).stderr
