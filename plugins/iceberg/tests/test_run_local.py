"""`extract run --local` into Iceberg tables: what PyIceberg and DuckDB read from them is what the source has."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import duckdb
import pytest
from pyiceberg.catalog import load_catalog
from shared_fixtures.command import succeed

COLUMNS = "id, country, day, amount, changed"
ROWS = [
    (1, "DE", "2026-01-01", 1.5, "2026-01-01 10:00:00"),
    (2, None, "2026-01-01", None, "2026-01-01 11:00:00"),
    (3, "a/b %41=é", "2026-01-02", -0.25, "2026-01-02 10:00:00"),
]
CONFIG = {
    "source_name": "sales", "source_type": "jdbc",
    "extract": {
        "job_type": "glue", "db_engine": "sqlite", "db_name": "sales.db",
        "tables": {
            "orders": {
                "extract_type": "PE",
                "hwm_col_name": "changed",
                "hwm_column_type": "TimestampType",
                "hive_partitions": ["country", {"on": "day"}],
                "metadata_columns": {"run": "run_id", "nth": "attempt"},
            }
        },
    },
}  # fmt: skip


class Project:
    """A source in SQLite, whose table is partitioned and increments, and a catalog in SQLite."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.catalog = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.db", "warehouse": (folder / "lake").as_uri()}
        (folder / "config").mkdir()
        (folder / "config/sales.yml").write_text(json.dumps(CONFIG))
        self.section(**self.catalog)
        self.execute("create table orders (id integer primary key, country text, day date, amount double, changed timestamp)")
        self.insert(*ROWS)

    def section(self, **catalog) -> None:
        pairs = ", ".join(f"{key} = {json.dumps(value)}" for key, value in catalog.items())
        (self.folder / "extract.toml").write_text(
            f'[job_types.glue]\njob_name = "j"\n[plugins.iceberg]\nnamespace = "lake"\ncatalog = {{{pairs}}}\n'
        )

    def execute(self, statement, *rows) -> None:
        with closing(sqlite3.connect(self.folder / "sales.db")) as database, database:
            database.executemany(statement, rows) if rows else database.execute(statement)

    def insert(self, *rows) -> None:
        self.execute("insert into orders values (?, ?, ?, ?, ?)", *rows)

    def run(self, run_id, *options, code=0) -> str:
        return succeed(self.folder, "run", "sales", "--local", "--run-id", run_id, *options, code=code).stderr

    def check(self, *runs) -> None:
        """The table has each row of the source once, each from this run, in the order of their ids."""
        with closing(sqlite3.connect(self.folder / "sales.db")) as database:
            source = database.execute(f"select {COLUMNS} from orders order by id").fetchall()  # noqa: S608 - names of this file
        scan = load_catalog("default", **self.catalog).load_table(("lake", "orders")).scan()
        table = scan.to_arrow().sort_by("id")
        files = [task.file.file_path.removeprefix("file://") for task in scan.plan_files()]
        of_duckdb = duckdb.sql(f"select * from read_parquet({files!r}, hive_partitioning = false) order by id").arrow()  # noqa: S608
        assert of_duckdb.read_all().select(table.column_names).to_pylist() == table.to_pylist()
        rows = [(row["id"], row["country"], str(row["day"]), row["amount"], str(row["changed"])) for row in table.to_pylist()]
        assert rows == source
        assert table["run"].to_pylist() == list(runs)
        assert set(table["nth"].to_pylist()) == {1}


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_partitioned_files_with_metadata_columns_over_full_reads_increments_and_reruns(project):
    project.run("r1")
    project.check("r1", "r1", "r1")
    project.insert((4, "DE", "2026-01-03", 0.1, "2026-01-03 10:00:00"))
    project.run("r2")
    project.check("r1", "r1", "r1", "r2")
    project.run("r3")  # nothing is new
    project.check("r1", "r1", "r1", "r2")
    project.execute("delete from orders where id = 2")
    project.run("r4", "--reingest")
    project.check("r4", "r4", "r4")
