"""Writers, runs, kills, reingests and backfills in any order: after each step the committed files are what the model says.

The model knows the guarantee, and nothing of how the job keeps it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from scenarios.databases import Mariadb, Postgresql, Sqlite
from scenarios.model import Model, Row
from scenarios.pipeline import Pipeline

from extract_core import FailureClass, JobState

LAG = 20
STEPS = 50
"""Steps of one scenario."""
counts: Counter[str] = Counter()
"""What the scenarios of this process did, for the printed figures."""


class Scenario(RuleBasedStateMachine):
    """One table, its writers and its runs."""

    def open_database(self) -> Any:
        return Sqlite(self.folder)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="scenario-"))
        self.database = self.open_database()
        self.pipeline = Pipeline(self.folder / "pipeline", self.database.engine, self.database.name, LAG)
        self.session: Any = None
        self.pending: dict[int, Row | None] = {}
        """What the open transaction did, by id; None: deleted."""
        self.touched: set[int] = set()
        self.savepoint: tuple[dict[int, Row | None], set[int]] | None = None
        self.clock = 100
        self.altered = 0
        self.tokens = 0
        self.used: dict[int, set[int | None]] = {}
        """The marks that each id has had."""

    @initialize(keyed=st.booleans())
    def create(self, keyed: bool) -> None:
        self.database.create(keyed=keyed)
        self.model = Model(lag=LAG, has_versions=self.database.has_versions)

    # Writers.

    def _row(self, key: int, back: int | None) -> Row:
        """A new version of a row. `back` None: no mark; else so far behind the newest mark."""
        self.tokens += 1
        self.clock += 1
        mark = None if back is None else self.clock - back
        while mark is not None and mark in self.used.setdefault(key, set()):
            mark -= 1
        self.used.setdefault(key, set()).add(mark)
        return key, mark, self.tokens

    def _write(self, key: int, row: Row | None, *, is_new: bool, in_session: bool) -> None:
        if row is None:
            statement: tuple[Any, ...] = ("DELETE FROM t WHERE id = ?", key)
        elif is_new:
            statement = ("INSERT INTO t (id, mark, token) VALUES (?, ?, ?)", *row)
        else:
            statement = ("UPDATE t SET mark = ?, token = ? WHERE id = ?", row[1], row[2], key)
        if in_session:
            self.session.execute(statement[0], statement[1:])
            self.pending[key] = row
        else:
            self.database.execute(*statement)
            self._committed({key: row})

    def _committed(self, changes: dict[int, Row | None]) -> None:
        for key, row in changes.items():
            if row is None:
                self.model.rows.pop(key, None)
            else:
                self.model.put(row, key)

    def _free(self, choice: int) -> int | None:
        """An id that no open transaction has changed."""
        keys = [key for key in self.model.rows if key not in self.pending and key not in self.touched]
        return keys[choice % len(keys)] if keys else None

    @property
    def _may_write(self) -> bool:
        return self.session is None or self.database.writes_at_once

    @rule(backs=st.lists(st.sampled_from([0, 0, 0, 1, 5, 15, 40, None]), min_size=1, max_size=4), in_session=st.booleans())
    def insert(self, backs: list[int | None], in_session: bool) -> None:
        in_session = self.session is not None and (in_session or not self._may_write)
        for back in backs:
            key = self.tokens + 1
            self._write(key, self._row(key, back), is_new=True, in_session=in_session)

    @rule(backs=st.lists(st.sampled_from([0, 0, 0, 2, 10]), min_size=2, max_size=4))
    def insert_in_the_open_transaction(self, backs: list[int]) -> None:
        self.insert([*backs], True)

    @rule(choice=st.integers(0, 99), back=st.sampled_from([0, 0, 3, 15]), in_session=st.booleans())
    def update(self, choice: int, back: int, in_session: bool) -> None:
        in_session = in_session and self.session is not None
        key = self._free(choice)
        if key is None or not (in_session or self._may_write):
            return
        self._write(key, self._row(key, back), is_new=False, in_session=in_session)

    @precondition(lambda self: self.database.has_versions)
    @rule(choice=st.integers(0, 99))
    def rewrite_without_change(self, choice: int) -> None:
        key = self._free(choice)
        if key is not None:
            self.database.execute("UPDATE t SET token = token WHERE id = ?", key)
            self.model.touched(key)

    @rule(choice=st.integers(0, 99), in_session=st.booleans())
    def delete(self, choice: int, in_session: bool) -> None:
        in_session = in_session and self.session is not None
        key = self._free(choice)
        if key is None or not (in_session or self._may_write):
            return
        self._write(key, None, is_new=False, in_session=in_session)

    @precondition(lambda self: self.session is None)
    @rule()
    def begin_transaction(self) -> None:
        self.session = self.database.session()

    @precondition(lambda self: self.session is not None and self.savepoint is None)
    @rule()
    def set_savepoint(self) -> None:
        self.session.execute("SAVEPOINT s")
        self.savepoint = (dict(self.pending), set(self.touched))

    @precondition(lambda self: self.session is not None and self.savepoint is not None)
    @rule(back=st.booleans())
    def end_savepoint(self, back: bool) -> None:
        if back:
            self.session.execute("ROLLBACK TO SAVEPOINT s")
            assert self.savepoint is not None
            self.pending, self.touched = self.savepoint
        self.session.execute("RELEASE SAVEPOINT s")
        self.savepoint = None

    @precondition(lambda self: self.session is not None)
    @rule(commit=st.sampled_from([True, True, False]))
    def end_transaction(self, commit: bool) -> None:
        self.session.execute("COMMIT" if commit else "ROLLBACK")
        self.session.close()
        if commit:
            self._committed(self.pending)
        self.session, self.pending, self.touched, self.savepoint = None, {}, set(), None

    @precondition(lambda self: self.session is None)
    @rule(rows=st.integers(0, 3), rarely=st.sampled_from([False] * 7 + [True]))
    def truncate(self, rows: int, rarely: bool) -> None:
        if rarely:
            self._truncate(rows)

    def _truncate(self, rows: int) -> None:
        self.database.execute("TRUNCATE t" if self.database.writes_at_once else "DELETE FROM t")
        self.model.rows.clear()
        for _ in range(rows):
            self.insert([0], False)

    @precondition(lambda self: self.session is None and self.model.rows)
    @rule(keep=st.integers(0, 99), rarely=st.sampled_from([False] * 3 + [True]))
    def restore(self, keep: int, rarely: bool) -> None:
        """The table is as it was some rows ago: the newest rows are gone, and the others are written again."""
        if not rarely:
            return
        rows = sorted(self.model.rows)[: 1 + keep % len(self.model.rows)]
        versions = {key: self.model.rows[key] for key in rows}
        self._truncate(0)
        for key, version in versions.items():
            self.database.execute("INSERT INTO t (id, mark, token) VALUES (?, ?, ?)", *version.row)
            self.model.rows[key] = version
            self.model.touched(key)

    @precondition(lambda self: self.session is None and self.database.has_versions)
    @rule()
    def vacuum(self) -> None:
        self.database.execute("VACUUM FREEZE t")

    @precondition(lambda self: self.session is None and self.altered < 3)
    @rule(rarely=st.sampled_from([False] * 3 + [True]))
    def add_a_column(self, rarely: bool) -> None:
        if not rarely:
            return
        self.altered += 1
        self.database.execute(f"ALTER TABLE t ADD COLUMN extra{self.altered} INTEGER")
        if not self.database.has_versions:  # rows are known by all their values, so the next run reads the overlap again
            self.model.delivered.clear()

    @rule(jump=st.sampled_from([-15, -5, 50]))
    def the_clock_of_the_writers_jumps(self, jump: int) -> None:
        self.clock = max(1, self.clock + jump)

    # Runs.

    def _check(self, row: Any, expectation: Any, entries_before: int) -> None:
        entries = self.pipeline.entries()
        if expectation.behind:
            assert (row.state, row.failure) == (JobState.FAILED, FailureClass.CONFLICT), row
            assert len(entries) == entries_before
            counts["refused"] += 1
            return
        assert row.state is JobState.SUCCEEDED, row
        assert len(entries) == entries_before + 1
        assert self.pipeline.rows_of(entries[-1]) == expectation.rows
        self.model.commit(expectation)
        counts["runs"] += 1
        counts["rows"] += expectation.rows.total()

    @rule(reingest=st.sampled_from([False] * 7 + [True]))
    def run(self, reingest: bool) -> None:
        before = len(self.pipeline.entries())
        expectation = self.model.expect(reingest=reingest)
        self._check(self.pipeline.run(**({"reingest": True} if reingest else {})), expectation, before)

    @rule(trouble=st.sampled_from(["job killed", "no manifest", "execution dies", "late job", "end told twice"]))
    def run_with_trouble(self, trouble: str) -> None:
        before = len(self.pipeline.entries())
        expectation = self.model.expect()
        item = self.pipeline.begin()
        ended = self.pipeline.job(item, killed=trouble == "job killed")
        if trouble == "job killed":
            self.pipeline.record(ended)
            assert self.pipeline.end(item).state is JobState.FAILED
            self._check(self.pipeline.run(rerun_of=item["run_id"]), self.model.expect(), before)
        elif trouble in {"execution dies", "late job"}:
            self.pipeline.dies(item)
            if trouble == "late job":  # another run takes the table over, and the job of the dead one commits nothing
                self.run(reingest=False)
                entries = self.pipeline.entries()
                self.pipeline.record(ended)
                assert self.pipeline.entries() == entries
        else:
            self.pipeline.record(ended, dies_before_manifest=trouble == "no manifest")
            if trouble == "end told twice":
                self.pipeline.record(ended)
            self._check(self.pipeline.end(item), expectation, before)
        counts[trouble] += 1

    @precondition(lambda self: self.model.low is not None)
    @rule(low=st.integers(0, 60), width=st.integers(1, 60))
    def backfill(self, low: int, width: int) -> None:
        begin = max(0, self.clock - low - width)
        row = self.pipeline.run(backfill={"from": str(begin), "to": str(begin + width)})
        assert row.state is JobState.SUCCEEDED, row
        expected = Counter(
            version.row
            for version in self.model.rows.values()
            if version.row[1] is not None and begin < version.row[1] <= begin + width
        )
        entry = self.pipeline.entries()[-1]
        assert (entry["mode"], self.pipeline.rows_of(entry)) == ("backfill", expected)

    @invariant()
    def live_files_hold_what_was_committed(self) -> None:
        counts["steps"] += 1
        if hasattr(self, "model"):
            assert self.pipeline.live() == self.model.live

    def teardown(self) -> None:
        if self.session is not None:
            self.session.close()
        self.database.close()
        self.pipeline.tracking.close()
        shutil.rmtree(self.folder)


class PostgresqlScenario(Scenario):
    """The same on PostgreSQL."""

    def open_database(self) -> Any:
        return Postgresql("scenarios")


class MariadbScenario(Scenario):
    """The same on MariaDB."""

    def open_database(self) -> Any:
        return Mariadb("scenarios")


def explore(scenario: type[Scenario], steps: int) -> None:
    """Run scenarios until they have taken this many steps, and print what they did."""
    counts.clear()
    while counts["steps"] < steps:
        run_state_machine_as_test(
            scenario,
            settings=settings(max_examples=10, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)),
        )
    sys.stdout.write(f"{dict(counts)}\n")
    assert counts["runs"] > steps // 20
    assert counts["rows"] > steps // 20


@pytest.fixture
def mariadb(mariadb_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the tests, for the job."""
    for name, value in {"HOST": "127.0.0.1", "TCP_PORT": str(mariadb_port), "USER": "admin", "PWD": "admin"}.items():
        monkeypatch.setenv(f"MYSQL_{name}", value)


