"""The figures of Parquet files, read back from the place where they are."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract_job.metadata import is_metadata
from extract_job.proof.arrow import Hasher, figures_of
from extract_job.proof.figures import Figures

BATCH_ROWS = 32_768


def rows_in(file: Path | Any) -> int:
    """Return the rows of a file, from its footer. Raises pa.ArrowInvalid or OSError if it is not whole."""
    return int(pq.read_metadata(file).num_rows)


def figures_in(file: Path | Any, hasher: Hasher) -> Figures:
    """Return all figures of the columns of the source in a file. Raises pa.ArrowException or OSError if it cannot be read."""
    with pq.ParquetFile(file) as parquet:
        schema = pa.schema([field for field in parquet.schema_arrow if not is_metadata(field)])
        figures = figures_of(pa.RecordBatch.from_pylist([], schema=schema), hasher)
        names = schema.names if len(schema) < len(parquet.schema_arrow) else None
        for batch in parquet.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
            figures += figures_of(batch, hasher)
    return figures
