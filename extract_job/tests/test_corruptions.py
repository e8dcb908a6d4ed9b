"""Seeded corruptions of files, results and the job itself: `verify: full` finds each of them, and nothing in clean tables."""

import copy
import io
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shared_fixtures import random_tables

from extract_job.databases.sqlite import arrow as reader
from extract_job.databases.sqlite.source import SqliteSource
from extract_job.parquet import ParquetTarget
from extract_job.program import run
from extract_job.result import checksum
from extract_job.stopping import StopRequest
from extract_job.verifying import main

KINDS = ["BIGINT", "DECIMAL(12,2)", "BOOLEAN", "DOUBLE", "DATE", "TIMESTAMP", "TEXT", "BLOB"]
SEEDS = range(25)
COMPLETE = 45
"""Tests of this file, at least, if all are run."""

pytestmark = pytest.mark.xdist_group("corruptions")


def filled(dice, table):
    """Return a column and a row of it that holds a value other than the key."""
    places = [(name, row) for name in table.column_names[1:] for row, value in enumerate(table[name]) if value.is_valid]
    return dice.choice(places) if places else None


def with_value(table, name, row, value):
    values = table[name].to_pylist()
    values[row] = value
    position = table.column_names.index(name)
    return table.set_column(position, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def one_digit(dice, table):
    """Change one value as little as its type allows."""
    name, row = filled(dice, table)
    value, kind = table[name][row].as_py(), table.schema.field(name).type
    if pa.types.is_string(kind):
        at = dice.randrange(len(value)) if value else 0
        changed = value[:at] + ("a" if value[at : at + 1] != "a" else "b") + value[at + 1 :]
    elif pa.types.is_binary(kind):
        changed = bytes([value[0] ^ 1]) + value[1:] if value else b"\x00"
    elif pa.types.is_boolean(kind):
        changed = not value
    elif pa.types.is_floating(kind):
        changed = 7.25 if value in (0.0, float("inf")) else -value
    else:
        number = table[name][row].cast(
            pa.string() if pa.types.is_decimal(kind) else pa.int64() if kind != pa.date32() else pa.int32()
        )
        if pa.types.is_decimal(kind):
            unit = Decimal(1).scaleb(-kind.scale)
            changed = value - unit if value > 0 else value + unit
        else:
            units = number.as_py()
            moved = pa.array([units - 1 if units > 0 else units + 1], number.type).cast(kind)
            changed = moved[0].as_py()
    return with_value(table, name, row, changed)


def row_dropped(dice, table):
    row = dice.randrange(table.num_rows)
    return pa.concat_tables([table.slice(0, row), table.slice(row + 1)])


def row_doubled(dice, table):
    return pa.concat_tables([table, table.slice(dice.randrange(table.num_rows), 1)])


def row_replaced_by_another(dice, table):
    """Keep the count of rows: one row is lost and another stands twice."""
    if table.num_rows < 2:
        return None
    first, second = dice.sample(range(table.num_rows), 2)
    order = [second if row == first else row for row in range(table.num_rows)]
    return table.take(order)


def null_to_empty(dice, table):
    empty = {pa.string(): "", pa.binary(): b"", pa.int64(): 0, pa.bool_(): False, pa.float64(): 0.0}
    places = [
        (field.name, row)
        for field in table.schema
        if field.type in empty
        for row, value in enumerate(table[field.name])
        if not value.is_valid
    ]
    if not places:
        return None
    name, row = dice.choice(places)
    return with_value(table, name, row, empty[table.schema.field(name).type])


def empty_to_null(dice, table):
    name, row = filled(dice, table)
    return with_value(table, name, row, None)


def values_swapped(dice, table):
    """Two rows swap the values of one column: every figure of the column stays."""
    for name in dice.sample(table.column_names[1:], len(table.column_names) - 1):
        values = table[name].to_pylist()
        rows = [
            (left, right) for left in range(len(values)) for right in range(left) if repr(values[left]) != repr(values[right])
        ]
        if rows:
            left, right = dice.choice(rows)
            order = list(range(table.num_rows))
            order[left], order[right] = right, left
            return table.set_column(table.column_names.index(name), table.schema.field(name), table[name].take(order))
    return None


def columns_swapped(dice, table):
    """Two columns of one type swap their values."""
    pairs = [
        (left.name, right.name)
        for left in table.schema
        for right in table.schema
        if left.name < right.name and left.type == right.type and table[left.name] != table[right.name]
    ]
    if not pairs:
        return None
    left, right = dice.choice(pairs)
    names = [right if name == left else left if name == right else name for name in table.column_names]
    return table.select(names).rename_columns(table.column_names)


def hour_shifted(dice, table):
    names = [
        field.name
        for field in table.schema
        if pa.types.is_timestamp(field.type) and table[field.name].null_count < table.num_rows
    ]
    if not names:
        return None
    name = dice.choice(names)
    shift = 3_600_000_000 if table[name].cast(pa.int64()).to_pylist() != [] else 0
    moved = [
        None if value is None else value + (shift if value < 0 else -shift) for value in table[name].cast(pa.int64()).to_pylist()
    ]
    kind = table.schema.field(name)
    return table.set_column(table.column_names.index(name), kind, pa.array(moved, pa.int64()).cast(kind.type))


def decimals_rescaled(dice, table):
    """The same digits with another point: 12.34 becomes 1.234."""
    names = [
        field.name
        for field in table.schema
        if pa.types.is_decimal(field.type) and any(value.as_py() for value in table[field.name] if value.is_valid)
    ]
    if not names:
        return None
    name = dice.choice(names)
    kind = table.schema.field(name).type
    other = pa.decimal128(kind.precision, kind.scale + 1)
    arrays = [pa.Array.from_buffers(other, len(part), part.buffers(), offset=part.offset) for part in table[name].chunks]
    return table.set_column(table.column_names.index(name), pa.field(name, other), pa.chunked_array(arrays, other))


def gap(dice, table):
    """A part of the rows is missing, as if a partition was not read."""
    first = dice.randrange(table.num_rows)
    return pa.concat_tables([table.slice(0, first), table.slice(dice.randrange(first + 1, table.num_rows + 1))])


TABLES = [
    one_digit, row_dropped, row_doubled, row_replaced_by_another, null_to_empty, empty_to_null, values_swapped, columns_swapped,
    hour_shifted, decimals_rescaled, gap,
]  # fmt: skip


class Extract:
    """One extract with `verify: full`, and what tracking records of it."""

    def __init__(self, folder, seed, attempt="1", table="t", changed=""):
        self.folder = folder
        folder.mkdir()
        make(folder, seed, changed)
        self.code = run(argv(folder, table, attempt), StopRequest())
        self.result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        self.committed = copy.deepcopy(self.result)

    def path(self, dice):
        return self.folder / "out" / dice.choice(self.result["files"])["name"]

    def resized(self):
        """Let result and record name the sizes and rows that the files have now: only their figures are left to differ."""
        for members in (self.result, self.committed):
            for file in members["files"]:
                path = self.folder / "out" / file["name"]
                file["bytes"] = path.stat().st_size
            members["bytes"] = sum(file["bytes"] for file in members["files"])
            members["checksum"] = checksum(members)

    def differences(self):
        """What `extract_job verify` says."""
        (self.folder / "result.json").write_text(json.dumps(self.result), encoding="utf-8")
        request = {key: self.committed[key] for key in ("run_id", "attempt", "table", "rows", "bytes", "files", "high_watermark")}
        request |= {"folder": (self.folder / "out").as_uri(), "result_uri": (self.folder / "result.json").as_uri()}
        out = io.StringIO()
        main([json.dumps(request)], out)
        return json.loads(out.getvalue())["differences"]


def argv(folder, table="t", attempt="1"):
    pairs = {
        "extract_table": table, "run_id": "r", "attempt": attempt, "db_engine": "sqlite", "db_name": str(folder / "s.db"),
        "extract_s3_uri": (folder / "out").as_uri(), "result_uri": (folder / "result.json").as_uri(), "rows_per_file": "12",
        "verify": "full",
    }  # fmt: skip
    return [word for key, value in pairs.items() for word in (f"--{key}", value)]


def make(folder, seed, changed=""):
    """A table with a column of each kind and 20 to 45 rows, and another table with the same columns."""
    dice = random_tables.chance(seed)
    columns = [f"c{number} {kind}" for number, kind in enumerate([*KINDS, *dice.choices(KINDS, k=3)])]
    kinds = [column.split(" ", 1)[1] for column in columns]
    with closing(sqlite3.connect(folder / "s.db")) as connection:
        for name in ("t", "other"):
            connection.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {', '.join(columns)})")
            rows = [
                (number, *(None if dice.random() < 0.2 else value(dice, kind) for kind in kinds))
                for number in range(1, dice.randrange(20, 45))
            ]
            marks = ", ".join("?" * (len(kinds) + 1))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - constants
        connection.executescript(changed)
        connection.commit()


