"""What each key of a source config means: shown by editors, through the JSON Schema, and by docs/config.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DESCRIPTIONS: Final[Mapping[str, str]] = {
    "job_type": "The job type that runs the table's job: one of the installed ones.",
    "script_name": (
        "The job's script, for job types that know one. On one machine, a script that is not extract_job.py runs from the "
        "folder of extract.toml, or from job/, jobs/ or scripts/ in it; if it is not there, the table fails and says so. "
        "It also decides the default of result."
    ),
    "arguments": (
        "A mapping of --name to text, number or boolean: passed unchanged to the job. An argument of the table replaces "
        "one of the same name above it."
    ),
    "max_attempts": (
        "The largest number of attempts at a table in one run. More than 1 requires retries in [machine] of extract.toml. "
        "Default: 1."
    ),
    "retry_wait_seconds": "Seconds before each further attempt. Default: 60.",
    "result": (
        "required: a success needs the job's report at --result_uri. optional: a full extract succeeds without a report, "
        "and its number of rows is unknown. Default: required; optional for a full extract whose script_name is not "
        "extract_job.py."
    ),
    "lag": (
        "How far incremental reads overlap: 30s, 15m, 2h, 1d, 1w; a number if the watermark is a number; 0: no overlap. A "
        "text watermark cannot have a lag. Default: by the type of the watermark."
    ),
    "future": (
        "Rows whose watermark (a date or a timestamp) is above the source's clock. exclude: they are left for the run "
        "after their time has come. read: they are read, and may move the mark into the future. Default: exclude."
    ),
    "on_mark_behind": (
        "If the newest watermark in the table is below the committed one (the table was truncated or restored, or its "
        "sequence began again): fail the table, or continue from the committed one. Default: fail."
    ),
    "on_missing_base": (
        "If the data that an incremental read continues is not where this pipeline writes: fail the table, or reingest it "
        "(read it from the beginning). Default: fail."
    ),
    "on_schema_change": (
        "If columns were added, dropped, retyped or reordered since the last committed attempt: warn, fail or allow. "
        "Default: warn."
    ),
    "verify": (
        "What the job proves before it reports success. off: nothing. count: the number of rows. full: also values, per "
        "column. Default: count."
    ),
    "row_security": (
        "If row-level security of the database would hide rows from the job: refuse the table, or allow a smaller one. "
        "Default: refuse."
    ),
    "argument_encoding": (
        "How the script gets its arguments. argv: --key value. json: all in one argument, which passes any value. Default: argv."
    ),
    "pool": (
        "The pool of extract.toml that limits how many jobs run at once, over all runs. A table has one pool. Default: "
        "the pool of [job_types.<type>] in extract.toml, if it names one."
    ),
    "share": (
        "Whether the table may share a job with other small tables (share in [machine] of extract.toml). true: also on "
        "its first run, and with a script_name of yours that reads a list of tables. false: never. Default: once its last "
        "attempt was small."
    ),
    "lwm_value": "For scripts of older pipelines: passed on as --lwm_value.",
    "hwm_value": "For scripts of older pipelines: passed on as --hwm_value.",
    "repartition_dataframe": "For scripts of older pipelines: passed on as --repartition_dataframe.",
    "extract_s3_partitions": "For scripts of older pipelines: passed on as --extract_s3_partitions.",
    "extract_type": "FE or full: the whole table. PE, partial or incremental: rows above the committed watermark. Default: FE.",
    "watermark": (
        "{column: updated_at, type: timestamp, lag: 15m}: the column of the watermark, its type (integer, long, decimal, "
        "date, timestamp or string) and its lag. PE requires column and type."
    ),
    "hwm_col_name": "Older key for watermark: {column: …}.",
    "hwm_column_type": (
        "Older key for watermark: {type: …}; also accepts IntegerType, LongType, DecimalType, DateType, TimestampType and "
        "StringType."
    ),
    "partition_column": (
        "The column by which the read is split into num_partitions parts. Without it, the job takes the primary key."
    ),
    "lower_bound": "Where the parts begin: a number, a date or a time; rows below it are read too.",
    "upper_bound": "Where the parts end: a number, a date or a time; rows above it are read too.",
    "num_partitions": "Into how many parts the job splits the read of a table; auto: it decides by the rows and the cores.",
    "chunk_rows": (
        "A full extract of a table with more rows than this is read in chunks of about as many rows. If it fails, the next "
        "attempt reads only the missing chunks. SQLite, MySQL and MariaDB: such a table is verified as with verify: full. "
        "0: never. Default of the job: 5,000,000."
    ),
    "fetchsize": "Rows per round trip; 0 = driver default.",
    "columns": "The columns to read, in this order. A watermark need not be among them. Default: all.",
    "exclude_columns": "Columns that are not read.",
    "text_columns": "Columns that are read as text: for values that their type in the files cannot hold.",
    "rename": "Other names for columns in the files, by their names in the database: {ordr_no: order_id}.",
    "where": (
        "Which rows are read: a mapping of column to a value, a list of values, null, or comparisons, which must all hold: "
        '{country: [DE, AT], amount: {">=": 10}}. Default: all rows.'
    ),
    "metadata_columns": (
        "Columns that the job adds to the files, by their names there: {run: run_id, loaded_at: extracted_at}. A column holds "
        "run_id, attempt, extracted_at (when the attempt began, UTC), source, table, or server_time (the clock of the database "
        "when it was read). Default: none."
    ),
    "hive_partitions": (
        "Columns of the files by whose values the files are in folders: [country] makes country=DE/; {day: updated_at} makes a "
        "folder per day. Default: none."
    ),
    "target_file_mb": "Megabytes after which a file is complete and the next one begins. Default: 512.",
    "decimal_overflow": (
        "Decimals that may have more digits than a file holds: columns without declared digits, or with more than 76. fail: "
        "one that has too many fails the table. text: these columns are read as text. double: as the "
        "nearest double, which keeps 15 to 17 digits. Default: fail."
    ),
    "tags": "Names by which an event selects tables: tag:large.",
    "db_engine": "The kind of database: postgres, mysql, mariadb, sqlserver, oracle, sqlite, … Passed to every job.",
    "db_secret": (
        "The name of a secret that holds host, port, username and password as JSON; never the secret itself. Passed to "
        "every job. If PGHOST is set in a job's environment, as on your own machine, the job uses PGHOST, PGUSER and "
        "PGPASSWORD instead."
    ),
    "db_port": "The port of the database. Passed to every job.",
    "db_name": "The name of the database; for SQLite the path of its file. Passed to every job.",
    "fail_when": (
        "When the run fails: any table failed, all tables failed, or a percentage: 10% means at least a tenth of the "
        "planned tables. Default: any."
    ),
    "on_conflict": "If another run holds a table: fail (start nothing), skip that table, or wait. Default: fail.",
    "on_invalid": "If a table cannot be planned: record it as failed and run the others, or fail the run. Default: record.",
}
"""By key. The sentence that begins with "Default:", if there is one, comes last."""
