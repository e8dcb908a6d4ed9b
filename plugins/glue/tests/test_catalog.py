"""The plugin glue_catalog against moto's Glue: tables, columns, and partitions that follow what is live."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from asl_generator.permissions import policy_document
from asl_toolkit.services.aws.iam.reference import policy_faults
from extract_core import AttemptReport, JobState, JobStatus, LiveAttempt
from extract_core.contract import Target
from extract_glue.catalog import extract_permissions, extract_run_finished
from extract_glue.catalog_settings import Settings

COLUMNS = [{"column": "Id", "arrow": "int64"}, {"column": "at", "arrow": "timestamp[us]"}, {"column": "t", "arrow": "time64[us]"}]
SETTINGS = {"database": "lake"}


def live(*runs, place="s3://data/sales/public.orders"):
    return [
        LiveAttempt(
            run_id=run, attempt=1, mode="full", is_base=number == 0, recorded_at="t", rows=1, files=[],
            folder=f"{place}/run_id={run}/attempt=1/",
        )
        for number, run in enumerate(runs)
    ]  # fmt: skip


def finish(attempts, schema=COLUMNS, state=JobState.SUCCEEDED, table="public.orders", settings=SETTINGS):
    report = AttemptReport(schema=schema, live=lambda: attempts)
    extract_run_finished(
        table={"source": "sales", "table": table}, status=JobStatus(state=state), report=report, settings=settings
    )


@pytest.fixture
def glue(monkeypatch):
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("glue")
        client.create_database(DatabaseInput={"Name": "lake"})
        yield client


def partitions(glue, table="public_orders"):
    entries = glue.get_partitions(DatabaseName="lake", TableName=table)["Partitions"]
    return {part["Values"][0]: part["StorageDescriptor"]["Location"] for part in entries}


def columns(glue):
    storage = glue.get_table(DatabaseName="lake", Name="public_orders")["Table"]["StorageDescriptor"]
    return [(column["Name"], column["Type"]) for column in storage["Columns"]]


def test_the_first_attempt_registers_the_table_and_later_ones_follow_what_is_live(glue):
    finish(live("r1"))
    table = glue.get_table(DatabaseName="lake", Name="public_orders")["Table"]
    assert (table["TableType"], table["Parameters"]["extract.table"]) == ("EXTERNAL_TABLE", "sales/public.orders")
    assert table["StorageDescriptor"]["Location"] == "s3://data/sales/public.orders/"
    assert [key["Name"] for key in table["PartitionKeys"]] == ["extract_attempt"]
    assert columns(glue) == [("id", "bigint"), ("at", "timestamp")]
    first = {"r1-1": "s3://data/sales/public.orders/run_id=r1/attempt=1/"}
    assert partitions(glue) == first
    finish(live("r1", "r2", "r3"))  # the call for r2 was lost
    assert set(partitions(glue)) == {"r1-1", "r2-1", "r3-1"}
    finish(live("r4"))  # a new base
    assert set(partitions(glue)) == {"r4-1"}


def test_a_call_that_comes_twice_or_many_attempts_change_nothing_more(glue):
    many = live(*(f"r{number}" for number in range(230)))
    for _ in range(2):
        finish(many)
        assert len(partitions(glue)) == 230
    finish(many[-1:])
    assert set(partitions(glue)) == {"r229-1"}


def test_a_new_column_is_added_and_an_attempt_without_a_schema_keeps_the_columns(glue):
    finish(live("r1"))
    finish(live("r2"), [*COLUMNS, {"column": "more", "arrow": "decimal128(9, 2)"}])
    assert columns(glue)[-1] == ("more", "decimal(9,2)")
    finish(live("r3"), [])
    assert columns(glue)[-1] == ("more", "decimal(9,2)")
    assert set(partitions(glue)) == {"r3-1"}


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.SUCCEEDED])
def test_an_attempt_that_did_not_succeed_changes_nothing(glue, state):
    finish(live("r1"), state=state)
    assert glue.get_tables(DatabaseName="lake")["TableList"] == []


def test_what_cannot_be_registered_is_said(glue):
    def refusal(*arguments, **more):
        with pytest.raises(ValueError) as refused:  # noqa: PT011 - each text is compared
            finish(*arguments, **more)
        return str(refused.value)

    finish(live("r1"))
    assert refusal(live("r1"), table="public-orders") == (
        "the table lake.public_orders of the Glue catalog belongs to 'sales/public.orders': set another database or prefix"
    )
    finish(live("r1"), table="public-orders", settings={**SETTINGS, "prefix": "p_"})
    assert set(partitions(glue, "p_public_orders")) == {"r1-1"}
    glue.create_table(DatabaseName="lake", TableInput={"Name": "mine"})
    assert "the table lake.mine of the Glue catalog was not made by this plugin" in refusal(live("r1"), table="mine")
    assert (
        refusal(live("r1"), [], table="new") == "the columns of 'new' are not known: its job wrote no schema that Athena can read"
    )
    assert refusal(live("r1", place="file:///d/t")).startswith(
        "the Glue catalog needs files in S3, and those of 'public.orders' are"
    )
    none = refusal(live("r1"), settings={"database": "none"})
    assert none == "there is no database 'none' in the Glue catalog: create it"


def test_its_permissions_are_those_of_the_tables_of_this_database():
    target = Target(
        partition="aws", region="eu-central-1", account="123456789012", machine_name="m", map_mode="DISTRIBUTED", deployment={},
        function_arn=str,
    )  # fmt: skip
    (statement,) = extract_permissions(target=target, settings=SETTINGS)
    assert policy_faults(policy_document([statement])) == []
    assert set(statement.resources) == {
        f"arn:aws:glue:eu-central-1:123456789012:{name}" for name in ("catalog", "database/lake", "table/lake/*")
    }


@pytest.mark.parametrize(
    "section", [{}, {"database": "Lake"}, {"database": "a b"}, {"database": "x", "prefix": "P"}, {"databse": "x"}]
)
def test_sections_that_are_not_valid_are_refused(section):
    with pytest.raises(ValueError, match="validation error"):
        Settings.model_validate(section)
