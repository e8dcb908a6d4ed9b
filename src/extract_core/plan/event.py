"""The event that starts a run: checked as strictly as the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract_core.config.read import SOURCE_NAME
from extract_core.config.values import BadValue, boolean, shown
from extract_core.errors import UsageError
from extract_core.plan.attempt import Backfill
from extract_core.plan.run_id import check_run_id
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

KEYS: Final = frozenset({"source_name", "extract_tables", "exclude", "reingest", "rerun_of", "backfill", "force"})
_BACKFILL: Final = '{"from": "2026-01-01", "to": "2026-02-01"}, or without "from" for all up to there'


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractEvent:
    """What to extract. `extract_tables` and `exclude` are names and globs; `rerun_of` is the run whose tables run again.

    `extract_tables` is ``("*",)`` where the event is a rerun and names none: all that the rerun picks. `backfill` reads a range
    of incremental tables once more. `force` lets a rerun do tables too that a later run has seen to.
    """

    source_name: str
    extract_tables: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    reingest: bool = False
    rerun_of: str | None = None
    backfill: Backfill | None = None
    force: bool = False


def read_event(event: Mapping[str, Json]) -> ExtractEvent:
    """The event, checked. Raises UsageError that names each thing wrong with it."""
    if not isinstance(event, dict):
        raise UsageError(f"the event is {shown(event)}; it must be an object: {_EXAMPLE}")
    wrong = [f"{key!r} is no key of an event{did_you_mean(key, KEYS)}" for key in event if key not in KEYS]
    rerun_of = event.get("rerun_of")
    if rerun_of is not None and not (isinstance(rerun_of, str) and _is_run_id(rerun_of)):
        wrong.append(f"'rerun_of' is {shown(rerun_of)}; it must be the id of a run, as `extract status` shows it")
    source_name = event.get("source_name")
    if source_name is None:
        wrong.append(f"'source_name' is missing; an event looks like {_EXAMPLE}")
    elif not isinstance(source_name, str) or not SOURCE_NAME.fullmatch(source_name):
        rule = "letters, digits, _ . -, beginning with a letter or digit"
        wrong.append(f"'source_name' is {shown(source_name)}; it must be the name of a source file without .yml: {rule}")
    tables = _patterns("extract_tables", event.get("extract_tables", "*" if rerun_of is not None else None), wrong)
    exclude = _patterns("exclude", event.get("exclude", []), wrong, may_be_empty=True)
    flags = {key: _flag(key, event, wrong) for key in ("reingest", "force")}
    if flags["force"] and rerun_of is None:
        wrong.append("'force' is for a rerun; add 'rerun_of', or leave it out")
    backfill = _backfill(event.get("backfill"), wrong)
    if backfill is not None and flags["reingest"]:
        wrong.append("'backfill' reads a range and 'reingest' everything; leave one of them out")
    if wrong:
        raise UsageError("the event is wrong: " + "; ".join(wrong))
    return ExtractEvent(
        source_name=str(source_name),
        extract_tables=tables,
        exclude=exclude,
        reingest=flags["reingest"],
        rerun_of=rerun_of if isinstance(rerun_of, str) else None,
        backfill=backfill,
        force=flags["force"],
    )


def _flag(key: str, event: Mapping[str, Json], wrong: list[str]) -> bool:
    try:
        return boolean(event.get(key, False))
    except BadValue as error:
        wrong.append(f"{key!r} {error}")
        return False


def _backfill(given: Json, wrong: list[str]) -> Backfill | None:
    if given is None:
        return None
    ends = given if isinstance(given, dict) else {}
    low, high = ends.get("from"), ends.get("to")
    if not isinstance(high, str) or not high or not isinstance(low, str | None) or low == "" or ends.keys() - {"from", "to"}:
        wrong.append(f"'backfill' is {shown(given)}; it must be two marks of the tables' watermark, as text: {_BACKFILL}")
        return None
    return Backfill(low=low, high=high)


_EXAMPLE: Final = '{"source_name": "sales", "extract_tables": ["public.accounts", "crm.*"]}'


def _patterns(key: str, value: Json, wrong: list[str], *, may_be_empty: bool = False) -> tuple[str, ...]:
    """Names and globs from a list or a comma-separated string; each once, in the order given."""
    if isinstance(value, str):
        found = [part.strip() for part in value.split(",")]
        found = [part for part in found if part]
    elif isinstance(value, list) and all(isinstance(part, str) and part.strip() for part in value):
        found = [str(part).strip() for part in value]
    else:
        given = "is missing" if value is None else f"is {shown(value)}"
        wrong.append(f'{key!r} {given}; it must be a list of names and globs, a comma-separated string, or "*" for all')
        return ()
    if not found and not may_be_empty:
        wrong.append(f'{key!r} names no table; write names and globs, or "*" for all')
    return tuple(dict.fromkeys(found))


def _is_run_id(text: str) -> bool:
    try:
        check_run_id(text)
    except UsageError:
        return False
    return True
