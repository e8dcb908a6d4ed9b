"""The window of PostgreSQL, with real sessions that write meanwhile."""

import json

import pytest

pytestmark = pytest.mark.postgres

BY_TIME = {"hwm_col_name": "at", "hwm_column_type": "TimestampType"}
BY_ID = {"hwm_col_name": "id", "hwm_column_type": "LongType"}
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v text, at timestamptz NOT NULL DEFAULT clock_timestamp())"


def ids(runs, **changed):
    return [row[0] for row in runs.rows(**changed)]


def test_a_late_commit_is_delivered_once(sql, new_session, runs):
    sql(TABLE)
    late = new_session()
    late.execute("INSERT INTO t VALUES (1, 'late')")
    sql("INSERT INTO t VALUES (2, 'early')")
    assert ids(runs) == [2]
    late.commit()
    assert ids(runs) == [1]
    assert ids(runs) == []
    assert runs.last.result["rows_delivered_before"] == 2


@pytest.mark.parametrize(
    "begin",
    [
        ["SAVEPOINT one", "INSERT INTO t VALUES (1, 'late')", "RELEASE SAVEPOINT one"],
        ["DO $$ BEGIN INSERT INTO t VALUES (1, 'late'); EXCEPTION WHEN division_by_zero THEN NULL; END $$"],
        ["SAVEPOINT one", "SAVEPOINT two", "INSERT INTO t VALUES (1, 'late')"],
    ],
    ids=["savepoint", "exception block", "nested"],
)
def test_a_late_commit_of_a_subtransaction_is_delivered_once(sql, new_session, runs, begin):
    """Snapshots do not list subtransactions, and the band between xmin and xmax holds both kinds."""
    sql(TABLE)
    late = new_session()
    late.execute("SELECT pg_current_xact_id()")
    for statement in begin:
        late.execute(statement)
    sql("INSERT INTO t VALUES (2, 'early')", "INSERT INTO t VALUES (3, 'early')")
    assert ids(runs) == [2, 3]
    assert runs.last.result["overlap"]["rows"] == 2
    late.commit()
    sql("INSERT INTO t VALUES (4, 'new')")
    assert ids(runs) == [1, 4]
    assert ids(runs) == []


def test_many_subtransactions_around_a_long_one(sql, new_session, runs):
    """More than 64 subtransactions overflow the list of a session; the rule does not use it."""
    sql(TABLE)
    late, early = new_session(), new_session()
    late.execute("SELECT pg_current_xact_id()")
    written = set()
    for number in range(300):
        session = late if number % 3 == 0 else early
        session.execute("SAVEPOINT one")
        session.execute(f"INSERT INTO t VALUES ({number}, 'x')")  # noqa: S608 - the values are those of the tests
        session.execute("RELEASE SAVEPOINT one" if number % 7 else "ROLLBACK TO SAVEPOINT one")
        written |= {number} if number % 7 else set()
    early.commit()
    assert ids(runs) == sorted((number for number in written if number % 3), key=lambda number: repr((number,)))
    late.commit()
    assert set(ids(runs)) == {number for number in written if number % 3 == 0}
    assert ids(runs) == []


def test_a_rolled_back_row_is_never_delivered(sql, new_session, runs):
    sql(TABLE, "INSERT INTO t VALUES (1, 'x')")
    other = new_session()
    other.execute("INSERT INTO t VALUES (2, 'never')")
    assert ids(runs) == [1]
    other.rollback()
    assert ids(runs) == []