@pytest.fixture
def connected(postgresql_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the tests, for libpq."""
    for name, value in {"HOST": "127.0.0.1", "PORT": str(postgresql_port), "USER": "admin", "PASSWORD": "admin"}.items():
        monkeypatch.setenv(f"PG{name}", value)


@pytest.mark.timeout(600)
def test_sqlite() -> None:
    explore(Scenario, 1_000)


@pytest.mark.postgres
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("connected")
def test_postgresql() -> None:
    """Other steps at each call; for more of them at once see below."""
    explore(PostgresqlScenario, 300)


@pytest.mark.mariadb
@pytest.mark.xdist_group("mariadb")
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("mariadb")
def test_mariadb() -> None:
    explore(MariadbScenario, 300)


@pytest.mark.soak
@pytest.mark.mariadb
@pytest.mark.usefixtures("mariadb")
def test_mariadb_for_long() -> None:
    explore(MariadbScenario, int(os.environ.get("EXTRACT_SCENARIO_STEPS", "50000")))


@pytest.mark.soak
def test_sqlite_for_long() -> None:
    explore(Scenario, int(os.environ.get("EXTRACT_SCENARIO_STEPS", "50000")))


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.usefixtures("connected")
def test_postgresql_for_long() -> None:
    explore(PostgresqlScenario, int(os.environ.get("EXTRACT_SCENARIO_STEPS", "50000")))