def value(dice, kind):
    cell = random_tables.SQLITE[kind](dice)
    return str(cell) if isinstance(cell, Decimal) else cell


@pytest.fixture(scope="module")
def extracts(tmp_path_factory):
    """Return a function that gives a fresh copy of the extract of a seed: of the table, of another one, or of another attempt."""
    made = {}

    def give(seed, **arguments):
        key = (seed, *arguments.values())
        if key not in made:
            made[key] = Extract(tmp_path_factory.mktemp("made") / "x", seed, **arguments)
            assert made[key].code == 0
        extract = copy.deepcopy(made[key])
        extract.folder = tmp_path_factory.mktemp("copy") / "x"
        shutil.copytree(made[key].folder, extract.folder)
        return extract

    return give


detected = Counter()
"""How many corruptions of each kind were found, in all tests of this file."""


tests_run = []


@pytest.fixture(autouse=True)
def all_found(request):
    """Check the sum once all tests of this file have run; the marker of the file keeps them in one process."""
    yield
    tests_run.append(request.node)
    here = [item for item in request.session.items if item.path == request.path]
    if len(tests_run) == len(here) >= COMPLETE and not request.session.testsfailed:
        assert sum(detected.values()) >= 500, detected


@pytest.mark.parametrize("corrupt", TABLES, ids=lambda corrupt: corrupt.__name__)
def test_files_with_other_rows(extracts, corrupt):
    effective = 0
    for seed in SEEDS:
        extract, dice = extracts(seed), random_tables.chance(1000 + seed)
        path = extract.path(dice)
        table = pq.read_table(path)
        changed = corrupt(dice, table)
        if changed is None:
            continue
        pq.write_table(changed, path, compression="zstd")
        extract.resized()
        assert extract.differences(), (corrupt.__name__, seed)
        effective += 1
    assert effective >= 15
    detected[corrupt.__name__] = effective


