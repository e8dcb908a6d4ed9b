"""`extract data --for athena`: the statements, the types, and what is left out or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extract_cli.athena import columns_of, definition, strangers
from extract_core.athena import athena_type
from extract_core.contract import LiveAttempt
from extract_core.errors import UsageError
from extract_core.objects.routed import open_objects


def live(number, folder=None):
    folder = folder or f"s3://lake/sales/public.orders/run_id=r{number}/attempt=1/"
    return LiveAttempt(
        run_id=f"r{number}", attempt=1, mode="full", is_base=number == 1, recorded_at="t", rows=1, folder=folder,
        files=[f"{folder}part-00000.parquet"],
    )  # fmt: skip


COLUMNS = [{"column": "Id", "arrow": "int64"}, {"column": "odd`name", "arrow": "string"}, {"column": "at", "arrow": "time64[us]"}]


def test_each_live_attempt_is_a_partition_and_a_column_without_a_type_is_named():
    statements, notes = definition("public.Order Lines", "s3://lake/sales/public.orders/", COLUMNS, [live(1), live(2)])
    assert statements.splitlines() == [
        "DROP TABLE IF EXISTS `public_order_lines`;",
        "",
        "CREATE EXTERNAL TABLE `public_order_lines` (",
        "  `id` bigint,",
        "  `odd``name` string",
        ")",
        "PARTITIONED BY (extract_attempt string)",
        "STORED AS PARQUET",
        "LOCATION 's3://lake/sales/public.orders/';",
        "",
        "ALTER TABLE `public_order_lines` ADD",
        "  PARTITION (extract_attempt = 'r1-1') LOCATION 's3://lake/sales/public.orders/run_id=r1/attempt=1/'",
        "  PARTITION (extract_attempt = 'r2-1') LOCATION 's3://lake/sales/public.orders/run_id=r2/attempt=1/';",
    ]
    assert notes == ["column 'at' is left out: Athena has no type for time64[us]"]


@pytest.mark.parametrize(
    ("arrow", "athena"),
    [
        ("bool", "boolean"), ("int8", "tinyint"), ("int16", "smallint"), ("int32", "int"), ("int64", "bigint"),
        ("float", "float"), ("double", "double"), ("string", "string"), ("large_binary", "binary"), ("date32[day]", "date"),
        ("timestamp[us]", "timestamp"), ("timestamp[us, tz=UTC]", "timestamp"), ("decimal128(12, 2)", "decimal(12,2)"),
        ("decimal256(38, 0)", "decimal(38,0)"), ("decimal256(76, 0)", None), ("uint64", None), ("list<item: string>", None),
    ],
)  # fmt: skip
def test_the_types_are_those_of_athena(arrow, athena):
    assert athena_type(arrow) == athena


def test_the_names_of_arrow_types_are_those_that_pyarrow_writes():
    pa = pytest.importorskip("pyarrow")
    types = [
        pa.bool_(),
        pa.int8(),
        pa.float32(),
        pa.float64(),
        pa.date32(),
        pa.timestamp("us"),
        pa.decimal128(12, 2),
        pa.large_string(),
    ]
    assert None not in [athena_type(str(kind)) for kind in types]


@pytest.mark.parametrize(
    ("location", "columns", "words"),
    [
        (
            "file:///d/t/",
            COLUMNS,
            "Athena reads files in S3, and these are in 'file:///d/t/'; for files on this machine: --for duckdb",
        ),
        ("s3://lake/t/", [], "the columns of 't' are not known; its job wrote no schema: write the definition yourself"),
        ("s3://lake/t/", [COLUMNS[2]], "the columns of 't' are not known"),
    ],
)
def test_what_athena_could_not_read_is_refused(location, columns, words):
    with pytest.raises(UsageError) as refused:
        definition("t", location, columns, [live(1)])
    assert str(refused.value).startswith(words)


def test_files_that_are_not_data_are_named_and_a_result_without_a_schema_has_no_columns(tmp_path):
    for name in ("part-00000.parquet", "part-00001.parquet", "_SUCCESS", ".part.tmp"):
        (tmp_path / name).write_bytes(b"x")
    objects = open_objects()
    assert strangers(objects, live(1, tmp_path.as_uri() + "/")) == ["part-00001.parquet"]
    (tmp_path / "result.json").write_text('{"schema": [{"column": "id", "arrow": "int64"}]}')
    (tmp_path / "old.json").write_text('{"schema": null}')
    read = [columns_of(objects, uri and f"{tmp_path.as_uri()}/{uri}") for uri in ("result.json", "old.json", "none.json", "")]
    assert read == [[{"column": "id", "arrow": "int64"}], [], [], []]


def test_files_in_folders_by_values_are_data_by_their_whole_name(tmp_path):
    for folder in ("g=a", "g=b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "part-00000.parquet").write_bytes(b"x")
    place = tmp_path.as_uri() + "/"
    attempt = replace(live(1, place), files=[f"{place}g=a/part-00000.parquet"])
    assert strangers(open_objects(), attempt) == ["g=b/part-00000.parquet"]