def test_each_version_of_a_row_is_delivered_once(sql, new_session, runs):
    sql(TABLE, "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    runs.rows()
    sql("UPDATE t SET v = 'c' WHERE id = 1")  # the mark stays
    assert [row[:2] for row in runs.rows()] == [(1, "c")]
    late = new_session()
    late.execute("UPDATE t SET v = 'd', at = clock_timestamp() WHERE id = 1")
    sql("UPDATE t SET v = 'e', at = clock_timestamp() WHERE id = 2")
    assert [row[:2] for row in runs.rows()] == [(2, "e")]
    late.commit()
    assert [row[:2] for row in runs.rows()] == [(1, "d")]
    sql("DELETE FROM t WHERE id = 1")
    assert runs.rows() == []


def test_rows_without_a_key_and_with_one_mark(sql, runs):
    sql("CREATE TABLE t (v text, at timestamptz)", "INSERT INTO t SELECT 'x', '2024-05-01' FROM generate_series(1, 3)")
    assert len(runs.rows()) == 3
    sql("INSERT INTO t VALUES ('x', '2024-05-01'), ('x', '2024-05-01')")
    assert len(runs.rows(lag="0")) == 2
    assert runs.rows(lag="0") == []


@pytest.mark.parametrize("change", ["VACUUM (FREEZE) t", "VACUUM (FULL) t", "CLUSTER t USING t_pkey", "ANALYZE t"])
def test_maintenance_makes_no_row_new(sql, new_session, runs, change):
    sql(TABLE, "INSERT INTO t VALUES (1, 'x'), (2, 'x')")
    holder = new_session()
    holder.execute("SELECT pg_current_xact_id()")  # so that there is a band
    sql("INSERT INTO t VALUES (3, 'x')")
    assert ids(runs) == [1, 2, 3]
    holder.rollback()
    sql(change)
    assert ids(runs) == []
    sql("INSERT INTO t VALUES (4, 'x')", change)
    assert ids(runs) == [4]


def test_a_resting_table_stays_silent(sql, runs):
    sql(TABLE, "INSERT INTO t SELECT i, 'x', '2024-05-01' FROM generate_series(1, 1000) i", "CREATE INDEX ON t (at)", "ANALYZE t")
    assert len(ids(runs)) == 1000
    for _ in range(3):
        sql("SELECT pg_current_xact_id()")
        assert ids(runs) == []
        assert runs.last.result["rows_delivered_before"] == 1000


def test_truncate_and_a_restarted_sequence_are_a_conflict(sql, chain):
    sql("CREATE TABLE t (id bigserial, v text)", "INSERT INTO t (v) SELECT 'x' FROM generate_series(1, 100)")
    runs = chain(db_engine="postgres", db_name="shop", extract_table="public.t", **BY_ID)
    assert len(runs.rows()) == 100
    sql("TRUNCATE t RESTART IDENTITY", "INSERT INTO t (v) VALUES ('new'), ('new')")
    failure = runs.run().failure
    assert failure["class"] == "CONFLICT"
    assert failure["message"].startswith(
        "the newest mark of the table is '2', and the committed mark of 'id' is '100': the table"
    )
    assert len(runs.rows(on_mark_behind="continue")) == 2  # both are new versions within the lag


def test_partitions(sql, new_session, runs):
    sql(
        "CREATE TABLE t (id int, v text, at timestamptz NOT NULL) PARTITION BY LIST (v)",
        "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a')",
        "CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b')",
        "INSERT INTO t VALUES (1, 'a', '2024-05-01'), (2, 'b', '2024-05-01')",
    )
    late = new_session()
    late.execute("INSERT INTO t VALUES (3, 'a', '2024-05-01')")
    assert ids(runs) == [1, 2]
    late.commit()
    assert ids(runs) == [3]
    sql("CREATE TABLE t_c (LIKE t)", "INSERT INTO t_c VALUES (4, 'c', '2024-05-01')")
    assert ids(runs) == []
    sql("ALTER TABLE t ATTACH PARTITION t_c FOR VALUES IN ('c')")  # its rows are older than the last snapshot
    assert ids(runs) == [4]
    assert ids(runs) == []
    sql("UPDATE t SET v = 'b' WHERE id = 1")  # moves to another partition
    assert ids(runs) == [1]


def test_a_table_of_the_same_name_is_another_table(sql, runs):
    sql("CREATE TABLE t (id int, at timestamptz)", "INSERT INTO t VALUES (1, '2024-05-01')")
    sql("CREATE TABLE new (id int, at timestamptz)", "INSERT INTO new VALUES (1, '2024-05-01'), (2, '2024-05-01')")
    assert ids(runs) == [1]
    sql("ALTER TABLE t RENAME TO old", "ALTER TABLE new RENAME TO t")
    assert ids(runs) == [1, 2]
    assert ids(runs) == []


VIEWS = {
    "view": ("CREATE VIEW t AS SELECT * FROM base", "SELECT 1"),
    "materialized view": ("CREATE MATERIALIZED VIEW t AS SELECT * FROM base", "REFRESH MATERIALIZED VIEW t"),
    "foreign table": (
        """CREATE EXTENSION postgres_fdw;
        CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{port}', dbname 'shop');
        CREATE USER MAPPING FOR admin SERVER self OPTIONS (user 'admin', password 'admin');
        CREATE FOREIGN TABLE t (id int, v text, at timestamptz) SERVER self OPTIONS (schema_name 'public', table_name 'base')""",
        "SELECT 1",
    ),
}


@pytest.mark.parametrize("kind", VIEWS)
def test_rows_without_transactions_are_known_by_their_digests(sql, new_session, runs, kind, postgresql_port):
    create, refresh = VIEWS[kind]
    sql(TABLE.replace("TABLE t", "TABLE base"), "INSERT INTO base VALUES (1, 'x', '2024-05-01'), (2, NULL, '2024-05-01')")
    sql(create.replace("{port}", str(postgresql_port)))
    late = new_session()
    late.execute("INSERT INTO base VALUES (3, 'late', '2024-05-01')")
    assert ids(runs) == [1, 2]
    assert runs.last.result["overlap"]["by"] == "digests"
    late.commit()
    sql(refresh)
    assert ids(runs) == [3]
    sql("UPDATE base SET v = '' WHERE id = 2", refresh)
    assert ids(runs) == [2]
    assert ids(runs) == []
    assert runs.last.result["rows_delivered_before"] == 3


def test_equal_rows_of_a_view_are_counted(sql, runs):
    sql("CREATE TABLE base (at timestamptz)", "CREATE VIEW t AS SELECT * FROM base")
    sql("INSERT INTO base SELECT '2024-05-01' FROM generate_series(1, 3)")
    assert len(runs.rows()) == 3
    sql("INSERT INTO base SELECT '2024-05-01' FROM generate_series(1, 2)")
    assert len(runs.rows()) == 2
    assert runs.rows() == []


def test_a_prepared_transaction_is_delivered_after_its_commit(sql, new_session, runs):
    prepared = new_session()
    sql(TABLE, "INSERT INTO t VALUES (1, 'x')")
    prepared.execute("INSERT INTO t VALUES (2, 'prepared')")
    prepared.execute("PREPARE TRANSACTION 'late'")
    sql("INSERT INTO t VALUES (3, 'x')")
    assert ids(runs) == [1, 3]
    sql("COMMIT PREPARED 'late'")
    assert ids(runs) == [2]
    assert ids(runs) == []


def amended(runs, **members):
    path = runs.last.result_path
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


@pytest.mark.parametrize(
    ("members", "why"),
    [
        (
            {"source": {"identity": "1/1/1"}},
            "the database is another one, was restored, upgraded or promoted (its identity was '1/1/1'",
        ),
        ({"source": None}, "the database is another one, was restored, upgraded or promoted (its identity was None"),
        ({"snapshot": None}, "the snapshot of the last attempt cannot be read (it is missing)"),
        ({"snapshot": "1:x:"}, "the snapshot of the last attempt cannot be read"),
        (
            {"snapshot": "90000000:90000000:"},
            "the transactions of the server do not continue those of the last attempt (90000000)",
        ),
        ({"overlap": None}, "the last result 'file"),
    ],
)
def test_after_a_restore_or_failover_the_overlap_is_read_again(sql, runs, members, why):
    sql(TABLE, "INSERT INTO t VALUES (1, 'x', '2024-05-01 09:00+00'), (2, 'x', '2024-05-01 10:00+00')")
    assert ids(runs) == [1, 2]
    amended(runs, **members)
    assert ids(runs) == [2]
    (note,) = runs.last.result["notes"]
    begin = "rows from '2024-05-01 09:50:00+00' up to '2024-05-01 10:00:00+00' are read again, also those that were delivered: "
    assert note.startswith(begin + why.replace("'file", "'/"))
    assert ids(runs) == []


def test_rows_in_the_future_wait_for_the_clock_of_the_server(sql, runs):
    sql(TABLE, "INSERT INTO t VALUES (1, 'x')", "INSERT INTO t VALUES (2, 'x', '2999-12-31'), (3, 'x', 'infinity')")
    assert ids(runs) == [1]
    assert runs.last.result["rows_in_the_future"] == 2
    sql("INSERT INTO t VALUES (4, 'x')")
    assert ids(runs) == [4]
    sql("DELETE FROM t WHERE id = 3")
    assert ids(runs, future="read") == [2]
    assert runs.run().failure["message"].startswith("the committed mark '2999-12-31 00:00:00+00' of 'at' is in the future")


@pytest.mark.parametrize(
    ("declared", "now"),
    [
        ("timestamp", "now()"),
        ("timestamp", "now() AT TIME ZONE 'UTC'"),
        ("timestamp", "now() AT TIME ZONE 'Asia/Tokyo'"),
        ("date", "now()"),
    ],
)
def test_marks_without_a_zone_are_not_in_the_future_of_a_session_that_wrote_them(sql, runs, declared, now):
    sql("ALTER DATABASE shop SET timezone = 'Asia/Tokyo'")
    kind = "DateType" if declared == "date" else "TimestampType"
    sql(f"CREATE TABLE t (id int, at {declared})", f"INSERT INTO t VALUES (1, ({now})::{declared}), (2, '2999-12-31')")  # noqa: S608 - the values are those of the tests
    assert ids(runs, hwm_column_type=kind) == [1]
    assert ids(runs, hwm_column_type=kind) == []


def test_the_hour_that_clocks_repeat(sql, runs):
    """Half past two comes twice: the second pass is within the default lag of 1 h 10 min."""
    sql("CREATE TABLE t (id int, at timestamp)", "INSERT INTO t VALUES (1, '2024-10-27 02:30'), (2, '2024-10-27 02:59:59')")
    assert ids(runs) == [1, 2]
    sql("INSERT INTO t VALUES (3, '2024-10-27 02:00:00'), (4, '2024-10-27 02:30')")
    assert ids(runs) == [3, 4]
    assert ids(runs) == []


def test_text_marks_are_in_the_order_of_code_points(sql, chain):
    sql('CREATE TABLE t (code text COLLATE "en-x-icu")', "INSERT INTO t VALUES ('a'), ('b')")
    runs = chain(
        db_engine="postgres", db_name="shop", extract_table="public.t", hwm_col_name="code", hwm_column_type="StringType"
    )
    assert len(runs.rows()) == 2
    sql("INSERT INTO t VALUES ('B')")
    assert runs.rows() == []  # below 'b' in this order, and a text has no lag
    sql("INSERT INTO t VALUES ('b'), ('c')")
    assert runs.rows() == [("b",), ("c",)]
    assert runs.rows() == []


@pytest.mark.parametrize(
    ("declared", "kind", "first", "late", "new"),
    [
        ("bigint", "LongType", "5000", "4000", "5001"),
        ("numeric", "DecimalType", "5000.5", "4000.5", "5000.75"),
        ("real", "DecimalType", "0.1", "-999", "0.3"),
        ("double precision", "DecimalType", "0.1", "-999", "0.30000000000000004"),
        ("date", "DateType", "'2024-03-01'", "'2024-02-29'", "'2024-03-02'"),
        ("date", "TimestampType", "'2024-03-01'", "'2024-02-29'", "'2024-03-02'"),
        ("timestamp", "TimestampType", "'2024-03-01 00:30:00.5'", "'2024-02-29 23:20:00.5'", "'2024-03-01 00:30:00.6'"),
        ("timestamptz", "TimestampType", "'2024-03-01 00:05:00+00'", "'2024-02-29 23:55:00+00'", "'2024-03-01 00:06:00+00'"),
        ("text", "StringType", "''", "''", "'c'"),
        ("char(3)", "StringType", "'b'", "'b'", "'c'"),
    ],
)
def test_the_default_lag_of_each_type(sql, chain, declared, kind, first, late, new):  # noqa: PLR0917 - a case has its parts
    sql(f"CREATE TABLE t (id int, mark {declared})", f"INSERT INTO t VALUES (1, {first})")  # noqa: S608 - the values are those of the tests
    runs = chain(db_engine="postgres", db_name="shop", extract_table="public.t", hwm_col_name="mark", hwm_column_type=kind)
    assert len(runs.rows()) == 1
    sql(f"INSERT INTO t VALUES (2, {late}), (3, {new})")  # noqa: S608 - the values are those of the tests
    assert ids(runs) == [2, 3]
    assert ids(runs) == []


def test_rows_that_are_left_out_are_shown_to_the_proof(sql, runs, monkeypatch):
    from extract_job.databases.postgresql.source import PostgresqlSource

    shown, read = [], PostgresqlSource.read

    def with_proof(self, most):
        self.left_out_to(lambda table: shown.extend(table["id"].to_pylist()))
        return read(self, most)

    monkeypatch.setattr(PostgresqlSource, "read", with_proof)
    sql(TABLE, "INSERT INTO t VALUES (1, 'x', '2024-05-01'), (2, 'x', '2024-05-01')")
    runs.rows()
    sql("INSERT INTO t VALUES (3, 'x', '2024-05-01')", "CREATE VIEW w AS SELECT * FROM t")
    assert (ids(runs), sorted(shown)) == ([3], [1, 2])
    assert runs.last.result["rows_delivered_before"] == 2


@pytest.mark.parametrize("declared", ["uuid", "bytea", "boolean", "jsonb", "interval", "int[]"])
@pytest.mark.parametrize("kind", ["StringType", "IntegerType"])
def test_a_column_that_cannot_be_a_mark_is_refused_with_the_remedy(sql, runs, declared, kind):
    sql(f"CREATE TABLE t (id int, at {declared})")
    shown = declared.replace("int[]", "integer[]")
    assert runs.run(hwm_column_type=kind).failure == {
        "class": "CONFIG",
        "message": (
            f"table 'public.t': watermark column 'at' is {shown}, which cannot hold marks of {kind}; use a column of numbers, "
            "dates, timestamps or text whose values grow with each change, or run a full extract"
        ),
        "retryable": False,
    }
