"""`metadata_columns`: the job adds columns that say where the rows come from, and the proof is about the others."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shared_fixtures.attempts import places, rows_of

from extract_job.engines.part import PartCopier
from extract_job.errors import FailureClass, JobError
from extract_job.proof.hashers import HASHERS
from extract_job.proof.verify import verified
from extract_job.result import ResultColumn
from extract_job.schema import changes_since
from extract_job.storage.opening import files_in

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL)"
ALL = {"run": "run_id", "try": "attempt", "loaded_at": "extracted_at", "von": "source", "tab": "table", "clock": "server_time"}
INSTANT = "timestamp[us, tz=UTC]"


def as_json(**columns):
    return json.dumps(columns)


@pytest.mark.parametrize("verify", ["off", "count", "full"])
def test_each_row_says_where_it_comes_from(database, job, verify):
    database(TABLE)
    before = datetime.now(UTC)
    done = job(metadata_columns=json.dumps(ALL), verify=verify)
    assert done.code == 0, done.errors
    first, second = done.table.to_pylist()
    assert (first["id"], first["v"], second["v"]) == (1, "a", None)
    origin = {name: first[name] for name in ALL}
    assert origin == {name: second[name] for name in ALL}
    assert (origin["run"], origin["try"], origin["von"], origin["tab"]) == ("run-1", 1, "sales", "t")
    assert before <= origin["loaded_at"] <= origin["clock"] <= datetime.now(UTC)
    assert {column["column"]: (column["arrow"], column.get("holds")) for column in done.result["schema"]} == {
        "id": ("int64", None), "v": ("string", None), "run": ("string", "run_id"), "try": ("int32", "attempt"),
        "loaded_at": (INSTANT, "extracted_at"), "von": ("string", "source"), "tab": ("string", "table"),
        "clock": (INSTANT, "server_time"),
    }  # fmt: skip
    assert "holds" not in done.result["schema"][0]
    assert verified(done.result, done.result_path.read_bytes(), files_in(done.folder)).differences == ()


def test_the_proof_is_about_the_columns_of_the_source(database, job):
    database(TABLE)
    plain = job(verify="full").result["proof"]
    done = job(verify="full", metadata_columns=json.dumps(ALL))
    assert set(done.result["proof"]["files"]["columns"]) == {"id", "v"}
    assert {**done.result["proof"], "by_file": 0} == {**plain, "by_file": 0}


def test_a_changed_value_of_the_source_is_found_beside_metadata(database, job):
    database(TABLE)
    done = job(verify="full", metadata_columns=as_json(run="run_id"))
    name = done.result["files"][0]["name"]
    table = pq.read_table(done.folder / name)
    wrong = table.set_column(1, table.schema.field(1), pa.array(["b", None], pa.string()))
    pq.write_table(wrong, done.folder / name)
    proof = json.loads(done.result_path.read_bytes())
    proof["files"][0]["bytes"] = (done.folder / name).stat().st_size
    differences = verified({}, json.dumps(proof).encode(), files_in(done.folder)).differences
    assert any("digest" in difference for difference in differences)
    assert done.result["proof"]["hash"] in HASHERS


def test_files_without_rows_have_the_columns_too(database, job):
    database("CREATE TABLE t (id INTEGER)")
    done = job(verify="full", metadata_columns=as_json(run="run_id"))
    assert done.table.column_names == ["id", "run"]


def test_they_cost_next_to_nothing(database, job):
    database("""CREATE TABLE t (i INTEGER); INSERT INTO t
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n""")
    plain = job().result["bytes"]
    assert job(metadata_columns=json.dumps(ALL)).result["bytes"] < plain + 6000


@pytest.mark.parametrize(
    ("arguments", "clash"),
    [
        ({"metadata_columns": as_json(v="run_id")}, "a column 'v', and the table has the column 'v'"),
        ({"metadata_columns": as_json(ID="attempt")}, "a column 'ID', and the table has the column 'id'"),
        (
            {"metadata_columns": as_json(run="run_id"), "rename": '{"v":"Run"}'},
            "a column 'run', and the table has the column 'Run'",
        ),
    ],
)
def test_a_name_of_the_table_is_refused(database, job, arguments, clash):
    database(TABLE)
    assert job(**arguments).failure == {
        "class": "CONFIG",
        "message": f"table 't': metadata_columns adds {clash} in the files; change the name in metadata_columns, or rename or "
        "exclude the column",
        "retryable": False,
    }


def test_a_name_that_is_free_passes(database, job):
    database(TABLE)
    assert job(metadata_columns=as_json(v="run_id"), exclude_columns="v").table.column_names == ["id", "v"]
    assert job(metadata_columns=as_json(v="run_id"), rename='{"v":"w"}').table.column_names == ["id", "w", "v"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (as_json(x="run"), "--metadata_columns: column 'x': \"run\" is not one of run_id, attempt, extracted_at, source, table"),
        (as_json(x=1), "--metadata_columns: column 'x': 1 is not one of"),
        (as_json(x="table", X="source"), "--metadata_columns: two columns are called 'X', or it is empty; change one name"),
        ('["run_id"]', "is not a JSON object"),
    ],
)
def test_an_argument_of_another_form_is_refused(database, job, value, message):
    database(TABLE)
    done = job(metadata_columns=value)
    assert done.code == 2
    assert message in done.errors[-1]


def test_switching_them_on_is_a_change_of_the_config_and_not_of_the_schema(database, chain):
    database(TABLE)
    runs = chain(hwm_col_name="id", hwm_column_type="LongType", on_schema_change="fail")
    runs.rows()
    done = runs.run(metadata_columns=as_json(run="run_id", at="extracted_at"))
    assert (done.code, done.result["schema_changes"]) == (0, [])
    (note,) = done.result["notes"]
    assert note == (
        "metadata_columns has changed since the last committed attempt: column 'run' (run_id) was added; column 'at' "
        "(extracted_at) was added"
    )
    done = runs.run(metadata_columns=as_json(run="table"))
    (note,) = done.result["notes"]
    assert note == (
        "metadata_columns has changed since the last committed attempt: column 'run' holds table (before: run_id); column 'at' "
        "(extracted_at) was dropped"
    )
    failed = runs.run(metadata_columns=as_json(run="attempt"), on_schema_change="warn")
    assert "column 'run' has another type in the files (metadata_columns): string to int32. Readers" in failed.failure["message"]


def test_a_column_of_the_source_that_becomes_metadata_is_compared_by_its_type():
    last = {"table": "t", "schema": [{"column": "a", "declared": "INT", "arrow": "int64", "nullable": True}]}
    changes = changes_since(last, "t", [ResultColumn("a", "", "string", nullable=False, holds="run_id")])
    assert changes.refused == ("column 'a' has another type in the files (metadata_columns): int64 to string",)
    assert changes.all == ("column 'a' (INT) was dropped", *changes.refused)
    assert changes.by_config == ("column 'a' (run_id) was added",)


def test_a_chunk_that_is_taken_over_keeps_the_values_of_the_attempt_that_wrote_it(database, job, tmp_path, monkeypatch):
    database("""CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90) SELECT i FROM n""")
    copied, calls = PartCopier.copied, []

    def fail(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise JobError("the host is gone", FailureClass.INTERRUPTED, retryable=True)
        return copied(*arguments, **options)

    wanted = {"chunk_rows": "30", "metadata_columns": as_json(try_="attempt")}
    with monkeypatch.context() as patch:
        patch.setattr(PartCopier, "copied", fail)
        assert job(**wanted, **places(tmp_path, 1)).code == 1
    assert job(**wanted, **places(tmp_path, 2)).code == 0
    rows = rows_of(tmp_path, 2)
    assert [row[0] for row in rows] == list(range(1, 91))
    assert 0 < [row[1] for row in rows].count(1) < 90
    assert {row[1] for row in rows} == {1, 2}
    database("")
    assert job(**wanted | {"metadata_columns": as_json(other="attempt")}, **places(tmp_path, 3)).code == 0
    assert {row[1] for row in rows_of(tmp_path, 3)} == {3}
