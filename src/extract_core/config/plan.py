"""Planning: a source config and a run to one item a table. Pure: what it needs of stores and plugins is passed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.config import keys
from extract_core.config.assemble import Attempt, Places, Unplannable, assemble, unplanned
from extract_core.config.job_arguments import RESERVED
from extract_core.config.pausing import collector_paused
from extract_core.config.planned import PlannedTable, TableSpec
from extract_core.config.settings import BadSettings, PluginFailure, TypeInUse
from extract_core.config.tiers import RESERVED_MESSAGE, Base, Complaint, Tiers, attempts_message, not_built
from extract_core.config.values import BadValue, kind, nearest, shown
from extract_core.contract import API_VERSION
from extract_core.errors import ConfigError, JobTypeNotInstalled, ObjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.config.assemble import RunContext
    from extract_core.config.model import SourceConfig
    from extract_core.config.spots import Path
    from extract_core.contract import Json
    from extract_core.registry import Registry

MAX_MESSAGE = 2_000
"""Characters of a plan error: it travels in the item, which all tables share 256 KiB for."""


def plan_tables(  # noqa: PLR0913 - all that a plan depends on, by name
    config: SourceConfig,
    tables: Sequence[str],
    *,
    run: RunContext,
    machine: Mapping[str, Json],
    registry: Registry,
    marks: Mapping[str, str | None],
    data_uri: str,
    runs_uri: str,
) -> list[PlannedTable]:
    """The plan of these tables, in their order; `marks` are the committed high watermarks.

    A table that can't be planned carries `plan_error`. Raises ConfigError with all faults outside of the tables, or with
    those of all tables under ``run.on_invalid: fail``; UsageError for a machine that was built for another contract.
    """
    check_machine(machine)
    planner = _Planner(config, machine, registry)
    planner.prepare(tables)
    attempt = Attempt(run=run, number=1, places=Places(data_uri=data_uri, runs_uri=runs_uri))
    with collector_paused():
        found = [(table, planner.plan(table, attempt, marks.get(table))) for table in tables]
    if config.run.on_invalid == "fail":
        invalid = [each for _, planned in found if not isinstance(planned, PlannedTable) for each in planned]
        if invalid:
            raise ConfigError(each.fault(config.text) for each in invalid)
    return [
        planned if isinstance(planned, PlannedTable) else planner.unplanned(table, planned, attempt) for table, planned in found
    ]


def replan(  # noqa: PLR0913 - as plan_tables
    planned: PlannedTable,
    *,
    run: RunContext,
    attempt: int,
    machine: Mapping[str, Json],
    registry: Registry,
    marks: Mapping[str, str | None],
    data_uri: str,
    runs_uri: str,
) -> PlannedTable:
    """The same table for another run or attempt: table and settings as the stored plan has them, the watermark anew.

    Not for a line with a `plan_error`: such a table is planned from today's config (`plan_tables`).
    """
    check_machine(machine)
    if planned.spec is None or planned.settings is None:
        raise ObjectError(f"table {planned.table!r} was not planned before ({planned.plan_error}); plan it from its config")
    spec = TableSpec(**planned.spec)  # type: ignore[arg-type] # written by TableSpec.as_json
    this = Attempt(run=run, number=attempt, places=Places(data_uri=data_uri, runs_uri=runs_uri))
    message: str
    try:
        in_use = _in_use(spec.job_type, machine, registry)
        settings = in_use.settings(planned.settings)
        return assemble(spec, settings, in_use, attempt=this, mark=marks.get(spec.table), registry=registry)
    except BadSettings as error:
        wrong = "; ".join(f"{'.'.join(map(str, path))} {message}" for path, message in error.complaints)
        message = f"the settings that the table ran with before are refused now: {wrong}"
    except (JobTypeNotInstalled, PluginFailure, Unplannable) as error:
        message = str(error)
    source = (spec.source_name, spec.source_type)
    return unplanned(spec.table, _cut(message), source=source, job_type=spec.job_type, attempt=this)


def _in_use(name: str, machine: Mapping[str, Json], registry: Registry) -> TypeInUse:
    registry.job_type(name)
    deployments = machine.get("job_types")
    deployment = deployments.get(name) if isinstance(deployments, dict) else None
    if not isinstance(deployment, dict):
        raise Unplannable(not_built(name, machine))
    return TypeInUse.open(registry.job_types[name], deployment)


def check_machine(machine: Mapping[str, Json]) -> None:
    """Refuse a machine that was built for another major version of the plugin contract."""
    contract = machine.get("contract", list(API_VERSION))
    if not isinstance(contract, list | tuple) or not contract or contract[0] != API_VERSION[0]:
        raise UsageError(
            f"the state machine {machine.get('name')!r} was built for contract {contract!r}, and these functions have "
            f"{list(API_VERSION)}; build and deploy machine and functions from one installation"
        )


class _Planner:
    """One source and one machine: what is common to its tables is worked out once."""

    def __init__(self, config: SourceConfig, machine: Mapping[str, Json], registry: Registry) -> None:
        self._config, self._registry, self._machine = config, registry, machine
        self._tiers = Tiers(config, machine, registry)
        self._tables = config.extract.tables
        default = config.extract.shared.get("job_type")
        self._default_job_type = default if isinstance(default, str) else None
        self._unknown_keys: dict[tuple[str, str], str] = {}

    def prepare(self, tables: Sequence[str]) -> None:
        """Read the tiers of all job types in use; ConfigError with what is wrong above the tables."""
        for name in dict.fromkeys(self.job_type_of(table) for table in tables):
            if name is not None:
                self._tiers.base(name)
        self._tiers.check_unused(name for name in map(self.job_type_of, self._tables) if name is not None)
        complaints = self._tiers.complaints
        if complaints:
            raise ConfigError(each.fault(self._config.text) for each in complaints)

    def unplanned(self, table: str, complaints: Sequence[Complaint], attempt: Attempt) -> PlannedTable:
        """The table with its plan error: all its complaints with their places, a line each."""
        faults = sorted(each.fault(self._config.text) for each in complaints)
        source = (self._config.source_name, self._config.source_type)
        message = _cut("\n".join(map(str, faults)))
        return unplanned(table, message, source=source, job_type=self.job_type_of(table), attempt=attempt)

    def job_type_of(self, table: str) -> str | None:
        """The job type that the config gives this table, installed or not; None where it gives none, or no text."""
        raw = self._tables.get(table)
        if isinstance(raw, dict) and "job_type" in raw:
            own = raw["job_type"]
            return own.strip() if isinstance(own, str) and own.strip() else None
        return self._default_job_type

    def plan(self, table: str, attempt: Attempt, mark: str | None) -> PlannedTable | list[Complaint]:
        """The planned table, or all that is wrong with it."""
        path: Path = ("extract", "tables", table)
        if table not in self._tables:
            return [Complaint(("extract", "tables"), f"has no table {table!r} any more{nearest(table, self._tables)}")]
        raw = self._tables[table]
        if raw is not None and not isinstance(raw, dict):
            return [Complaint(path, f"is {kind(raw)} ({shown(raw)}); write a mapping: keys with values, or {{}}")]
        job_type = self.job_type_of(table)
        base = self._tiers.base(job_type) if job_type is not None else self._no_job_type(raw)
        if isinstance(base, str):
            own = isinstance(raw, dict) and "job_type" in raw
            place = (*path, "job_type") if own else ("extract", "job_type") if self._default_job_type else path
            return [Complaint(place, base)]
        spec, plugin, complaints = self._read(table, raw or {}, base)
        try:
            settings = base.type.settings(plugin)
        except BadSettings as bad:
            for inside, message in bad.complaints:
                origin = self._tiers.origin(str(inside[0]), table, job_type) if inside else path
                where = (*origin, *inside) if origin == path else (*origin, *inside[1:])
                complaints.append(Complaint(where, message))
        except PluginFailure as error:
            complaints.append(Complaint(path, str(error)))
        else:
            if not complaints:
                try:
                    return assemble(spec, settings, base.type, attempt=attempt, mark=mark, registry=self._registry)
                except Unplannable as error:
                    name = base.type.job_type.name
                    origin = self._tiers.origin_of_argument(error.argument, table, name) if error.argument else path
                    complaints.append(Complaint(origin, str(error)))
        return complaints

    @staticmethod
    def _no_job_type(raw: Mapping[str, Json] | None) -> str:
        if raw and "job_type" in raw:
            return f"is {shown(raw['job_type'])}; write the name of a job type"
        return "has no job type; write job_type here, or extract.job_type for all tables"

    def _read(self, table: str, raw: Mapping[str, Json], base: Base) -> tuple[TableSpec, Mapping[str, Json], list[Complaint]]:
        """The table's keys over those of its tiers; what is the plugin's; what is wrong."""
        path: Path = ("extract", "tables", table)
        complaints: list[Complaint] = []
        core = dict(base.core)
        own: dict[str, Json] = {}
        for key, value in raw.items():
            reader = keys.TABLE.get(key)
            if reader is not None:
                try:
                    core[key] = reader(value)
                except BadValue as error:
                    complaints += [
                        Complaint((*path, key, *inside), said, of_key=bool(inside)) for inside, said in error.complaints
                    ]
            if key in base.type.keys or (base.type.takes_any_key and reader is None):
                own[key] = value
            elif reader is None:
                complaints.append(Complaint((*path, key), self._unknown_key(key, base), of_key=True))
        core.pop("job_type", None)
        arguments = core.pop("arguments", None)
        script: Mapping[str, str] = {**base.arguments, **arguments} if isinstance(arguments, dict) else base.arguments
        if isinstance(arguments, dict):
            complaints += [
                Complaint((*path, "arguments", key), RESERVED_MESSAGE, of_key=True) for key in arguments if key in RESERVED
            ]
        if not complaints:
            complaints += self._together(table, base, core)
        spec = TableSpec(
            source_name=self._config.source_name,
            source_type=self._config.source_type,
            table=table,
            job_type=base.type.job_type.name,
            core=core,  # type: ignore[arg-type] # the readers give JSON values
            arguments=script,
            database=self._config.extract.database,
        )
        return spec, ({**base.plugin, **own} if own else base.plugin), complaints

    def _unknown_key(self, key: str, base: Base) -> str:
        """What to say of a key that this job type doesn't know; worked out once: the typo may stand in 10,000 tables."""
        name = base.type.job_type.name
        found = self._unknown_keys.get((key, name))
        if found is None:
            others = [other for other in self._registry.job_types if key in self._tiers.keys_of(other)]
            if others:
                hint = f"; it is a key of job type {others[0]!r}, and this table's is {name!r}"
            else:
                known = base.type.keys | frozenset(keys.TABLE)
                hint = keys.belongs(key, not_in="a table (extract.tables)") or nearest(key, known)
            hint = hint or "; what only the script reads goes under arguments"
            found = f"neither the core nor job type {name!r} knows this key{hint}"
            self._unknown_keys[key, name] = found
        return found

    def _together(self, table: str, base: Base, core: dict[str, object]) -> list[Complaint]:
        """What is wrong only with several keys together."""
        path: Path = ("extract", "tables", table)
        found: list[Complaint] = []
        attempts = core.get("max_attempts", 1)
        if isinstance(attempts, int) and attempts > 1 and not self._tiers.has_retry_loop:
            found.append(Complaint((*path, "max_attempts"), attempts_message(attempts, self._machine.get("name"))))
        lower, upper = _number(core.get("lower_bound")), _number(core.get("upper_bound"))
        name = base.type.job_type.name
        if lower is not None and upper is not None and lower > upper:
            origin = self._tiers.origin("lower_bound", table, name)
            found.append(
                Complaint(origin, f"is {core['lower_bound']}, above upper_bound {core['upper_bound']}; swap or mend them")
            )
        if core.get("extract_type", "FE") == "FE":
            return found
        missing = [key for key in ("hwm_col_name", "hwm_column_type") if key not in core]
        if missing:
            needs = f"an incremental extract (extract_type PE) needs {' and '.join(missing)}"
            found.append(Complaint(path, f"{needs}; write {'it' if len(missing) == 1 else 'them'} here, or extract_type: FE"))
        elif "lag" in core:
            wrong = _lag_fault(str(core["lag"]), str(core["hwm_column_type"]))
            if wrong:
                found.append(Complaint(self._tiers.origin("lag", table, name), wrong))
        return found


def _lag_fault(lag: str, watermark_type: str) -> str | None:
    if watermark_type == "StringType":
        return (
            f"is {lag!r}, but a watermark of StringType has no distance; leave the lag out, or write 0"[:200]
            if lag != "0"
            else None
        )
    has_unit = not lag.isdigit()
    if watermark_type in keys.NUMERIC_WATERMARKS and has_unit:
        return f"is {lag!r}, but a watermark of {watermark_type} takes a number without a unit; write one for this table"
    if watermark_type not in keys.NUMERIC_WATERMARKS and not has_unit and lag != "0":
        return f"is {lag!r}, but a watermark of {watermark_type} takes a unit; write s, m, h, d or w after the number"
    return None


def _number(value: object) -> int | None:
    try:
        return int(str(value)) if value is not None else None
    except ValueError:
        return None


def _cut(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 2] + " …"
