"""Read the event that starts a run. It is checked as strictly as the config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.config.read import SOURCE_NAME
from extract_core.config.values import BadValue, boolean, shown
from extract_core.dataclass import dataclass
from extract_core.errors import UsageError
from extract_core.pipeline.map_modes import concurrency_fault
from extract_core.plan.execution import check_run_id
from extract_core.plan.run_context import Backfill
from extract_core.wording import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

KEYS: Final = frozenset({"source", "tables", "exclude", "reingest", "rerun_of", "backfill", "force", "max_concurrency"})
_OLD_KEYS: Final = {"source_name": "source", "extract_tables": "tables"}
"""Keys of version 0.1.0 and what they are called now. Schedules that were deployed with it still send them."""
_BACKFILL: Final = '{"from": "2026-01-01", "to": "2026-02-01"}, or without "from" for all up to there'


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractEvent:
    """What to extract. `tables` and `exclude` are names and globs; `rerun_of` is the run whose tables run again.

    `tables` is ``("*",)`` if the event is a rerun and names none: all that the rerun selects. `backfill` reads a range of
    incremental tables again. With `force`, a rerun includes tables that a later run has handled. `max_concurrency` is how many
    tables run at once; None: as the machine says.
    """

    source: str
    tables: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    reingest: bool = False
    rerun_of: str | None = None
    backfill: Backfill | None = None
    force: bool = False
    max_concurrency: int | None = None


def read_event(event: Mapping[str, Json]) -> ExtractEvent:
    """The event, checked. Raises UsageError with everything that is wrong with it."""
    if not isinstance(event, dict):
        raise UsageError(f"the event is {shown(event)}; it must be an object: {_EXAMPLE}")
    unknown = [key for key in event if key not in KEYS and key not in _OLD_KEYS]
    wrong = [f"{key!r} is not a key of an event{_near(key)}" for key in unknown]
    rerun_of = event.get("rerun_of")
    if rerun_of is not None and not (isinstance(rerun_of, str) and _is_run_id(rerun_of)):
        wrong.append(f"'rerun_of' is {shown(rerun_of)}; it must be the id of a run, as `extract status` shows it")
    source_key = _key_in_use("source", event, wrong)
    source = event.get(source_key)
    if source is None:
        wrong.append(f"{source_key!r} is missing; an event looks like {_EXAMPLE}")
    elif not isinstance(source, str) or not SOURCE_NAME.fullmatch(source):
        rule = "letters, digits, _ . -, beginning with a letter or digit"
        wrong.append(f"{source_key!r} is {shown(source)}; it must be the name of a source file without .yml: {rule}")
    tables_key = _key_in_use("tables", event, wrong)
    tables = _patterns(tables_key, event.get(tables_key, "*" if rerun_of is not None else None), wrong)
    exclude = _patterns("exclude", event.get("exclude", []), wrong, may_be_empty=True)
    flags = {key: _flag(key, event, wrong) for key in ("reingest", "force")}
    if flags["force"] and rerun_of is None:
        wrong.append("'force' needs 'rerun_of'; add it, or remove 'force'")
    backfill = _backfill(event.get("backfill"), wrong)
    if backfill is not None and flags["reingest"]:
        wrong.append("'backfill' reads a range and 'reingest' everything; remove one of them")
    most = event.get("max_concurrency")
    fault = None if most is None else concurrency_fault("DISTRIBUTED", most)  # an INLINE machine's own limit: `MachineInput`
    if fault is not None:
        wrong.append(f"'max_concurrency': {fault}")
    if wrong:
        raise UsageError("the event is wrong: " + "; ".join(wrong))
    return ExtractEvent(
        source=str(source),
        tables=tables,
        exclude=exclude,
        reingest=flags["reingest"],
        rerun_of=rerun_of if isinstance(rerun_of, str) else None,
        backfill=backfill,
        force=flags["force"],
        max_concurrency=most if isinstance(most, int) else None,
    )


def _near(key: str) -> str:
    """``; did you mean 'source'?``, or nothing. A key that looks like an old one gets the key's name of today."""
    near = nearest(key, (*KEYS, *_OLD_KEYS))
    return f"; did you mean {_OLD_KEYS.get(near[0], near[0])!r}?" if near else ""


def _key_in_use(key: str, event: Mapping[str, Json], wrong: list[str]) -> str:
    """How this event spells the key: as today, or as version 0.1.0 did. Both are fine if they say the same."""
    old = next(spelling for spelling, name in _OLD_KEYS.items() if name == key)
    if key in event and old in event and event[key] != event[old]:
        wrong.append(f"{key!r} is {shown(event[key])}, and {old!r}, its old name, is {shown(event[old])}; leave {old!r} out")
    return old if old in event and key not in event else key


def _flag(key: str, event: Mapping[str, Json], wrong: list[str]) -> bool:
    try:
        return boolean(event.get(key, False))
    except BadValue as error:
        wrong.append(f"{key!r} {error}")
        return False


def _backfill(value: Json, wrong: list[str]) -> Backfill | None:
    if value is None:
        return None
    ends = value if isinstance(value, dict) else {}
    low, high = ends.get("from"), ends.get("to")
    if not isinstance(high, str) or not high or not isinstance(low, str | None) or low == "" or ends.keys() - {"from", "to"}:
        wrong.append(f"'backfill' is {shown(value)}; it must be two marks of the tables' watermark, as text: {_BACKFILL}")
        return None
    return Backfill(low=low, high=high)


_EXAMPLE: Final = '{"source": "sales", "tables": ["public.accounts", "crm.*"]}'


def _patterns(key: str, value: Json, wrong: list[str], *, may_be_empty: bool = False) -> tuple[str, ...]:
    """Names and globs from a list or a comma-separated string, in their order, without duplicates."""
    if isinstance(value, str):
        patterns = [part.strip() for part in value.split(",")]
        patterns = [part for part in patterns if part]
    elif isinstance(value, list) and all(isinstance(part, str) and part.strip() for part in value):
        patterns = [str(part).strip() for part in value]
    else:
        state = "is missing" if value is None else f"is {shown(value)}"
        wrong.append(f'{key!r} {state}; it must be a list of names and globs, a comma-separated string, or "*" for all')
        return ()
    if not patterns and not may_be_empty:
        wrong.append(f'{key!r} names no table; write names and globs, or "*" for all')
    return tuple(dict.fromkeys(patterns))


def _is_run_id(text: str) -> bool:
    try:
        check_run_id(text)
    except UsageError:
        return False
    return True
