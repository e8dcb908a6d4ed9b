"""The plugin `glue_catalog`: keeps a table of the Glue catalog per extracted table, over the files that are live.

A table is partitioned by live attempt: each attempt has a folder for itself. After each attempt the partitions are made equal to
the list of live attempts, so the next call repairs a lost one.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from extract_core import JobState, Statement, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from extract_core import AttemptReport, JobStatus, Json, LiveAttempt, Target

_OWNER: Final = "extract.table"
"""The parameter of a table that names the source and the table that it belongs to."""
_FORMAT: Final = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
"""The classes that read and write Parquet (Athena user guide, "Parquet SerDe")."""
_CREATED, _DELETED = 100, 25  # partitions per request (Glue API, BatchCreatePartition, BatchDeletePartition)
_CLIENT: Final[dict[str, Any]] = {"connect_timeout": 3, "read_timeout": 10, "retries": {"total_max_attempts": 3}}
_ACTIONS: Final = ("BatchCreatePartition", "BatchDeletePartition", "CreateTable", "GetPartitions", "GetTable", "UpdateTable")


@hookimpl
def extract_settings() -> type[BaseModel]:
    """The section [plugins.glue_catalog]."""
    from extract_glue.catalog_settings import Settings

    return Settings


@hookimpl
def extract_permissions(target: Target[Any], settings: Mapping[str, Json]) -> Iterable[Statement]:
    """The calls below, on the tables of this database."""
    database = settings["database"]
    resources = [target.arn("glue", name) for name in ("catalog", f"database/{database}", f"table/{database}/*")]
    return [Statement(actions=[f"glue:{action}" for action in _ACTIONS], resources=resources)]


@hookimpl
def extract_run_finished(
    table: Mapping[str, Json], status: JobStatus, report: AttemptReport, settings: Mapping[str, Json]
) -> None:
    """Register the table, or bring its columns and partitions up to date. Raises ValueError and botocore's exceptions."""
    if status.state is JobState.SUCCEEDED and (live := report.live()):
        Catalog(settings).keep(str(table["source"]), str(table["table"]), report.schema, live)


class Catalog:
    """A database of the Glue catalog, as the section says."""

    def __init__(self, settings: Mapping[str, Json]) -> None:
        import boto3
        from botocore.config import Config

        self._database = str(settings["database"])
        self._prefix = str(settings.get("prefix") or "")
        region = settings.get("region")
        self._client = boto3.client("glue", region_name=str(region) if region else None, config=Config(**_CLIENT))

    def keep(self, source: str, table: str, schema: Sequence[Mapping[str, Json]], live: Sequence[LiveAttempt]) -> None:
        """Make the table and its partitions equal to what is live."""
        from extract_core.athena import PARTITION, athena_name, partition_of

        location = live[-1].folder.rstrip("/").rsplit("/", 2)[0] + "/"
        if not location.startswith("s3://"):
            raise ValueError(f"the Glue catalog needs files in S3, and those of {table!r} are in {location!r}")
        name, owner = self._prefix + athena_name(table), f"{source}/{table}"
        stands = self._table(name)
        if stands is not None and (other := stands.get("Parameters", {}).get(_OWNER)) != owner:
            whose = f"belongs to {other!r}" if other else "was not made by this plugin"
            raise ValueError(f"the table {self._database}.{name} of the Glue catalog {whose}: set another database or prefix")
        columns = _columns(schema) or (stands["StorageDescriptor"]["Columns"] if stands else [])
        if not columns:
            raise ValueError(f"the columns of {table!r} are not known: its job wrote no schema that Athena can read")
        storage = {**_FORMAT, "Columns": columns, "Location": location}
        if stands is None or not _same(stands["StorageDescriptor"], storage):
            made = {
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", _OWNER: owner},
                "PartitionKeys": [{"Name": PARTITION, "Type": "string"}],
                "StorageDescriptor": storage,
            }
            (self._client.create_table if stands is None else self._client.update_table)(
                DatabaseName=self._database, TableInput=made
            )
        self._partitions(name, storage, {partition_of(attempt): attempt.folder for attempt in live})

    def _table(self, name: str) -> Any:  # Any: boto3's answer
        try:
            return self._client.get_table(DatabaseName=self._database, Name=name)["Table"]
        except self._client.exceptions.EntityNotFoundException as error:
            if "atabase" in str(error):
                raise ValueError(f"there is no database {self._database!r} in the Glue catalog: create it") from error
            return None

    def _partitions(self, name: str, storage: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
        """Add what is missing, then remove what is no longer live: in between, a reader finds rows twice rather than none."""
        at = {"DatabaseName": self._database, "TableName": name}
        pages = self._client.get_paginator("get_partitions").paginate(**at)
        present = {part["Values"][0] for page in pages for part in page["Partitions"]}
        missing = [
            {"Values": [value], "StorageDescriptor": {**storage, "Location": folder}}
            for value, folder in wanted.items()
            if value not in present
        ]
        for some in _batches(missing, _CREATED):
            _check(self._client.batch_create_partition(**at, PartitionInputList=some), "AlreadyExistsException")
        gone = [{"Values": [value]} for value in sorted(present - wanted.keys())]
        for some in _batches(gone, _DELETED):
            _check(self._client.batch_delete_partition(**at, PartitionsToDelete=some), "EntityNotFoundException")


def _columns(schema: Sequence[Mapping[str, Json]]) -> list[dict[str, str]]:
    """The columns that Athena has a type for."""
    from extract_core.athena import athena_type

    typed = [(str(column["column"]).lower(), athena_type(str(column.get("arrow")))) for column in schema]
    return [{"Name": name, "Type": kind} for name, kind in typed if kind is not None]


def _same(stands: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    plain = [{"Name": column["Name"], "Type": column["Type"]} for column in stands["Columns"]]
    return (plain, stands["Location"]) == (wanted["Columns"], wanted["Location"])


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def _check(answer: Mapping[str, Any], harmless: str) -> None:
    """RuntimeError if a part of a batch failed, and not because another call was faster."""
    faults = [error["ErrorDetail"] for error in answer.get("Errors", ()) if error["ErrorDetail"].get("ErrorCode") != harmless]
    if faults:
        raise RuntimeError(f"{faults[0].get('ErrorCode')}: {faults[0].get('ErrorMessage')}")
