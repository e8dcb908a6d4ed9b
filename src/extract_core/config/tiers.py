"""The tiers of a table's values: plugin defaults < default_arguments < job_types.<type> < the table.

The tiers above the tables are read once per job type. A finding in them refuses the file, not one table.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from extract_core.config import keys
from extract_core.config.older_keys import OLDER
from extract_core.config.other_names import of_the_service
from extract_core.config.reserved import RESERVED
from extract_core.config.settings import BadSettings, PluginFailure, TypeInUse, settings_keys, takes_any_key
from extract_core.config.values import BadValue
from extract_core.dataclass import dataclass
from extract_core.errors import JobTypeNotInstalled
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from extract_core.config.model import SourceConfig
    from extract_core.config.spots import Path
    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType

_DEFAULTS: Path = ("extract", "default_arguments")


@dataclass(slots=True)
class Base:
    """What all tables of one job type start from. `core` holds values as read, `plugin` values as written."""

    type: TypeInUse
    core: dict[str, object] = field(default_factory=dict)
    plugin: dict[str, Json] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)


class Tiers:
    """The tiers of one source for one machine. `findings` gathers what is wrong above the tables.

    Without a machine (None), nothing that depends on one is checked: its deployments, its retry loop. The deployments of `faulty`
    job types are not checked either.
    """

    def __init__(
        self, config: SourceConfig, machine: Mapping[str, Json] | None, registry: Registry, faulty: Collection[str] = ()
    ) -> None:
        self._config, self._machine, self._registry, self._faulty = config, machine, registry, faulty
        self._bases: dict[str, Base | str] = {}
        self.findings: list[Finding] = []
        self.machine_name = machine.get("name") if machine is not None else None
        self.has_retry_loop = machine is None or machine.get("retry_loop") is True
        self._keys: dict[str, frozenset[str] | None] = {}
        self._defaults = self._read_defaults()
        self._shared = {key: value for key, value in config.extract.shared.items() if key not in ("job_type", "arguments")}
        arguments = config.extract.shared.get("arguments")
        self._arguments: dict[str, str] = dict(arguments) if isinstance(arguments, dict) else {}
        self._check_arguments(("extract", "arguments"), self._arguments)
        self._check_attempts(("extract", "max_attempts"), self._shared.get("max_attempts"))
        self._sections = {name: self._read_section(name) for name in config.extract.job_types}

    def finding(self, path: Path, message: str, *, of_key: bool = False) -> Finding:
        """A finding in this source's file."""
        return self._config.text.finding(path, message, of_key=of_key)

    def base(self, job_type: str) -> Base | str:
        """What the tables of this job type start from, or a message why none of them can be planned."""
        base = self._bases.get(job_type)
        if base is None:
            base = self._bases[job_type] = self._open(job_type)
        return base

    def without_type(self) -> dict[str, object]:
        """The core's values for a table whose job type is not available."""
        return {**self._shared, **self._defaults}

    def pool_of_job_type(self, job_type: str) -> str | None:
        """The pool that extract.toml gives to all tables of a job type that name none."""
        pools = self._machine.get("job_type_pools") if self._machine is not None else None
        pool = pools.get(job_type) if isinstance(pools, dict) else None
        return pool if isinstance(pool, str) else None

    def unknown_pool(self, pool: str) -> str | None:
        """What is wrong with a pool that the machine does not have; None if it has it, or nothing is known of a machine."""
        return None if self._machine is None else unknown_pool(pool, self._machine)

    def origin(self, key: str, table: str, job_type: str | None) -> Path:
        """Where the value of a key comes from: the last tier that sets it, or else the table itself."""
        extract = self._config.extract
        key = OLDER.get(key, key)
        sections: list[tuple[Path, object]] = [
            (("extract", "tables", table), extract.tables.get(table)),
            (("extract", "job_types", job_type or ""), extract.job_types.get(job_type or "")),
            (_DEFAULTS, extract.default_arguments),
        ]
        for path, section in sections:
            below = keys.place_of(key, section)
            if below is not None:
                return (*path, *below)
        if key in extract.shared or key in extract.database:
            return ("extract", key)
        return ("extract", "tables", table)

    def origin_of_argument(self, argument: str, table: str, job_type: str) -> Path:
        """Where the value of a job argument (``--fetchsize``) comes from: a key of its name, or an entry of `arguments`."""
        extract = self._config.extract
        sections: list[tuple[Path, Json]] = [
            (("extract", "tables", table), extract.tables.get(table)),
            (("extract", "job_types", job_type), dict(extract.job_types.get(job_type, {}))),
        ]
        for path, section in sections:
            arguments = section.get("arguments") if isinstance(section, dict) else None
            if isinstance(arguments, dict) and argument in arguments:
                return (*path, "arguments", argument)
        if argument in self._arguments:
            return ("extract", "arguments", argument)
        return self.origin(argument.removeprefix("--"), table, job_type)

    def check_unused(self, used: Iterable[str]) -> None:
        """Add a finding for each section of a job type that no table uses and that is not installed: most likely a typo."""
        in_use = set(used)
        default = self._config.extract.shared.get("job_type")
        known = in_use | set(self._registry.job_types)
        if isinstance(default, str) and default.strip() not in known and not self._registry.broken:
            hint = did_you_mean(default, known)
            self._add(("extract", "job_type"), f"is {default!r}, but no table uses this job type and it is not installed{hint}")
        for name in self._config.extract.job_types:
            if name not in in_use and name not in self._registry.job_types and not self._registry.broken:
                hint = did_you_mean(name, known)
                self._add(
                    ("extract", "job_types", name), f"no table uses this job type, and it is not installed{hint}", of_key=True
                )

    def _open(self, name: str) -> Base | str:
        try:
            self._registry.job_type(name)
        except JobTypeNotInstalled as error:
            return str(error)
        deployment: Json = None
        if self._machine is not None and name not in self._faulty:
            deployments = self._machine.get("job_types")
            if not isinstance(deployments, dict) or name not in deployments:
                return not_built(name, self._machine)
            deployment = deployments[name] if isinstance(deployments[name], dict) else {}
        try:
            in_use = TypeInUse.open(self._registry.job_types[name], deployment if isinstance(deployment, dict) else None)
        except PluginFailure as error:
            return str(error)
        base = Base(in_use)
        core, plugin, arguments = self._sections.get(name, ({}, {}, {}))
        base.core = {**self._shared, **self._defaults, **core}
        if (pool := self.pool_of_job_type(name)) is not None:
            base.core.setdefault("pool", pool)
        base.arguments = {**self._arguments, **arguments}
        raw: dict[str, Json] = {**_as_written(self._config), **self._config.extract.default_arguments}
        base.plugin = {key: value for key, value in raw.items() if key in in_use.keys} | plugin
        self._validate(base, name)
        return base

    def _validate(self, base: Base, name: str) -> None:
        """Add a finding for each value of these tiers that the job type refuses. A table may still give what is missing."""
        try:
            base.type.settings(base.plugin)
        except PluginFailure:
            return  # it becomes the plan error of the tables
        except BadSettings as bad:
            for path, message in bad.problems:
                if path and path[0] in base.plugin:
                    self._add((*self.origin(str(path[0]), "", name), *path[1:]), message)

    def _read_defaults(self) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in self._config.extract.default_arguments.items():
            path = (*_DEFAULTS, key)
            if key in keys.DEFAULTS:
                self._read(path, key, value, values)
            elif not any(key in self.keys_of(name) for name in self._by_use()) and self._know_all():
                known = keys.DEFAULTS.union(*(self.keys_of(name) for name in self._registry.job_types))
                hint = (
                    keys.belongs(key, not_in="extract.default_arguments")
                    or of_the_service(key, self._installed())
                    or did_you_mean(key, known)
                )
                hint = hint or "; what only the script reads goes under extract.arguments"
                self._add(path, f"neither the core nor any installed job type knows this key{hint}", of_key=True)
        self._check_twice(_DEFAULTS, self._config.extract.default_arguments)
        self._check_attempts((*_DEFAULTS, "max_attempts"), values.get("max_attempts"))
        return values

    def _read_section(self, name: str) -> tuple[dict[str, object], dict[str, Json], dict[str, str]]:
        """The values of ``job_types.<name>``: the core's, the plugin's, and the arguments of the script."""
        core: dict[str, object] = {}
        plugin: dict[str, Json] = {}
        installed = name in self._registry.job_types
        own = self.keys_of(name)
        judged = installed and self._model_keys(name) is not None
        for key, value in self._config.extract.job_types[name].items():
            path = ("extract", "job_types", name, key)
            if key in ("job_type", "tags"):
                self._add(path, "belongs to a table (extract.tables), not to a job type", of_key=True)
                continue
            if key in keys.TABLE:
                self._read(path, key, value, core)
            if key in own or self._takes_any(name):
                plugin[key] = value
            elif judged and key not in keys.TABLE:
                hint = of_the_service(key, [self._registry.job_types[name].job_type]) or did_you_mean(
                    key, own | frozenset(keys.TABLE)
                )
                hint = hint or keys.belongs(key, not_in="a table (extract.tables)")
                self._add(path, f"neither the core nor job type {name!r} knows this key{hint}", of_key=True)
        self._check_twice(("extract", "job_types", name), self._config.extract.job_types[name])
        arguments = core.pop("arguments", None)
        script_arguments: dict[str, str] = dict(arguments) if isinstance(arguments, dict) else {}
        self._check_arguments(("extract", "job_types", name, "arguments"), script_arguments)
        self._check_attempts(("extract", "job_types", name, "max_attempts"), core.get("max_attempts"))
        return core, plugin, script_arguments

    def _installed(self) -> list[AnyJobType]:
        return [installed.job_type for installed in self._registry.job_types.values()]

    def keys_of(self, name: str) -> frozenset[str]:
        """The keys of an installed job type's settings; none if its plugin fails."""
        return self._model_keys(name) or frozenset()

    def _model_keys(self, name: str) -> frozenset[str] | None:
        """The same, None if its plugin fails or is not installed. A model is made here, which takes milliseconds."""
        if name not in self._keys:
            installed = self._registry.job_types.get(name)
            self._keys[name] = _keys_of(installed.job_type) if installed is not None else None
        return self._keys[name]

    def _by_use(self) -> Iterator[str]:
        """The installed job types, those of the config first: a key of theirs needs no other model."""
        own = dict.fromkeys((str(self._config.extract.shared.get("job_type")), *self._config.extract.job_types))
        yield from (name for name in own if name in self._registry.job_types)
        yield from (name for name in self._registry.job_types if name not in own)

    def _know_all(self) -> bool:
        """Whether the keys of all job types are known: a plugin that is not loaded may know more."""
        if self._registry.broken or self._registry.blocked:
            return False
        return all(self._model_keys(name) is not None for name in self._registry.job_types)

    def _takes_any(self, name: str) -> bool:
        if name not in self._registry.job_types:
            return False
        try:
            return takes_any_key(self._registry.job_types[name].job_type.settings())
        except Exception:  # noqa: BLE001 - as above
            return False

    def _read(self, path: Path, key: str, value: Json, into: dict[str, object]) -> None:
        try:
            keys.read_key(key, value, into)
        except BadValue as error:
            for inside, message in error.problems:
                self._add((*path, *inside), message, of_key=bool(inside))

    def _check_twice(self, path: Path, section: Mapping[str, Json]) -> None:
        for key, message in keys.twice(section):
            self._add((*path, key), message, of_key=True)

    def _check_attempts(self, path: Path, attempts: object) -> None:
        if isinstance(attempts, int) and attempts > 1 and not self.has_retry_loop:
            self._add(path, attempts_message(attempts, self.machine_name))

    def _check_arguments(self, path: Path, arguments: Mapping[str, str]) -> None:
        for key in arguments:
            if key in RESERVED:
                self._add((*path, key), RESERVED_MESSAGE, of_key=True)

    def _add(self, path: Path, message: str, *, of_key: bool = False) -> None:
        self.findings.append(self.finding(path, message, of_key=of_key))


