"""The job's arguments: `--key value` pairs, or one `--extract_arguments` that carries them all, or says where they are."""

import base64
import binascii
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extract_job.arguments.object import arguments_at
from extract_job.errors import ArgumentError
from extract_job.marks import MarkType, begin_of, check_mark, mark_type, moment_of
from extract_job.storage.places import Place, folder_at, object_at

REQUIRED = ("extract_table", "run_id", "attempt", "extract_s3_uri", "result_uri", "db_engine", "db_name")
OPTIONAL = (
    "source_name", "source_type", "db_secret", "db_port", "extract_type", "hwm_col_name", "hwm_column_type",
    "low_watermark", "high_watermark", "lag", "fetchsize", "text_columns", "rows_per_file", "lock_wait_seconds",
)  # fmt: skip
KNOWN = frozenset(REQUIRED + OPTIONAL)
ENGINES = {"sqlite": "sqlite", "postgres": "postgres", "postgresql": "postgres"}
_FULL = {"fe": True, "full": True, "pe": False, "incremental": False}


@dataclass(frozen=True, slots=True)
class Marks:
    """The rows that an incremental extract is after: `column` above `begin`, up to `high` (None: up to the newest).

    `low` is the mark as it was given (None on the first run), `begin` is `low` less the lag.
    """

    column: str
    type: MarkType
    low: str | None
    begin: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Arguments:
    """Everything that was asked of this process, checked. `marks` is None for a full extract."""

    source_name: str
    table: str
    run_id: str
    attempt: int
    folder: Place
    result: Place
    engine: str
    database: str
    secret: str | None
    port: str | None
    marks: Marks | None
    low_watermark: str | None
    fetchsize: int | None
    text_columns: tuple[str, ...]
    rows_per_file: int
    lock_wait_seconds: int
    ignored: tuple[str, ...]


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Read the command line (without the program's name); raises `ArgumentError` with the first fault."""
    pairs = _pairs(argv)
    values = {key: value for key, value in pairs.items() if key in KNOWN}
    for key, value in values.items():
        try:
            value.encode()
        except UnicodeEncodeError as error:  # bytes on the command line that the locale can't read
            raise ArgumentError(f"--{key} {value!a} is not valid text") from error
    missing = [key for key in REQUIRED if key not in values]
    if missing:
        raise ArgumentError(f"these arguments are missing: {', '.join('--' + key for key in missing)}{_typo(pairs)}")
    engine = values["db_engine"]
    if engine not in ENGINES:
        raise ArgumentError(f"--db_engine {engine!r}: this version reads 'sqlite' and 'postgres'")
    full = _FULL.get(values.get("extract_type", "FE").lower())
    if full is None:
        raise ArgumentError(f"--extract_type {values['extract_type']!r} is neither FE (full) nor PE (incremental)")
    return Arguments(
        source_name=values.get("source_name", ""),
        table=values["extract_table"],
        run_id=values["run_id"],
        attempt=_whole("attempt", values["attempt"]),
        folder=folder_at("extract_s3_uri", values["extract_s3_uri"]),
        result=object_at("result_uri", values["result_uri"]),
        engine=ENGINES[engine],
        database=values["db_name"],
        secret=values.get("db_secret") or None,
        port=str(_whole("db_port", values["db_port"])) if values.get("db_port") else None,
        marks=None if full else _marks(values),
        low_watermark=values.get("low_watermark"),
        fetchsize=_whole("fetchsize", values["fetchsize"]) if "fetchsize" in values else None,
        text_columns=tuple(name.strip() for name in values.get("text_columns", "").split(",") if name.strip()),
        rows_per_file=_whole("rows_per_file", values.get("rows_per_file", "10000000")),
        lock_wait_seconds=_whole("lock_wait_seconds", values.get("lock_wait_seconds", "15")),
        ignored=tuple(sorted(pairs.keys() - KNOWN)),
    )


def suggestion(key: str) -> str | None:
    """Give the argument that `key` was probably meant to be."""
    near = difflib.get_close_matches(key, sorted(KNOWN), n=1, cutoff=0.75)
    return near[0] if near else None


def _pairs(argv: Sequence[str]) -> dict[str, str]:
    """Give all pairs, known and unknown. A flag without a value is only allowed where the key is unknown."""
    pairs: dict[str, str] = {}
    position = 0
    while position < len(argv):
        word = argv[position]
        if not word.startswith("--") or word == "--":
            raise ArgumentError(f"{word!r} stands where an argument's name is expected; the form is --key value")
        key = word[2:]
        position += 1
        if position < len(argv) and not argv[position].startswith("--"):
            value = argv[position]
            position += 1
        elif key in KNOWN or key == "extract_arguments":
            raise ArgumentError(f"--{key} has no value (a value that begins with '--' needs argument_encoding: json)")
        else:
            value = ""
        if key in pairs and (key in KNOWN or key == "extract_arguments"):
            raise ArgumentError(f"--{key} is given twice: {pairs[key]!r} and {value!r}")
        pairs[key] = value
    encoded = pairs.pop("extract_arguments", None)
    if encoded is None:
        return pairs
    both = sorted(pairs.keys() & KNOWN)
    if both:
        raise ArgumentError(f"--{both[0]} stands beside --extract_arguments; give one or the other")
    return pairs | _decoded(encoded)


def _decoded(encoded: str) -> dict[str, str]:
    """Read `--extract_arguments`: base64url (padding may be left out) of a JSON object in UTF-8, or the URI of one."""
    in_object = "://" in encoded
    try:
        raw = (
            arguments_at(encoded)
            if in_object
            else base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        )
        values = json.loads(raw)
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        said = f" {encoded!r} holds no JSON object" if in_object else " is not base64url of a JSON object"
        raise ArgumentError(f"--extract_arguments{said}: {error}") from error
    if not isinstance(values, Mapping):
        raise ArgumentError(f"--extract_arguments holds a JSON {type(values).__name__}, not an object of arguments")
    pairs = {}
    for name, value in values.items():
        key = name.removeprefix("--")
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            if key in KNOWN:
                raise ArgumentError(f"--extract_arguments: {key!r} is {json.dumps(value)}; it must be a string")
            value = json.dumps(value)  # noqa: PLW2901 - the user's own argument, ignored here, whatever it holds
        pairs[key] = str(value)
    return pairs


def _marks(values: Mapping[str, str]) -> Marks:
    missing = [key for key in ("hwm_col_name", "hwm_column_type") if key not in values]
    if missing:
        names = " and ".join("--" + key for key in missing)
        raise ArgumentError(f"an incremental extract (--extract_type {values['extract_type']}) needs {names}")
    kind = mark_type(values["hwm_column_type"])
    low, high = values.get("low_watermark"), values.get("high_watermark")
    for key, mark in (("low_watermark", low), ("high_watermark", high)):
        if mark is not None:
            check_mark(key, kind, mark)
    if low is not None and high is not None and _below(kind, high, low):
        raise ArgumentError(f"--high_watermark {high!r} is below --low_watermark {low!r}")
    begin = begin_of(kind, low, values.get("lag"))
    return Marks(values["hwm_col_name"], kind, low, begin, high)


def _below(kind: MarkType, mark: str, other: str) -> bool:
    if kind in (MarkType.INTEGER, MarkType.DECIMAL):
        return Decimal(mark) < Decimal(other)
    if kind is MarkType.TIMESTAMP and moment_of(mark).tzinfo and moment_of(other).tzinfo:
        return moment_of(mark) < moment_of(other)
    return mark < other  # as SQLite compares them


def _whole(key: str, value: str) -> int:
    """Read a whole number of at least 1 (at least 0 for a wait)."""
    least = 0 if key == "lock_wait_seconds" else 1
    if not (value.isascii() and value.isdigit() and len(value) <= 18) or int(value) < least:
        raise ArgumentError(f"--{key} {value!r} is not a whole number of at least {least} and at most 18 digits")
    return int(value)


def _typo(pairs: Mapping[str, str]) -> str:
    hints = [f"--{key} was given: did you mean --{near}?" for key in sorted(pairs) if (near := _meant(key))]
    return "; " + " ".join(hints) if hints else ""


def _meant(key: str) -> str | None:
    return None if key in KNOWN else suggestion(key)
