# ruff: noqa: S311 - the values are those of the tests
"""Writers at random beside runs: each version that a run could see is delivered once."""

import random
from collections import Counter

import pytest

pytestmark = pytest.mark.postgres


class Writer:
    """A session that writes at random: transactions of any length, savepoints that end either way."""

    def __init__(self, session, dice, versions):
        self.session, self.dice, self.versions, self.depth = session, dice, versions, 0

    def step(self):
        action = self.dice.choices(["insert", "update", "delete", "savepoint", "release", "undo", "commit", "rollback"],
                                   [6, 4, 1, 3, 2, 1, 3, 1])[0]  # fmt: skip
        getattr(self, action)()

    def insert(self):
        late = self.dice.choice([0, 0, 0, 30, 300])
        self.session.execute(
            f"INSERT INTO t (version, at) SELECT {next(self.versions)}, clock_timestamp() - interval '{late} seconds'"
        )

    def update(self):
        mark = self.dice.choice(["at", "clock_timestamp()"])
        self._one(f"UPDATE t SET version = {next(self.versions)}, at = {mark}")  # noqa: S608 - the values are those of the tests

    def delete(self):
        self._one("DELETE FROM t")

    def _one(self, statement):
        """Change one row that no other writer has locked."""
        self.session.execute(f"{statement} WHERE id = (SELECT id FROM t ORDER BY random() FOR UPDATE SKIP LOCKED LIMIT 1)")  # noqa: S608 - the values are those of the tests

    def savepoint(self):
        self.depth += 1
        self.session.execute(f"SAVEPOINT s{self.depth}")

    def release(self):
        if self.depth:
            self.session.execute(f"RELEASE SAVEPOINT s{self.depth}")
            self.depth -= 1

    def undo(self):
        if self.depth:
            self.session.execute(f"ROLLBACK TO SAVEPOINT s{self.depth}")

    def commit(self):
        self.session.commit()
        self.depth = 0

    def rollback(self):
        self.session.rollback()
        self.depth = 0


@pytest.mark.parametrize("source", ["t", "w"])
@pytest.mark.parametrize("seed", [1])
def test_each_version_is_delivered_once(sql, new_session, runs, seed, source):
    dice, versions = random.Random(seed), iter(range(1, 1_000_000))
    sql("CREATE TABLE t (id bigserial PRIMARY KEY, version bigint, at timestamptz)", "CREATE INDEX ON t (at)")
    sql("CREATE VIEW w AS SELECT * FROM t")
    watcher = new_session(autocommit=True)
    writers = [Writer(new_session(), dice, versions) for _ in range(4)]
    delivered = Counter()

    def run():
        # READ COMMITTED: nobody commits meanwhile, so the run sees the same rows.
        visible = {version for (version,) in watcher.execute("SELECT version FROM t")}
        rows = runs.rows(extract_table=f"public.{source}", lag="1h", on_mark_behind="continue")
        delivered.update(row[1] for row in rows)
        assert visible <= delivered.keys()
        assert {version: count for version, count in delivered.items() if count > 1} == {}

    for _ in range(20):
        for _ in range(dice.randrange(12)):
            dice.choice(writers).step()
        run()
    for writer in writers:
        writer.commit()
        run()
    run()