RESERVED_MESSAGE = "extract sets this argument itself; write the key of this name without --, or choose another name"


def attempts_message(attempts: int, machine_name: Json) -> str:
    """Why a table can have only one attempt."""
    return (
        f"is {attempts}, but the state machine {machine_name!r} was built with [machine] retries = false, so each table gets one "
        "attempt per run; write 1, and repeat failed tables with extract rerun"
    )


def _keys_of(job_type: AnyJobType) -> frozenset[str] | None:
    try:
        return settings_keys(job_type.settings())
    except Exception:  # noqa: BLE001 - a plugin's own code; `Tiers.base` reports its tables
        return None


def not_built(job_type: str, machine: Mapping[str, Json]) -> str:
    """Why this machine can't run an installed job type."""
    deployments = machine.get("job_types")
    built = ", ".join(sorted(deployments)) if isinstance(deployments, dict) and deployments else "none"
    return (
        f"job type {job_type!r} is installed, but the state machine {machine.get('name')!r} was built without it "
        f"(it has: {built}); write [job_types.{job_type}] in extract.toml, then build and deploy the machine again"
    )


def unknown_pool(pool: str, machine: Mapping[str, Json]) -> str | None:
    """Why tables of this machine can't use a pool; None: they can."""
    sizes = machine.get("pools")
    known = sizes if isinstance(sizes, dict) else {}
    if pool in known:
        return None
    hint = did_you_mean(pool, known)
    remedy = hint or (
        f"; write {pool} = 8 in [pools] of extract.toml, with the number of jobs that may run at once, then build and deploy the "
        "machine"
    )
    has = ", ".join(known) or "none"
    return f"is {pool!r}, but the state machine {machine.get('name')!r} has no such pool (it has: {has}){remedy}"


def _as_written(config: SourceConfig) -> dict[str, Json]:
    """Keys of `extract` that a job type's settings may know as well, such as script_name."""
    return {key: value for key, value in config.extract.shared.items() if isinstance(value, str | int | float)}
