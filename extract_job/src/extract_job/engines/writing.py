"""Makes the writer of files: one folder, or a folder per partition."""

from typing import Any

from extract_job.arguments.model import Arguments
from extract_job.parquet import GROUP_BYTES, MEGABYTE, ParquetTarget, ReadBack
from extract_job.partitioning import PartitionedTarget
from extract_job.storage.protocols import Folder


def writer(  # noqa: PLR0913 - as `ParquetTarget`
    arguments: Arguments,
    folder: Folder,
    schema: Any,
    read_back: ReadBack,
    *,
    group_bytes: int = GROUP_BYTES,
    token: str | None = None,
) -> ParquetTarget | PartitionedTarget:
    """Return the writer of one part; see `ParquetTarget`."""

    def target(below: str = "", finished: list[tuple[int, int]] | None = None) -> ParquetTarget:
        return ParquetTarget(
            folder,
            schema,
            arguments.rows_per_file,
            file_bytes=arguments.target_file_mb * MEGABYTE,
            read_back=read_back,
            token=token,
            group_bytes=group_bytes,
            metadata=arguments.metadata,
            below=below,
            finished=finished,
        )

    partitions = arguments.selection.hive_partitions
    return PartitionedTarget(arguments.table, partitions, arguments.metadata, folder, target) if partitions else target()
