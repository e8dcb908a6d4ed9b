"""The tables of the SQLite file of tracking, and the steps from each version of them to the next."""

from __future__ import annotations

from typing import Final

VERSION: Final = 8
"""The version of the schema below. A store of a newer version is refused; an older one is brought up by `UPGRADES`."""

SCHEMA: Final = (  # of version 1
    "CREATE TABLE schema_version (version INTEGER NOT NULL)",
    """CREATE TABLE runs (
        run_id TEXT NOT NULL PRIMARY KEY, execution_id TEXT NOT NULL, source_name TEXT NOT NULL, started_at TEXT NOT NULL,
        event TEXT NOT NULL, rerun_of TEXT, versions TEXT NOT NULL, plan_uri TEXT, planned INTEGER, policy TEXT,
        skipped TEXT NOT NULL, refused TEXT, summary TEXT
    ) WITHOUT ROWID""",
    "CREATE INDEX runs_by_start ON runs (started_at, run_id)",
    """CREATE TABLE table_states (
        source TEXT NOT NULL, table_name TEXT NOT NULL, owner_execution TEXT, owner_run TEXT, owner_since TEXT,
        owner_bound TEXT, fencing INTEGER NOT NULL, attempt INTEGER NOT NULL, watermark TEXT, watermark_column TEXT,
        watermark_type TEXT, watermark_version INTEGER NOT NULL, last_run TEXT, last_state TEXT, last_failure TEXT,
        last_at TEXT, PRIMARY KEY (source, table_name)
    ) WITHOUT ROWID""",
    """CREATE TABLE attempts (
        run_id TEXT NOT NULL, source TEXT NOT NULL, table_name TEXT NOT NULL, attempt INTEGER NOT NULL, job_type TEXT,
        state TEXT NOT NULL, recorded_at TEXT NOT NULL, failure TEXT, retryable INTEGER NOT NULL, message TEXT,
        job_run_id TEXT, log_url TEXT, started_at TEXT, ended_at TEXT, cost_basis TEXT, rows INTEGER, bytes INTEGER,
        files TEXT, low_watermark TEXT, high_watermark TEXT, extract_s3_uri TEXT, result_uri TEXT, settings TEXT,
        PRIMARY KEY (run_id, table_name, attempt)
    ) WITHOUT ROWID""",
    "CREATE INDEX attempts_by_table ON attempts (source, table_name, recorded_at)",
)

UPGRADES: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "ALTER TABLE attempts ADD COLUMN message_uri TEXT",
        """CREATE TABLE mark_changes (
            source TEXT NOT NULL, table_name TEXT NOT NULL, version INTEGER NOT NULL, changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL, reason TEXT NOT NULL, mark_before TEXT, mark TEXT, watermark_column TEXT,
            watermark_type TEXT, PRIMARY KEY (source, table_name, version)
        ) WITHOUT ROWID""",
    ),
    2: ("ALTER TABLE attempts ADD COLUMN rows_without_watermark INTEGER",),
    3: (
        "ALTER TABLE runs RENAME COLUMN source_name TO source",
        'ALTER TABLE table_states RENAME COLUMN table_name TO "table"',
        "ALTER TABLE table_states RENAME COLUMN owner_since TO owner_started_at",
        'ALTER TABLE attempts RENAME COLUMN table_name TO "table"',
        "ALTER TABLE attempts RENAME COLUMN low_watermark TO watermark_low",
        "ALTER TABLE attempts RENAME COLUMN high_watermark TO watermark_high",
        'ALTER TABLE mark_changes RENAME COLUMN table_name TO "table"',
    ),
    4: (
        "ALTER TABLE table_states ADD COLUMN set_by_hand INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE table_states ADD COLUMN base TEXT",
        "ALTER TABLE table_states ADD COLUMN last_result TEXT",
        "ALTER TABLE attempts ADD COLUMN fencing INTEGER",
        "ALTER TABLE attempts ADD COLUMN mode TEXT",
        "ALTER TABLE attempts ADD COLUMN rows_in_the_future INTEGER",
        "ALTER TABLE attempts ADD COLUMN rows_delivered_before INTEGER",
        "ALTER TABLE attempts ADD COLUMN schema_changes TEXT",
        "ALTER TABLE attempts ADD COLUMN notes TEXT",
        "ALTER TABLE attempts ADD COLUMN proof TEXT",
    ),
    5: (
        "ALTER TABLE table_states ADD COLUMN slot_pool TEXT",
        "ALTER TABLE table_states ADD COLUMN slot_number INTEGER",
        "ALTER TABLE table_states ADD COLUMN slot_execution TEXT",
        "ALTER TABLE table_states ADD COLUMN slot_taken_at TEXT",
        "CREATE INDEX slots ON table_states (slot_pool, slot_number) WHERE slot_pool IS NOT NULL",
    ),
    6: ("ALTER TABLE attempts ADD COLUMN waited_seconds INTEGER",),
    7: ("ALTER TABLE attempts ADD COLUMN shared TEXT",),
}
"""From the version in front to the next one. A new store takes the same steps, so that both are alike.

RENAME COLUMN needs SQLite 3.25 of 2018 (https://sqlite.org/lang_altertable.html). It changes no row.
"""