def cut(dice, extract):
    data = extract.path(dice).read_bytes()
    path = extract.path(dice)
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(len(data))])


def hole(dice, extract):
    path = extract.path(dice)
    data = path.read_bytes()
    at = dice.randrange(4, len(data) - 20)
    path.write_bytes(data[:at] + data[at + dice.randrange(1, 12) :])


def lost(dice, extract):
    extract.path(dice).unlink()


def emptied(dice, extract):
    extract.path(dice).write_bytes(b"")


def two_files_swapped(dice, extract):
    first, second = (extract.folder / "out" / file["name"] for file in dice.sample(extract.result["files"], 2))
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


@pytest.mark.parametrize("sizes_agree", [True, False])
@pytest.mark.parametrize("corrupt", [cut, hole, lost, emptied, two_files_swapped], ids=lambda corrupt: corrupt.__name__)
def test_files_that_are_damaged(extracts, corrupt, sizes_agree):
    if corrupt is lost and sizes_agree:
        pytest.skip("a file that is lost has no size")
    for seed in range(10):
        extract, dice = extracts(seed), random_tables.chance(2000 + seed)
        corrupt(dice, extract)
        if sizes_agree:
            extract.resized()
        assert extract.differences(), (corrupt.__name__, seed)
        detected[corrupt.__name__] += 1


@pytest.mark.parametrize(
    "other", [{"table": "other"}, {"attempt": "2", "changed": "UPDATE t SET c6 = c6 || 'x' WHERE id = 3"}], ids=str
)
def test_files_of_another_table_or_attempt(extracts, other):
    for seed in range(15):
        extract, stranger, dice = extracts(seed), extracts(seed, **other), random_tables.chance(3000 + seed)
        name = extract.result["files"][0]["name"]
        dice.random()
        shutil.copy(stranger.folder / "out" / name, extract.folder / "out" / name)
        extract.resized()
        if (extract.folder / "out" / name).read_bytes() == (extracts(seed).folder / "out" / name).read_bytes():
            continue
        assert extract.differences(), seed
        detected[f"file of another {next(iter(other))}"] += 1
        extract = extracts(seed)
        extract.result = stranger.result  # and the result object of the other one
        shutil.rmtree(extract.folder / "out")
        shutil.copytree(stranger.folder / "out", extract.folder / "out")
        assert extract.differences(), seed
        detected[f"result of another {next(iter(other))}"] += 1


def dropped(dice, table):
    return table.slice(1) if dice.random() < 0.5 else table.slice(0, table.num_rows - 1)


MUTANTS = [one_digit, dropped, row_doubled, values_swapped, empty_to_null, null_to_empty, hour_shifted]


