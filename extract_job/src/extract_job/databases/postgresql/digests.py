"""Rows without a transaction (views, foreign tables): the server adds a digest to those that matter."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import DIGEST_BYTES, Digests
from extract_job.databases.mapping import Column
from extract_job.databases.window import Window

COLUMNS = 3
"""Digest (NULL if the row is in no overlap), whether the row may be old, whether to remember it."""


def digest_columns(columns: Sequence[Column], window: Window) -> tuple[str, str, str]:
    """Return the expressions at the end of the SELECT list. Rows of one text are the same row."""
    overlap, remember = window.overlap or Condition("false"), window.next_overlap or Condition("false")
    values = ", ".join(column.text for column in columns)
    digest = f"substring(sha256(convert_to(ROW({values})::text, 'UTF8')) for {DIGEST_BYTES})"
    either = (overlap | remember).sql
    return f"CASE WHEN {either} THEN {digest} END", overlap.sql, remember.sql


def parted(batch: Any, digests: Digests) -> tuple[Any, Any]:
    """Return the new and the old rows of a batch that ends with these columns, without them."""
    count = batch.num_columns - COLUMNS
    digest, overlap, remember = (batch.column(count + number).to_pylist() for number in range(COLUMNS))
    new = [
        value is None or digests.is_new(value, overlap=bool(old), remember=bool(keep))
        for value, old, keep in zip(digest, overlap, remember, strict=True)
    ]
    mask = pa.array(new, pa.bool_())
    rows = batch.select(range(count))
    return (rows, rows.slice(0, 0)) if all(new) else (rows.filter(mask), rows.filter(pc.invert(mask)))
