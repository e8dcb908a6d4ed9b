"""The names of the job arguments that the core makes itself: a config can't give them under `arguments`."""

from __future__ import annotations

from typing import Final

ENCODED: Final = "--extract_arguments"
"""The only argument under ``argument_encoding: json``: all of them in base64url, or the URI of an object that holds them."""

OF_THE_RUN: Final = ("source_name", "source_type", "extract_table", "run_id", "attempt", "extract_s3_uri", "result_uri")
OF_THE_DATABASE: Final = ("db_engine", "db_name", "db_secret", "db_port")
OF_THE_WINDOW: Final = (
    "extract_type",
    "hwm_col_name",
    "hwm_column_type",
    "low_watermark",
    "high_watermark",
    "lag",
    "future",
    "on_mark_behind",
    "last_result",
    "resume_from",
)
OF_THE_PROOF: Final = ("on_schema_change", "verify", "row_security")
OF_THE_TABLE: Final = ("fetchsize", "num_partitions", "partition_column", "lower_bound", "upper_bound", "chunk_rows")
OF_THE_SELECTION: Final = (
    "columns",
    "exclude_columns",
    "text_columns",
    "rename",
    "metadata_columns",
    "hive_partitions",
    "where",
    "target_file_mb",
    "decimal_overflow",
)
OF_OLD_SCRIPTS: Final = ("lwm_value", "hwm_value", "repartition_dataframe", "extract_s3_partitions")

RESERVED: Final = frozenset(
    {
        f"--{key}"
        for key in (
            *OF_THE_RUN,
            *OF_THE_DATABASE,
            *OF_THE_WINDOW,
            *OF_THE_PROOF,
            *OF_THE_TABLE,
            *OF_THE_SELECTION,
            *OF_OLD_SCRIPTS,
        )
    }
    | {ENCODED}
)

NEVER_AMENDED: Final = frozenset({ENCODED, *(f"--{key}" for key in (*OF_THE_RUN, *OF_THE_WINDOW))})
"""Those that a plugin's hook cannot replace either: who the attempt is, where it writes, and which rows it reads."""