@pytest.mark.parametrize("where", ["conversion", "writer", "row groups"])
@pytest.mark.parametrize("change", MUTANTS, ids=lambda change: change.__name__)
def test_mutants_of_the_job(tmp_path, monkeypatch, capsys, change, where):
    """The job itself changes rows on their way: it fails with PROOF, and no file is left."""
    effective = 0
    for seed in range(10):
        dice, done = random_tables.chance(4000 + seed), []

        def once(table, dice=dice, done=done):
            changed = None if done or table.num_rows < 2 else change(dice, table)
            if changed is None:
                return table
            done.append(1)
            return changed.combine_chunks()

        with monkeypatch.context() as patch:
            if where == "conversion":
                convert = reader.table_of
                patch.setattr(reader, "table_of", lambda *arguments, convert=convert: once(convert(*arguments)))
            elif where == "writer":
                write = ParquetTarget.write
                patch.setattr(ParquetTarget, "write", lambda self, table, write=write: write(self, once(table)))
            else:
                group = pq.ParquetWriter.write_table
                patch.setattr(
                    pq.ParquetWriter, "write_table", lambda self, table, group=group, **more: group(self, once(table), **more)
                )
            folder = tmp_path / str(seed)
            extract = Extract(folder, seed)
        if done:
            assert (extract.code, extract.result["error"]["class"]) == (1, "PROOF"), capsys.readouterr().err
            assert list((folder / "out").iterdir()) == []
            detected[f"job: {where}, {change.__name__}"] += 1
            effective += 1
    assert effective >= 5


@pytest.mark.parametrize("kind", ["batch is lost", "row is lost", "row comes twice"])
def test_mutants_of_the_reader(tmp_path, monkeypatch, kind):
    fetch = SqliteSource._fetched
    calls = []

    def mutant(self, most):
        rows = fetch(self, most)
        calls.append(1)
        if len(calls) == 1 and rows:
            return {
                "batch is lost": lambda: fetch(self, most),
                "row is lost": lambda: rows[1:],
                "row comes twice": lambda: [*rows, rows[0]],
            }[kind]()
        return rows

    monkeypatch.setattr(SqliteSource, "_fetched", mutant)
    for seed in range(8):
        calls.clear()
        extract = Extract(tmp_path / str(seed), seed)
        assert (extract.code, extract.result["error"]["class"]) == (1, "PROOF")
        detected[f"job: reader, {kind}"] += 1


def leaves(members, path=()):
    """Yield the path of each number, text and null in a JSON value."""
    if isinstance(members, dict | list):
        for key, member in members.items() if isinstance(members, dict) else enumerate(members):
            yield from leaves(member, (*path, key))
    else:
        yield path


def other(dice, leaf):
    """Return another value of the same type: a digit, or a letter."""
    if isinstance(leaf, bool) or leaf is None:
        return "x" if leaf is None else not leaf
    if isinstance(leaf, int):
        return leaf + dice.choice((-1, 1))
    at = dice.randrange(len(leaf)) if leaf else 0
    return leaf[:at] + ("1" if leaf[at : at + 1] != "1" else "2") + leaf[at + 1 :]


def test_results_with_one_other_member(extracts):
    for seed in range(120):
        extract, dice = extracts(seed % 10), random_tables.chance(5000 + seed)
        *path, last = dice.choice(list(leaves(extract.result)))
        members = extract.result
        for key in path:
            members = members[key]
        members[last] = other(dice, members[last])
        assert extract.differences(), (*path, last)
        detected["result: another member"] += 1


def test_results_without_a_member(extracts):
    for seed in range(40):
        extract, dice = extracts(seed % 10), random_tables.chance(6000 + seed)
        members = extract.result if dice.random() < 0.5 else dice.choice([extract.result["proof"], extract.result["files"][0]])
        name = dice.choice(sorted(members))
        del members[name]
        assert extract.differences(), name
        detected["result: a member is missing"] += 1


@pytest.mark.parametrize("tables", [60, pytest.param(700, marks=pytest.mark.soak)])
def test_no_false_alarm_in_clean_tables(tmp_path, tables):
    for seed in range(tables):
        columns, rows = random_tables.table(random_tables.SQLITE, seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        with closing(sqlite3.connect(folder / "s.db")) as connection:
            connection.execute(f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, kind in columns)})")
            marks = ", ".join("?" * len(columns))
            plain = [tuple(str(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in rows]
            connection.executemany(f"INSERT INTO t VALUES ({marks})", plain)  # noqa: S608 - constants
            connection.commit()
        assert run(argv(folder), StopRequest()) == 0, seed
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        assert result["rows"] == len(rows)
