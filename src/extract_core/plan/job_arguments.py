"""Make the flat ``--key value`` arguments, the same on every service, from a table's keys, its run and its window."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

from extract_core.config.reserved import ENCODED, OF_OLD_SCRIPTS, OF_THE_PROOF, OF_THE_SELECTION, OF_THE_TABLE
from extract_core.config.selection import as_argument

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from extract_core.contract import Watermark


_FLAGS: Final = tuple((key, f"--{key}") for key in (*OF_THE_PROOF, *OF_THE_TABLE, *OF_THE_SELECTION, *OF_OLD_SCRIPTS))
_OF_AN_INCREMENT: Final = ("future", "on_mark_behind")


def flat_arguments(
    run: Mapping[str, str],
    *,
    database: Mapping[str, str],
    table: Mapping[str, object],
    watermark: Watermark,
    own: Mapping[str, str],
) -> dict[str, str]:
    """The arguments in a fixed order; those without a value are left out.

    `run` holds the arguments of the run, all of `OF_THE_RUN`, and `database` those of the database, by their names with ``--``;
    `table` the table's keys as read, `own` the config's `arguments`, which come last and unchanged.
    """
    flat = {**run, **database, "--extract_type": str(table.get("extract_type", "FE"))}
    for name, key in (("--hwm_col_name", "watermark.column"), ("--hwm_column_type", "watermark.type")):
        if table.get(key) is not None:
            flat[name] = str(table[key])
    flat.update(_window(watermark, table))
    for key, name in _FLAGS:
        if table.get(key) not in (None, [], {}):
            flat[name] = as_argument(table[key])
    if table.get("fetchsize") == 0:  # 0 is Spark's word for the driver default; other drivers refuse it
        del flat["--fetchsize"]
    flat.update(own)
    return flat


def _window(watermark: Watermark, table: Mapping[str, object]) -> dict[str, str]:
    """The arguments of the window, as far as they have a value."""
    is_incremental = watermark.mode == "incremental"
    values = {
        "--low_watermark": watermark.low,
        "--high_watermark": watermark.high,
        "--lag": watermark.lag if is_incremental else None,
        **{f"--{key}": table.get(key) if is_incremental else None for key in _OF_AN_INCREMENT},
        "--last_result": watermark.last_result,
    }
    return {name: str(value) for name, value in values.items() if value is not None}


def unfit(arguments: Mapping[str, str]) -> tuple[str, str] | None:
    """The first argument, if any, that a command line can't pass: its value is empty, begins with ``-`` or contains NUL."""
    whole = "\0" + "\0".join(arguments.values())  # one test for all of them, since most tables pass
    if "\0-" not in whole and "\0\0" not in whole and whole[-1] != "\0" and whole.count("\0") == len(arguments):
        return None
    return next(((key, value) for key, value in arguments.items() if not value or value[0] == "-" or "\0" in value), None)


def encoded(arguments: Mapping[str, str]) -> dict[str, str]:
    """All of them in one argument: base64url of `as_object`. It passes any text."""
    return {ENCODED: base64.urlsafe_b64encode(as_object(arguments)).decode("ascii")}


def as_object(arguments: Mapping[str, str]) -> bytes:
    """All of them as one JSON object of key (without ``--``) to value, in UTF-8."""
    values = {key.removeprefix("--"): value for key, value in arguments.items()}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def from_object(data: bytes) -> dict[str, str]:
    """The arguments as they were before `as_object`."""
    return {f"--{key}": str(value) for key, value in json.loads(data).items()}


def decoded(text: str) -> dict[str, str]:
    """The arguments in an ``--extract_arguments``, as they were before `encoded`."""
    return from_object(base64.urlsafe_b64decode(text))


def apart(arguments: Mapping[str, str], names: AbstractSet[str]) -> tuple[Mapping[str, str], dict[str, str]]:
    """The arguments of the script, and those of the service by their `names`. The same mapping if there are none of these."""
    of_the_service = {name: value for name, value in arguments.items() if name in names} if names else {}
    if not of_the_service:
        return arguments, {}
    return {name: value for name, value in arguments.items() if name not in of_the_service}, of_the_service
