"""From the command line to checked `Arguments`.

On the command line the arguments keep the names of the config (`extract_table`, `hwm_col_name`);
the job itself says `table` and `watermark`.
"""

import difflib
from collections.abc import Mapping, Sequence
from decimal import Decimal

from extract_job.arguments.model import CHOICES, KNOWN, REQUIRED, Arguments
from extract_job.arguments.pairs import pairs_of
from extract_job.arguments.selection import selection_of
from extract_job.errors import ArgumentError
from extract_job.marks import MarkType, Watermark, begin_of, check_mark, moment_of, read_mark_type
from extract_job.splitting.plan import Split
from extract_job.storage.places import folder_at, object_at

_ENGINES = {
    "sqlite": "sqlite",
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlserver": "sqlserver",
    "mssql": "sqlserver",
    "oracle": "oracle",
}
CHUNK_ROWS = "5000000"
_FULL = {"fe": True, "full": True, "pe": False, "incremental": False}


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Read the command line without the program's name; raise `ArgumentError` at the first fault."""
    return arguments_of(pairs_of(argv))


def arguments_of(pairs: Mapping[str, str]) -> Arguments:
    """Check these pairs of names and values; raise `ArgumentError` at the first fault."""
    values = {key: value for key, value in pairs.items() if key in KNOWN}
    for key, value in values.items():
        try:
            value.encode()
        except UnicodeEncodeError as error:  # bytes on the command line that the locale cannot read
            raise ArgumentError(f"--{key} {value!a} is not valid text") from error
    missing = [key for key in REQUIRED if key not in values]
    if missing:
        raise ArgumentError(f"missing arguments: {', '.join('--' + key for key in missing)}{_typos(pairs)}")
    engine = values["db_engine"]
    if engine not in _ENGINES:
        known = "'sqlite', 'postgres', 'mysql', 'mariadb', 'sqlserver' and 'oracle'"
        raise ArgumentError(f"--db_engine {engine!r} is not supported: this version reads {known}")
    full = _FULL.get(values.get("extract_type", "FE").lower())
    if full is None:
        raise ArgumentError(f"--extract_type {values['extract_type']!r} is neither FE (full) nor PE (incremental)")
    return Arguments(
        table=values["extract_table"],
        source_name=values.get("source_name"),
        run_id=values["run_id"],
        attempt=_whole("attempt", values["attempt"]),
        folder=folder_at("extract_s3_uri", values["extract_s3_uri"]),
        result=object_at("result_uri", values["result_uri"]),
        engine=_ENGINES[engine],
        database=values["db_name"],
        secret=values.get("db_secret") or None,
        port=str(_whole("db_port", values["db_port"])) if values.get("db_port") else None,
        watermark=None if full else _watermark(values),
        low_mark=values.get("low_watermark"),
        fetchsize=_whole("fetchsize", values["fetchsize"]) if "fetchsize" in values else None,
        selection=selection_of(values),
        target_file_mb=_whole("target_file_mb", values.get("target_file_mb", "512")),
        rows_per_file=_whole("rows_per_file", values.get("rows_per_file", "10000000")),
        lock_wait_seconds=_whole("lock_wait_seconds", values.get("lock_wait_seconds", "15")),
        last_result=object_at("last_result", values["last_result"]) if values.get("last_result") else None,
        **{key: _choice(values, key) for key in CHOICES},
        split=_split(values),
        chunk_rows=_whole("chunk_rows", values.get("chunk_rows", CHUNK_ROWS)),
        resume_from=object_at("resume_from", values["resume_from"]) if values.get("resume_from") else None,
        metadata=(),
        ignored=tuple(sorted(pairs.keys() - KNOWN)),
    )


def suggestion(key: str) -> str | None:
    """Return the known argument that `key` probably means."""
    near = difflib.get_close_matches(key, sorted(KNOWN), n=1, cutoff=0.75)
    return near[0] if near else None


def _watermark(values: Mapping[str, str]) -> Watermark:
    missing = [key for key in ("hwm_col_name", "hwm_column_type") if key not in values]
    if missing:
        names = " and ".join("--" + key for key in missing)
        raise ArgumentError(f"an incremental extract (--extract_type {values['extract_type']}) requires {names}")
    mark_type = read_mark_type(values["hwm_column_type"])
    low, high = values.get("low_watermark"), values.get("high_watermark")
    for key, mark in (("low_watermark", low), ("high_watermark", high)):
        try:
            if mark is not None:
                check_mark(mark_type, mark)
        except ValueError as error:
            raise ArgumentError(f"--{key} {mark!r} is not a valid mark of {mark_type.value}: {error}") from error
    if low is not None and high is not None and _below(mark_type, high, low):
        raise ArgumentError(f"--high_watermark {high!r} is below --low_watermark {low!r}")
    begin_of(mark_type, low, values.get("lag"))  # raises if the lag does not fit
    return Watermark(values["hwm_col_name"], mark_type, low, values.get("lag"), high)


def _split(values: Mapping[str, str]) -> Split:
    parts = values.get("num_partitions", "1")
    lower, upper = values.get("lower_bound"), values.get("upper_bound")
    return Split(
        column=values.get("partition_column") or None,
        bounds=None if lower is None or upper is None or "partition_column" not in values else (lower, upper),
        parts=None if parts == "auto" else _whole("num_partitions", parts, "auto or "),
    )


def _below(mark_type: MarkType, mark: str, other: str) -> bool:
    if mark_type in (MarkType.INTEGER, MarkType.DECIMAL):
        return Decimal(mark) < Decimal(other)
    if mark_type is MarkType.TIMESTAMP and moment_of(mark).tzinfo and moment_of(other).tzinfo:
        return moment_of(mark) < moment_of(other)
    return mark < other  # as SQLite compares them


def _choice(values: Mapping[str, str], key: str) -> str:
    value = values.get(key, CHOICES[key][0])
    if value not in CHOICES[key]:
        *most, last = CHOICES[key]
        raise ArgumentError(f"--{key} {value!r} is not one of {', '.join(most)} and {last}")
    return value


def _whole(key: str, value: str, other: str = "") -> int:
    """Read a whole number of at least 1, or at least 0 for a wait and for chunks. `other` names what else the argument may be."""
    least = 0 if key in ("lock_wait_seconds", "chunk_rows") else 1
    if not (value.isascii() and value.isdigit() and len(value) <= 18) or int(value) < least:
        raise ArgumentError(f"--{key} {value!r} must be {other}a whole number of at least {least}, with at most 18 digits")
    return int(value)


def _typos(pairs: Mapping[str, str]) -> str:
    unknown = sorted(pairs.keys() - KNOWN)
    hints = [f"--{key} is unknown, did you mean --{near}?" for key in unknown if (near := suggestion(key))]
    return "; " + " ".join(hints) if hints else ""
