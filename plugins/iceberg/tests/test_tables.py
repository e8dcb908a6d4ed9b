"""The plugin against a real catalog (SQLite), real Parquet files and PyIceberg as the reader."""

from __future__ import annotations

import datetime as dt
import sys
import threading
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from extract_core import AttemptReport, JobState, JobStatus, LiveAttempt
from extract_iceberg import extract_run_finished, tables

ID = pa.field("id", pa.int64(), nullable=False)
NAME = pa.field("name", pa.string())


class Lake:
    """A warehouse in a folder, and the attempts of one table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        properties = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.db", "warehouse": folder.as_uri()}
        self.settings = {"namespace": "lake", "catalog": properties}
        self.catalog = load_catalog("default", **properties)

    def attempt(self, run: str, columns: dict, fields=(ID, NAME), *, files=1, is_base=True) -> LiveAttempt:
        """An attempt whose rows lie in Parquet files: the same rows in each."""
        folder = self.folder / "data" / "a b%41" / f"run_id={run}"
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"part-{number}.parquet" for number in range(files)]
        for path in paths:
            pq.write_table(pa.table(columns, schema=pa.schema(fields)), path)
        mode = "full" if is_base else "incremental"
        uris = [path.as_uri() for path in paths]
        return LiveAttempt(
            run_id=run,
            attempt=1,
            mode=mode,
            is_base=is_base,
            recorded_at="t",
            rows=1,
            files=uris,
            folder=f"{folder.as_uri()}/",
        )

    def finish(self, *live: LiveAttempt, table="public.orders", state=JobState.SUCCEEDED, **settings) -> None:
        self.finish_with(lambda: live, table=table, state=state, **settings)

    def finish_with(self, read_live, table="public.orders", state=JobState.SUCCEEDED, **settings) -> None:
        report = AttemptReport(live=read_live)
        item = {"source": "sales", "table": table}
        extract_run_finished(table=item, status=JobStatus(state=state), report=report, settings={**self.settings, **settings})

    def table(self, name="public_orders") -> Table:
        return self.catalog.load_table(("lake", name))

    def rows(self, **options) -> list[dict]:
        return sorted(self.table().scan(**options).to_arrow().to_pylist(), key=lambda row: row["id"])


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def test_a_base_and_its_increments_are_appended_each_in_one_snapshot(lake):
    first = lake.attempt("r1", {"id": [1, 2], "name": ["a", None]})
    lake.finish(first)
    assert lake.rows() == [{"id": 1, "name": "a"}, {"id": 2, "name": None}]
    second = lake.attempt("r2", {"id": [3], "name": ["c"]}, is_base=False)
    lake.finish(first, second)
    assert [row["id"] for row in lake.rows()] == [1, 2, 3]
    snapshots = lake.table().metadata.snapshots
    assert [snapshot.summary.additional_properties["extract.run_id"] for snapshot in snapshots] == ["r1", "r2"]
    assert {file["file_path"] for file in lake.table().inspect.files().to_pylist()} == {
        f"file://{lake.folder}/data/a b%41/run_id={run}/part-0.parquet" for run in ("r1", "r2")
    }


def test_a_call_that_comes_twice_changes_nothing_and_a_lost_one_is_made_good(lake):
    attempts = [lake.attempt(f"r{number}", {"id": [number], "name": ["x"]}, is_base=number == 0) for number in range(4)]
    lake.finish(attempts[0])
    lake.finish(*attempts)
    before = lake.table().metadata_location
    lake.finish(*attempts)
    assert lake.table().metadata_location == before
    assert [row["id"] for row in lake.rows()] == [0, 1, 2, 3]


def test_a_new_base_replaces_all_rows_in_one_commit_and_the_old_snapshot_stays(lake):
    lake.finish(lake.attempt("r1", {"id": [1], "name": ["old"]}))
    old, metadata = lake.table().current_snapshot().snapshot_id, lake.table().metadata_location
    lake.finish(lake.attempt("r2", {"id": [7], "name": ["new"]}, files=2))
    assert [row["name"] for row in lake.rows()] == ["new", "new"]
    assert [row["name"] for row in lake.rows(snapshot_id=old)] == ["old"]
    assert lake.table().metadata.metadata_log[-1].metadata_file == metadata


def test_an_attempt_that_is_no_longer_live_takes_its_rows_with_it(lake):
    attempts = [lake.attempt(f"r{number}", {"id": [number], "name": ["x"]}, is_base=number == 0) for number in range(3)]
    lake.finish(*attempts)
    lake.finish(attempts[0], attempts[2])
    assert [row["id"] for row in lake.rows()] == [0, 2]


def test_files_that_somebody_has_compacted_are_not_added_again(lake):
    attempts = [lake.attempt(f"r{number}", {"id": [number], "name": ["x"]}, is_base=number == 0) for number in range(2)]
    lake.finish(*attempts)
    lake.table().overwrite(lake.table().scan().to_arrow())
    third = lake.attempt("r3", {"id": [3], "name": ["c"]}, is_base=False)
    lake.finish(*attempts, third)
    assert [row["id"] for row in lake.rows()] == [0, 1, 3]


def test_an_attempt_without_rows_or_files(lake):
    lake.finish(lake.attempt("r0", {}, files=0))
    assert not lake.catalog.namespace_exists("lake")
    lake.finish(lake.attempt("r1", {"id": [1], "name": ["a"]}))
    lake.finish(lake.attempt("r2", {}, files=0))
    assert lake.rows() == []


def test_a_failed_attempt_changes_nothing(lake):
    lake.finish(lake.attempt("r1", {"id": [1], "name": ["a"]}), state=JobState.FAILED)
    assert not lake.catalog.namespace_exists("lake")


@pytest.mark.parametrize(
    ("before", "after", "values"),
    [
        (pa.int32(), pa.int64(), (1, 2**40)),
        (pa.int64(), pa.int16(), (2**40, 3)),
        (pa.float32(), pa.float64(), (0.5, 0.1)),
        (pa.decimal128(5, 2), pa.decimal128(12, 2), (Decimal("1.25"), Decimal("1234567.25"))),
    ],
    ids=str,
)
def test_a_type_that_can_be_widened_is_kept_in_one_table(lake, before, after, values):
    base = lake.attempt("r1", {"id": [1], "v": [values[0]]}, (ID, pa.field("v", before)))
    lake.finish(base)
    lake.finish(base, lake.attempt("r2", {"id": [2], "v": [values[1]]}, (ID, pa.field("v", after)), is_base=False))
    assert [row["v"] for row in lake.rows()] == list(values)


def test_a_new_column_is_null_in_the_older_rows_and_a_dropped_one_in_the_newer(lake):
    base = lake.attempt("r1", {"id": [1], "name": ["a"]})
    lake.finish(base)
    lake.finish(base, lake.attempt("r2", {"id": [2], "more": [5]}, (ID, pa.field("more", pa.int32())), is_base=False))
    assert lake.rows() == [{"id": 1, "name": "a", "more": None}, {"id": 2, "name": None, "more": 5}]


def test_an_increment_of_another_type_is_refused_and_a_new_base_takes_its_columns(lake):
    base = lake.attempt("r1", {"id": [1], "name": ["a"]})
    lake.finish(base)
    retyped = (ID, pa.field("name", pa.int32()), pa.field("a.b", pa.string()))
    with pytest.raises(ValueError, match=r"the columns of 'public.orders' have changed .*name: string -> int.*--reingest"):
        lake.finish(base, lake.attempt("r2", {"id": [2], "name": [5], "a.b": ["x"]}, retyped, is_base=False))
    assert lake.rows() == [{"id": 1, "name": "a"}]
    lake.finish(lake.attempt("r3", {"id": [2], "name": [5], "a.b": ["x"]}, retyped))
    assert lake.rows() == [{"id": 2, "name": 5, "a.b": "x"}]
    lake.finish(lake.attempt("r4", {"id": [3]}, (ID,)))
    assert lake.rows() == [{"id": 3}]


INSTANT = dt.datetime(2026, 3, 29, 1, 2, 3, 456789, dt.UTC)


VALUES = [
    (pa.bool_(), True),
    (pa.int16(), -(2**15)),
    (pa.int32(), 2**31 - 1),
    (pa.int64(), -(2**63)),
    (pa.float32(), 0.5),
    (pa.float64(), 0.1),
    (pa.decimal128(38, 10), Decimal("-9999999999999999999999999999.0123456789")),
    (pa.decimal128(20, 0), Decimal(2**64 - 1)),
    (pa.string(), "é\n\0"),
    (pa.binary(), b"\0\xff"),
    (pa.date32(), dt.date(1, 1, 1)),
    (pa.time64("us"), dt.time(23, 59, 59, 999999)),
    (pa.timestamp("us"), INSTANT.replace(tzinfo=None)),
    (pa.timestamp("us", "UTC"), INSTANT),
    (pa.large_string(), "a"),
    (pa.uint16(), 2**16 - 1),
    (pa.list_(pa.int64()), [1, None]),
    (pa.struct([pa.field("a", pa.list_(pa.string())), pa.field("b", pa.date32())]), {"a": ["x"], "b": None}),
    (pa.map_(pa.string(), pa.int64()), [("k", 1)]),
]


def test_values_of_each_type_are_the_same(lake):
    fields = [ID, *(pa.field(f"v{number}", kind) for number, (kind, _) in enumerate(VALUES))]
    columns = {f"v{number}": [value, None] for number, (_, value) in enumerate(VALUES)}
    lake.finish(lake.attempt("r1", {"id": [1, 2], **columns}, fields))
    full, empty = lake.rows()
    assert full == {"id": 1, **{name: values[0] for name, values in columns.items()}}
    assert empty == {"id": 2, **dict.fromkeys(columns)}


UNSIGNED = [
    wrap(kind)
    for kind in (pa.uint32(), pa.uint64())
    for wrap in (
        lambda kind: kind,
        pa.list_,
        pa.large_list,
        lambda kind: pa.list_(kind, 2),
        lambda kind: pa.struct([pa.field("a", pa.int8()), pa.field("b", kind)]),
        lambda kind: pa.map_(kind, pa.string()),
        lambda kind: pa.map_(pa.string(), kind),
        lambda kind: pa.list_(pa.struct([pa.field("a", pa.map_(pa.string(), pa.list_(kind)))])),
    )
]


@pytest.mark.parametrize("kind", [*UNSIGNED, pa.timestamp("ns"), pa.decimal256(60, 2), pa.duration("s")], ids=str)
def test_a_type_that_iceberg_does_not_have_names_table_and_column(lake, kind):
    attempt = lake.attempt("r1", {"id": [1], "v": [None]}, (ID, pa.field("v", kind)))
    with pytest.raises(ValueError, match=r"table 'public\.orders': column 'v' is .*, which Iceberg does not have"):
        lake.finish(attempt)


def test_a_table_of_another_owner_is_not_touched(lake):
    attempt = lake.attempt("r1", {"id": [1], "name": ["a"]})
    lake.finish(attempt)
    with pytest.raises(ValueError, match=r"lake.public_orders belongs to 'sales/public.orders': set another namespace or prefix"):
        lake.finish(attempt, table="Public.Orders")
    lake.catalog.create_table(("lake", "mine"), pa.schema([ID]))
    with pytest.raises(ValueError, match=r"lake.mine was not made by this plugin"):
        lake.finish(attempt, table="mine")
    lake.finish(attempt, table="mine", prefix="raw_")
    assert lake.table("raw_mine").scan().to_arrow().num_rows == 1


@pytest.mark.parametrize("files", [1, 0])
@pytest.mark.parametrize("ahead", [1, 2])
def test_a_call_that_a_newer_one_overtakes_before_its_commit_reads_the_list_again(lake, monkeypatch, files, ahead):
    attempts = [lake.attempt(f"r{number}", {"id": [number], "name": ["x"]}, is_base=number == 0) for number in range(4)]
    attempts[1] = lake.attempt("empty", {"id": [1], "name": ["x"]}, is_base=False, files=files)
    lake.finish(attempts[0])
    commit, live = Table._do_commit, attempts[:2]

    def slow(self, updates, requirements):
        monkeypatch.setattr(Table, "_do_commit", commit)
        live[:] = attempts[: 1 + ahead + 1]
        lake.finish(*live)
        commit(self, updates, requirements)

    monkeypatch.setattr(Table, "_do_commit", slow)
    lake.finish_with(lambda: list(live))
    assert Table._do_commit is commit
    assert [row["id"] for row in lake.rows()] == [number for number in range(2 + ahead) if files or number != 1]
    assert "commit.retry.num-retries" not in lake.table().properties
    before = lake.table().metadata_location
    lake.finish(*live)
    assert lake.table().metadata_location == before


def test_a_list_that_was_read_before_a_newer_commit_does_not_take_its_rows(lake):
    attempts = [lake.attempt(f"r{number}", {"id": [number], "name": ["x"]}, is_base=number == 0) for number in range(3)]
    lake.finish(attempts[0])
    lists = [attempts[:2]]

    def read():
        if lists:
            lake.finish(*attempts)  # a newer call commits after this one has read its list
            return lists.pop()
        return attempts

    lake.finish_with(read)
    assert [row["id"] for row in lake.rows()] == [0, 1, 2]


def test_two_calls_that_create_the_same_table(lake, monkeypatch):
    attempts = [lake.attempt(f"r{number}", {"id": [number], "name": ["x"]}, is_base=number == 0) for number in range(2)]
    kind = type(lake.catalog)
    create, live = kind.create_table, attempts[:1]

    def slow(self, *values, **options):
        monkeypatch.setattr(kind, "create_table", create)
        live[:] = attempts
        with monkeypatch.context() as patch:
            patch.setattr(tables, "_OPENING", threading.Lock())  # the other call is one of another process
            lake.finish(*attempts)
        return create(self, *values, **options)

    monkeypatch.setattr(kind, "create_table", slow)
    lake.finish_with(lambda: list(live))
    assert kind.create_table is create
    assert [row["id"] for row in lake.rows()] == [0, 1]


def test_a_table_that_is_always_overtaken_is_given_up(lake, monkeypatch):
    def refuse(*_, **__):
        raise CommitFailedException("overtaken")

    attempt = lake.attempt("r1", {"id": [1], "name": ["a"]})
    monkeypatch.setattr(Table, "_do_commit", refuse)
    with pytest.raises(ValueError, match=r"table 'public.orders': other writers changed .* during each of 4 tries \(overtaken\)"):
        lake.finish(attempt)


@pytest.mark.parametrize(
    ("catalog", "words"),
    [
        ({"uri": "nonsense"}, "ArgumentError: Could not parse SQLAlchemy URL"),
        ({"uri": "sqlite:////proc/none/catalog.db"}, "OperationalError: .*unable to open database file"),
        ({"warehouse": "file:///proc/none"}, "Cannot create directory"),
        ({"type": "gluu"}, "'gluu' is not a valid CatalogType"),
    ],
    ids=str,
)
def test_a_catalog_that_cannot_be_written_names_the_table_and_what_to_check(lake, catalog, words):
    attempt = lake.attempt("r1", {"id": [1], "name": ["a"]})
    start = r"table 'public\.orders': its Iceberg table in the namespace 'lake' could not be changed: "
    with pytest.raises(RuntimeError, match=rf"(?s){start}.*{words}.* Check `catalog` in \[plugins\.iceberg\]"):
        lake.finish(attempt, catalog={**lake.settings["catalog"], **catalog})


def test_without_pyiceberg_the_message_says_what_to_install(lake, monkeypatch):
    monkeypatch.delitem(sys.modules, "extract_iceberg.tables")
    monkeypatch.delattr("extract_iceberg.tables")
    monkeypatch.setitem(sys.modules, "pyiceberg.catalog", None)
    with pytest.raises(RuntimeError, match=r"'public\.orders': PyIceberg cannot be loaded \(.*\)\. Install .*\[sql-sqlite\]"):
        lake.finish(lake.attempt("r1", {"id": [1], "name": ["a"]}))


def test_each_file_of_an_attempt_may_have_further_columns(lake):
    attempt = lake.attempt("r1", {"id": [1], "name": ["a"]}, files=2)
    other = pa.table({"id": [2], "name": ["b"], "more": [1]}, schema=pa.schema([ID, NAME, pa.field("more", pa.int32())]))
    pq.write_table(other, unquote(attempt.files[1].removeprefix("file://")))
    lake.finish(attempt)
    assert lake.rows() == [{"id": 1, "name": "a", "more": None}, {"id": 2, "name": "b", "more": 1}]
