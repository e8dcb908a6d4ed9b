"""Build one plan line: from a table, its settings and its run to a TableRun, the arguments of its job, and the item."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_core.config.reserved import ENCODED, NEVER_AMENDED, OF_THE_DATABASE
from extract_core.config.settings import failure_text
from extract_core.contract import ArgumentsTooLong, TableRun, Watermark
from extract_core.errors import PluginError, TrackingError
from extract_core.plan.job_arguments import apart, as_object, encoded, flat_arguments, unfit
from extract_core.plan.limits import MAX_ARGUMENTS, payload_bytes
from extract_core.plan.line import Built, PlannedTable, Spilled, watermark_json
from extract_core.plan.places import MAX_SEGMENT, arguments_place, segment
from extract_core.plan.run_context import NOTHING
from extract_core.tracking.watermark import check, compare
from extract_core.wording import RAISED

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extract_core.config.settings import Settings, TypeInUse
    from extract_core.contract import Json
    from extract_core.plan.line import TableSpec
    from extract_core.plan.places import Attempt
    from extract_core.plan.run_context import Committed, RunContext
    from extract_core.registry.installed import Registry

_TEXT: Final = frozenset({str})
_ENCODER: Final = json.JSONEncoder(allow_nan=False)

OWN_SCRIPT: Final = "extract_job.py"
"""The script_name of the reference job, which always writes a result object."""


class Unplannable(Exception):  # noqa: N818 - becomes a plan error
    """Why a table can't be planned; `argument` is the job argument that causes it, if any."""

    def __init__(self, message: str, argument: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument


class _TooLong(Unplannable):
    """The job type raised ArgumentsTooLong."""


_SURELY_FITS: Final = MAX_ARGUMENTS // 8
"""Characters: the arguments of most tables are not measured in bytes."""
_REMEDY: Final = ", or write argument_encoding: json, with which the job reads its arguments from an object"


def watermark_of(core: Mapping[str, Json], committed: Committed, *, run: RunContext) -> Watermark:
    """The window of this run: all rows for a full extract, the rows above the mark for an incremental one, or a backfill.

    A full extract gets the last result for its schema. A backfill continues nothing, so it gets none.

    Raises Unplannable for a backfill of a table without a watermark, or with ends that do not fit its watermark.
    """
    if core.get("extract_type", "FE") == "FE":
        if run.backfill is not None:
            raise Unplannable("a full extract (extract_type FE) has no watermark, so it can't be backfilled; exclude this table")
        return Watermark(last_result=committed.last_result)
    column, type_ = str(core["watermark.column"]), str(core["watermark.type"])
    if run.backfill is None:
        lag = core.get("lag")
        if run.reingest or committed.mark is None or begins_anew(core, committed):
            return Watermark(column=column, type=type_, mode="incremental", lag=None if lag is None else str(lag))
        by_hand = committed.set_by_hand
        return Watermark(
            column=column,
            type=type_,
            low=committed.mark,
            mode="incremental",
            lag="0" if by_hand else None if lag is None else str(lag),
            last_result=None if by_hand else committed.last_result,
        )
    low, high = run.backfill.low, run.backfill.high
    try:
        check(high, type_)
        if low is not None and compare(low, high, type_) >= 0:
            raise Unplannable(f"the backfill from {low!r} to {high!r} is empty: its end must be above its beginning")
    except TrackingError as error:
        raise Unplannable(f"the backfill's end does not fit column {column!r}: {error}") from error
    return Watermark(column=column, type=type_, low=low, high=high, mode="backfill")


def begins_anew(core: Mapping[str, Json], committed: Committed) -> bool:
    """Whether an incremental table is read from the beginning because its base is missing."""
    return committed.missing is not None and core.get("on_missing_base") == "reingest"


def assemble(  # noqa: PLR0913 - a table, its settings, its type and its run
    spec: TableSpec,
    settings: Settings,
    in_use: TypeInUse,
    *,
    attempt: Attempt,
    committed: Committed = NOTHING,
    registry: Registry,
    window: Watermark | None = None,
) -> PlannedTable:
    """The planned table, for this window or else for the rows above the committed mark.

    Raises Unplannable if the job type, a plugin's hook or the command line refuses it.
    """
    run, core, table = attempt.run, spec.core, spec.table
    name = segment(table)
    if len(name) > MAX_SEGMENT:
        raise Unplannable(f"the table's name is too long for a folder: {len(name)} bytes of at most {MAX_SEGMENT}")
    watermark = window or watermark_of(core, committed, run=run)
    s3_uri, result_uri = attempt.places_of(spec.source, name)
    of_the_run = {
        "--source_name": spec.source,
        "--source_type": spec.source_type,
        "--extract_table": table,
        "--run_id": run.run_id,
        "--attempt": str(attempt.number),
        "--extract_s3_uri": s3_uri,
        "--result_uri": result_uri,
    }
    database = {f"--{key}": spec.database[key] for key in OF_THE_DATABASE if key in spec.database}
    if run.rerun_of is not None and watermark.mode == "full" and core.get("script_name", OWN_SCRIPT) == OWN_SCRIPT:
        of_the_run["--resume_from"] = attempt.last_of(run.rerun_of, name, core.get("max_attempts", 1))
    flat = flat_arguments(of_the_run, database=database, table=core, watermark=watermark, own=spec.arguments)
    table_run = TableRun(
        source=spec.source,
        source_type=spec.source_type,
        table=table,
        job_type=spec.job_type,
        run_id=run.run_id,
        run_started_at=run.started_at,
        attempt=attempt.number,
        extract_s3_uri=s3_uri,
        result_uri=result_uri,
        watermark=watermark,
        deployment=in_use.model_of_deployment(),
        job_arguments=flat,
    )
    try:
        table_run = registry.amend_arguments(table_run, NEVER_AMENDED)
    except PluginError as error:
        raise Unplannable(str(error)) from error
    if table_run.job_arguments is not flat:
        _check_amended(table_run.job_arguments)
    amended, of_service = apart(table_run.job_arguments, in_use.job_type.service_arguments)
    as_json = core.get("argument_encoding", "argv") == "json"
    carried = _carried(amended, as_json=as_json)
    if of_service:
        carried = {**carried, **of_service}
    if carried is not flat:
        table_run = dataclasses.replace(table_run, job_arguments=carried)
    spilled: Spilled | None = None
    try:
        arguments = built(table_run, settings, in_use)
    except _TooLong as error:
        if not as_json:
            raise Unplannable(f"{error}{_REMEDY}") from error
        spilled = Spilled(arguments_place(result_uri), as_object(amended))
        table_run = dataclasses.replace(table_run, job_arguments={ENCODED: spilled.uri, **of_service})
        arguments = _built_spilled(table_run, settings, in_use)
    item: dict[str, Json] = {
        "source": spec.source,
        "source_type": spec.source_type,
        "table": table,
        "job_type": spec.job_type,
        "run_id": run.run_id,
        "run_started_at": run.started_at,
        "attempt": attempt.number,
        "max_attempts": core.get("max_attempts", 1),
        "timeout_seconds": settings.timeout_seconds,
        "extract_s3_uri": s3_uri,
        "result_uri": result_uri,
        "watermark": watermark_json(watermark),
        "result": result_policy(core),
        **({"pool": core["pool"]} if "pool" in core else {}),
        **({"script_name": script} if (script := core.get("script_name", OWN_SCRIPT)) != OWN_SCRIPT else {}),
        "arguments": arguments,
    }
    built_from = Built(spec, table_run, in_use.deployment_json)
    anew = window is None and watermark.mode == "incremental" and not run.reingest and begins_anew(core, committed)
    notes = (f"It is read from the beginning (on_missing_base: reingest): {committed.missing}.",) if anew else ()
    return PlannedTable(item=item, settings=settings.as_json, notes=notes, built_from=built_from, spilled=spilled)


def unplanned(
    table: str, message: str, *, source_and_type: tuple[str, str], job_type: str | None, attempt: Attempt
) -> PlannedTable:
    """The item of a table that can't be planned: it is recorded as a CONFIG failure, and the others run."""
    source, source_type = source_and_type
    s3_uri, result_uri = attempt.places_of(source, segment(table))
    item: dict[str, Json] = {
        "source": source,
        "source_type": source_type,
        "table": table,
        **({"job_type": job_type} if job_type is not None else {}),
        "run_id": attempt.run.run_id,
        "run_started_at": attempt.run.started_at,
        "attempt": attempt.number,
        "max_attempts": 1,
        "timeout_seconds": 1,
        "extract_s3_uri": s3_uri,
        "result_uri": result_uri,
        "watermark": watermark_json(Watermark()),
        "result": "required",
        "plan_error": {"failure": "CONFIG", "message": message},
        "arguments": {},
    }
    return PlannedTable(item=item)


def result_policy(core: Mapping[str, Json]) -> str:
    """Whether success requires a result object: ``required``, unless a full extract has a script that is not ours."""
    policy = core.get("result")
    if isinstance(policy, str):
        return policy
    full = core.get("extract_type", "FE") == "FE"
    return "optional" if full and core.get("script_name", OWN_SCRIPT) != OWN_SCRIPT else "required"


def _check_amended(arguments: Mapping[str, str]) -> None:
    wrong = [key for key in arguments if not key.startswith("--")]
    if wrong:
        raise Unplannable(f"a plugin's hook extract_amend_arguments gave the argument {wrong[0]!r}; it must begin with --")


def _carried(flat: Mapping[str, str], *, as_json: bool) -> Mapping[str, str]:
    if as_json:
        return encoded(flat)
    misfit = unfit(flat)
    if misfit is None:
        return flat
    key, value = misfit
    if key == "--low_watermark":
        reason = "is empty" if not value else "begins with '-'" if value[0] == "-" else "contains NUL"
        raise Unplannable(
            f"the table's committed watermark is {value!r}, but a command line can't pass a value that "
            f"{reason} (the job's argument {key}); "
            "write argument_encoding: json for this table, which passes any value",
            key,
        )
    raise Unplannable(
        f"the job's argument {key} is {value!r}, which a command line can't pass (it is empty, begins with '-' or contains NUL); "
        "add argument_encoding: json, which passes any value",
        key,
    )


def built(table_run: TableRun[BaseModel], settings: Settings, in_use: TypeInUse) -> Mapping[str, Json]:
    """The arguments that the job type makes for this run, checked. Raises Unplannable."""
    name = in_use.job_type.name
    try:
        arguments = in_use.job_type.arguments(table_run, settings.model)
    except ArgumentsTooLong as error:
        raise _TooLong(f"job type {name!r}: {error}") from error
    except ValueError as error:
        raise Unplannable(f"job type {name!r}: {error}") from error
    except RAISED as error:
        raise Unplannable(failure_text(in_use.installed, error)) from error
    if not isinstance(arguments, dict) or not _is_plain(arguments):
        _check_json(arguments, f"job type {name!r} ({in_use.installed.provider})")
    if len(repr(arguments)) > _SURELY_FITS and (size := payload_bytes(arguments)) > MAX_ARGUMENTS:
        raise _TooLong(
            f"job type {name!r}: the arguments of this table have {size:,} bytes, and {MAX_ARGUMENTS:,} is the limit of one item "
            "of the state machine: shorten them"
        )
    return arguments


def _built_spilled(table_run: TableRun[BaseModel], settings: Settings, in_use: TypeInUse) -> Mapping[str, Json]:
    """As `built`, for a job that reads its arguments from an object: if they are still too long, no key of the table helps."""
    try:
        return built(table_run, settings, in_use)
    except _TooLong as error:
        place = table_run.job_arguments[ENCODED]
        raise Unplannable(f"{error}; this is with all arguments of the job in an object, {place!r}") from error


def _check_json(arguments: object, who: str) -> None:
    if not isinstance(arguments, Mapping):
        raise Unplannable(f"{who} built {arguments!r}; the arguments must be a mapping")
    try:
        text = _ENCODER.encode(arguments)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unplannable(f"{who} returned arguments that are not valid JSON: {error}") from error
    null = _null_in(arguments) if "null" in text else None
    if null is not None:
        raise Unplannable(f"{who} built null for {null!r}; a state machine can't pass null, so every argument needs a value")


def _is_plain(arguments: Mapping[str, object]) -> bool:
    """Whether it has only text, whole numbers, and mappings of text to text: a fast check for JSON without null."""
    for key, value in arguments.items():
        kind = type(value)
        if type(key) is not str:
            return False
        if kind is str or kind is int or kind is bool:
            continue
        if not isinstance(value, dict) or {*map(type, value), *map(type, value.values())} != _TEXT:
            return False
    return True


def _null_in(value: object, path: str = "") -> str | None:
    """The path of the first null inside, or None."""
    if value is None:
        return path
    if isinstance(value, Mapping):
        inner = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        return None
    for place, item in inner:
        null = _null_in(item, place) if item is None or isinstance(item, Mapping | list | tuple) else None
        if null is not None:
            return null
    return None
