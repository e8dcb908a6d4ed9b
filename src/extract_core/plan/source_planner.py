"""Plan the tables of one source, one by one: from its config and a run to one line per table. Plugins are passed in.

The tiers above the tables are worked out once per job type.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from extract_core.config import keys
from extract_core.config.key_rules import wrong_together
from extract_core.config.other_names import of_the_service
from extract_core.config.reserved import RESERVED
from extract_core.config.settings import BadSettings, PluginFailure
from extract_core.config.tiers import RESERVED_MESSAGE, Base, Tiers
from extract_core.config.values import BadValue, kind, shown
from extract_core.contract import API_VERSION
from extract_core.errors import ConfigError, UsageError
from extract_core.pausing import collector_paused
from extract_core.plan.build_line import Unplannable, assemble, unplanned
from extract_core.plan.line import PlannedTable, TableSpec
from extract_core.plan.run_context import NOTHING
from extract_core.wording import cut, did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.config.settings import Settings
    from extract_core.config.spots import Path
    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.plan.places import Attempt
    from extract_core.plan.run_context import Committed
    from extract_core.registry.installed import Registry

MAX_MESSAGE = 2_000
"""Characters of a plan error: it is part of the item, and all items share 256 KiB."""


_BATCH = 500  # tables that are planned with the garbage collector paused


def stream_tables(  # noqa: PLR0913 - all that a plan depends on, by name
    config: SourceConfig,
    tables: Sequence[str],
    *,
    attempt: Attempt,
    machine: Mapping[str, Json],
    registry: Registry,
    marks: Mapping[str, Committed],
) -> Iterator[PlannedTable]:
    """The plan of these tables, in their order, one at a time; `marks` say what each table continues.

    Memory does not grow with their number, except under ``on_invalid: fail``. A table that can't be planned has a `plan_error`.
    Raises ConfigError with all findings if there is one outside of the tables, or inside one under ``run.on_invalid: fail``;
    UsageError for a machine of another contract. What it raises, it raises at once.
    """
    check_machine(machine)
    planner = Planner(config, machine, registry)
    findings = list(planner.prepare(tables))
    outcomes = _outcomes(planner, tables, attempt, marks)
    if not findings and config.run.on_invalid == "record":
        return (
            planned if isinstance(planned, PlannedTable) else planner.unplanned(table, planned, attempt)
            for table, planned in outcomes
        )
    all_planned = []
    for _, planned in outcomes:
        if isinstance(planned, PlannedTable):
            all_planned.append(planned)
        else:
            findings += planned
    if findings:
        raise ConfigError(planner.resolved(findings))
    return iter(all_planned)


def _outcomes(
    planner: Planner, tables: Sequence[str], attempt: Attempt, marks: Mapping[str, Committed]
) -> Iterator[tuple[str, PlannedTable | list[Finding]]]:
    """Each table with its plan, or with all that is wrong with it."""
    waiting = iter(tables)
    while batch := list(islice(waiting, _BATCH)):
        with collector_paused():
            outcomes = [(table, planner.plan(table, attempt, marks.get(table, NOTHING))) for table in batch]
        yield from outcomes


def check_machine(machine: Mapping[str, Json]) -> None:
    """Refuse a machine that was built for another major version of the plugin contract."""
    contract = machine.get("contract", list(API_VERSION))
    if not isinstance(contract, list | tuple) or not contract or contract[0] != API_VERSION[0]:
        raise UsageError(
            f"the state machine {machine.get('name')!r} was built for contract {contract!r}, and these functions have "
            f"{list(API_VERSION)}; build and deploy machine and functions from one installation"
        )


class Planner:
    """One source and one machine. What its tables have in common is worked out once."""

    def __init__(
        self, config: SourceConfig, machine: Mapping[str, Json] | None, registry: Registry, faulty: Collection[str] = ()
    ) -> None:
        self.tiers = Tiers(config, machine, registry, faulty)
        self._config, self._registry = config, registry
        self._tables = config.extract.tables
        default = config.extract.shared.get("job_type")
        self._default_job_type = default.strip() if isinstance(default, str) else None
        self._unknown_keys: dict[tuple[str, str], str] = {}
        self._typos: dict[str | None, bool] = {}

    def prepare(self, tables: Sequence[str]) -> list[Finding]:
        """Read the tiers of all job types in use; return the findings above the tables."""
        in_use = set(map(self.job_type_of, self._tables))
        chosen = in_use if len(tables) == len(self._tables) else set(map(self.job_type_of, tables))
        for name in sorted({*self._config.extract.job_types, *(name for name in chosen if name is not None)}):
            self.tiers.base(name)
        self.tiers.check_unused(name for name in in_use if name is not None)
        return self.tiers.findings

    def resolved(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Sorted by place and without duplicates: a finding above the tables comes again with each table.

        Findings that follow from a missing variable of the environment are left out, since that is a finding itself.
        """
        return tuple(sorted({finding for finding in findings if finding.path not in self._config.unresolved}))

    def unplanned(self, table: str, findings: Sequence[Finding], attempt: Attempt) -> PlannedTable:
        """The table with its plan error: all its findings, one per line."""
        source_and_type = (self._config.source, self._config.source_type)
        message = cut("\n".join(map(str, sorted(findings))), MAX_MESSAGE)
        return unplanned(table, message, source_and_type=source_and_type, job_type=self.job_type_of(table), attempt=attempt)

    def job_type_of(self, table: str) -> str | None:
        """The job type of this table, installed or not; None if the config has none, or it is not text."""
        raw = self._tables.get(table)
        if isinstance(raw, dict) and "job_type" in raw:
            own = raw["job_type"]
            return own.strip() if isinstance(own, str) and own.strip() else None
        return self._default_job_type

    def plan(self, table: str, attempt: Attempt, committed: Committed = NOTHING) -> PlannedTable | list[Finding]:
        """The planned table, or all findings about it."""
        read = self.read(table)
        if isinstance(read, list):
            return read
        spec, settings, base = read
        try:
            return assemble(spec, settings, base.type, attempt=attempt, committed=committed, registry=self._registry)
        except Unplannable as error:
            path: Path = ("extract", "tables", table)
            origin = self.tiers.origin_of_argument(error.argument, table, spec.job_type) if error.argument else path
            return [self.tiers.finding(origin, str(error))]

    def read(self, table: str) -> tuple[TableSpec, Settings, Base] | list[Finding]:
        """The table with its validated settings and its job type's base, or all findings about its config."""
        path: Path = ("extract", "tables", table)
        if table not in self._tables:
            hint = did_you_mean(table, self._tables)
            return [self.tiers.finding(("extract", "tables"), f"has no table {table!r} any more{hint}")]
        raw = self._tables[table]
        if raw is not None and not isinstance(raw, dict):
            return [self.tiers.finding(path, f"is {kind(raw)} ({shown(raw)}); write a mapping: keys with values, or {{}}")]
        job_type = self.job_type_of(table)
        base = self.tiers.base(job_type) if job_type is not None else self._no_job_type(raw)
        if isinstance(base, str):
            own = isinstance(raw, dict) and "job_type" in raw
            place = (*path, "job_type") if own else ("extract", "job_type") if self._default_job_type else path
            return [self.tiers.finding(place, base), *self._without_type(table, raw or {}, job_type)]
        spec, plugin, findings = self._read(table, raw or {}, base)
        try:
            settings = base.type.settings(plugin)
        except BadSettings as bad:
            for inside, message in bad.problems:
                origin = self.tiers.origin(str(inside[0]), table, job_type) if inside else path
                where = (*origin, *inside) if origin == path else (*origin, *inside[1:])
                findings.append(self.tiers.finding(where, message))
        except PluginFailure as error:
            findings.append(self.tiers.finding(path, str(error)))
        else:
            if not findings:
                return spec, settings, base
        return findings

    def _without_type(self, table: str, raw: Mapping[str, Json], job_type: str | None) -> list[Finding]:
        """The findings about a table without its job type: the core's keys, and unknown keys if the job type is a typo."""
        path: Path = ("extract", "tables", table)
        findings: list[Finding] = []
        core = self.tiers.without_type()
        for key, value in raw.items():
            if key in keys.TABLE and key != "job_type":
                findings += self._core_key(path, key, value, core)
            elif key not in self._all_keys and self._is_typo(job_type):
                findings.append(self.tiers.finding((*path, key), self._unknown_anywhere(key), of_key=True))
        findings += [self.tiers.finding((*path, key), message, of_key=True) for key, message in keys.twice(raw)]
        return findings or wrong_together(self.tiers, table, job_type, core)

    def _is_typo(self, job_type: str | None) -> bool:
        """Whether an installed job type is probably meant. Then a key that no job type knows is a typo as well."""
        is_typo = self._typos.get(job_type)
        if is_typo is None:
            is_typo = not self._registry.broken
            is_typo = is_typo and (job_type is None or bool(nearest(job_type, self._registry.job_types)))
            self._typos[job_type] = is_typo
        return is_typo

    @cached_property
    def _all_keys(self) -> frozenset[str]:
        return frozenset(keys.TABLE).union(*map(self.tiers.keys_of, self._registry.job_types))

    def _unknown_anywhere(self, key: str) -> str:
        message = self._unknown_keys.get((key, ""))
        if message is None:
            hint = keys.belongs(key, not_in="a table (extract.tables)") or did_you_mean(key, self._all_keys)
            hint = hint or "; what only the script reads goes under arguments"
            message = self._unknown_keys[key, ""] = f"neither the core nor any installed job type knows this key{hint}"
        return message

    def _core_key(self, path: Path, key: str, value: Json, into: dict[str, object]) -> list[Finding]:
        """Read one key of the core; return the findings about it."""
        try:
            keys.read_key(key, value, into)
        except BadValue as error:
            return [self.tiers.finding((*path, key, *inside), message, of_key=bool(inside)) for inside, message in error.problems]
        return []

    @staticmethod
    def _no_job_type(raw: Mapping[str, Json] | None) -> str:
        if raw and "job_type" in raw:
            return f"is {shown(raw['job_type'])}; write the name of a job type"
        return "has no job type; write job_type here, or extract.job_type for all tables"

    def _read(self, table: str, raw: Mapping[str, Json], base: Base) -> tuple[TableSpec, Mapping[str, Json], list[Finding]]:
        """The table's keys over those of its tiers, the keys of the plugin, and the findings."""
        path: Path = ("extract", "tables", table)
        findings: list[Finding] = []
        core = dict(base.core)
        own: dict[str, Json] = {}
        for key, value in raw.items():
            reader = keys.TABLE.get(key)
            if reader is not None:
                findings += self._core_key(path, key, value, core)
            if key in base.type.keys or (base.type.takes_any_key and reader is None):
                own[key] = value
            elif reader is None:
                findings.append(self.tiers.finding((*path, key), self._unknown_key(key, base), of_key=True))
        findings += [self.tiers.finding((*path, key), message, of_key=True) for key, message in keys.twice(raw)]
        core.pop("job_type", None)
        arguments = core.pop("arguments", None)
        script: Mapping[str, str] = {**base.arguments, **arguments} if isinstance(arguments, dict) else base.arguments
        if isinstance(arguments, dict):
            findings += [
                self.tiers.finding((*path, "arguments", key), RESERVED_MESSAGE, of_key=True)
                for key in arguments
                if key in RESERVED
            ]
        if not findings:
            findings += wrong_together(self.tiers, table, base.type.job_type.name, core)
        spec = TableSpec(
            source=self._config.source,
            source_type=self._config.source_type,
            table=table,
            job_type=base.type.job_type.name,
            core=core,  # type: ignore[arg-type] # the readers give JSON values
            arguments=script,
            database=self._config.extract.database,
        )
        return spec, ({**base.plugin, **own} if own else base.plugin), findings

    def _unknown_key(self, key: str, base: Base) -> str:
        """The message for a key that this job type does not know; worked out once, since many tables may have the typo."""
        name = base.type.job_type.name
        message = self._unknown_keys.get((key, name))
        if message is None:
            others = [other for other in self._registry.job_types if key in self.tiers.keys_of(other)]
            if others:
                hint = f"; it is a key of job type {others[0]!r}, and this table's is {name!r}"
            else:
                known = base.type.keys | frozenset(keys.TABLE)
                hint = keys.belongs(key, not_in="a table (extract.tables)") or of_the_service(key, [base.type.job_type])
                hint = hint or did_you_mean(key, known)
            hint = hint or "; what only the script reads goes under arguments"
            message = f"neither the core nor job type {name!r} knows this key{hint}"
            self._unknown_keys[key, name] = message
        return message
