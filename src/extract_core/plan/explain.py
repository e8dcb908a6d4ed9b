"""Explain where each value of a planned table comes from: ``fetchsize 1000: default_arguments, line 9``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract_core.config.reserved import ENCODED, OF_THE_DATABASE, OF_THE_RUN
from extract_core.config.secret_words import above_tables, of_table
from extract_core.dataclass import dataclass
from extract_core.parsing.payload import member
from extract_core.plan.job_arguments import decoded, from_object
from extract_core.plan.notes import senseless
from extract_core.plan.source_planner import Planner
from extract_core.registry.routing import POOL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.config.spots import Path
    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry


@dataclass(frozen=True, slots=True)
class Resolved:
    """One value of a table: a job argument (``--fetchsize``), its pool, or a setting of its job type (``worker_no``).

    `line` is the line of the config that sets it; None if the config does not.
    """

    name: str
    value: Json
    origin: str
    line: int | None = None

    @property
    def place(self) -> str:
        """The origin as people read it."""
        return self.origin if self.line is None else f"{self.origin}, line {self.line}"


class Explainer:
    """Explains the tables of one source, one at a time. At the first one it reads the file again, with the places of its keys."""

    def __init__(self, config: SourceConfig, machine: Mapping[str, Json], registry: Registry) -> None:
        self._config = config
        self._machine = machine
        self._planner = Planner(config, machine, registry)

    def explain(self, planned: PlannedTable) -> list[Resolved]:
        """The values of a table that was planned from this config, without those of the run itself; settings come last."""
        if planned.spec is None or planned.settings is None:
            return []
        table, job_type = planned.table, str(planned.item["job_type"])
        arguments = [
            self._argument(name, value, planned, job_type)
            for name, value in _flat(planned).items()
            if name.removeprefix("--") not in OF_THE_RUN
        ]
        if isinstance(pool := planned.item.get(POOL), str):
            arguments.append(self._pool(pool, table, job_type))
        return arguments + [self._setting(name, value, table, job_type) for name, value in planned.settings.items()]

    def notes_above(self) -> list[Finding]:
        """Notes about the sections above the tables."""
        return list(above_tables(self._config))

    def notes(self, planned: PlannedTable) -> list[Finding]:
        """Notes about the table's own keys that have no effect, or should not be there."""
        if planned.spec is None:
            return []
        return [*of_table(self._config, planned.table), *senseless(self._config, planned.table, planned.core)]

    def _argument(self, name: str, value: str, planned: PlannedTable, job_type: str) -> Resolved:
        table = planned.table
        key = name.removeprefix("--")
        if key in OF_THE_DATABASE:
            return self._at(name, value, ("extract", key))
        if key in ("low_watermark", "high_watermark"):
            mark = planned.item["watermark"]
            again = isinstance(mark, dict) and mark["mode"] == "backfill"
            return Resolved(name, value, "the event (backfill)" if again else "the committed watermark")
        if key == "last_result":
            return Resolved(name, value, "the last committed attempt")
        if key == "resume_from":
            return Resolved(name, value, "the run that is repeated")
        path = self._planner.tiers.origin_of_argument(name, table, job_type)
        if path != ("extract", "tables", table):
            return self._at(name, value, path)
        return Resolved(name, value, "default" if key == "extract_type" else "a plugin (extract_amend_arguments)")

    def _pool(self, pool: str, table: str, job_type: str) -> Resolved:
        path = self._planner.tiers.origin(POOL, table, job_type)
        if path == ("extract", "tables", table):
            return Resolved(POOL, pool, f"[job_types.{job_type}] of extract.toml")
        return self._at(POOL, pool, path)

    def _setting(self, name: str, value: Json, table: str, job_type: str) -> Resolved:
        path = self._planner.tiers.origin(name, table, job_type)
        if path != ("extract", "tables", table):
            return self._at(name, value, path)
        deployed = member(self._machine, "job_types", job_type, name)
        if value is None and deployed is not None:
            return Resolved(name, deployed, f"[job_types.{job_type}] of extract.toml")
        return Resolved(name, value, f"default of {job_type}")

    def _at(self, name: str, value: Json, path: Path) -> Resolved:
        variable = self._config.from_environment.get(path)
        from_variable = f", from the environment variable {variable}" if variable is not None else ""
        return Resolved(name, value, _origin(path) + from_variable, self._config.text.spots.place(path, of_key=True)[0])


def _origin(path: Path) -> str:
    """The tier of a path."""
    if path[:2] == ("extract", "tables"):
        return "the table"
    if path[:2] == ("extract", "job_types"):
        return f"job_types.{path[2]}"
    if path[:2] == ("extract", "default_arguments"):
        return "default_arguments"
    return "extract"


def _flat(planned: PlannedTable) -> dict[str, str]:
    """The job's arguments, also if they are encoded in one argument or are in an object."""
    run = planned.table_run or {}
    arguments = run.get("job_arguments")
    flat = {str(key): str(value) for key, value in arguments.items()} if isinstance(arguments, dict) else {}
    in_one = flat.pop(ENCODED, None)  # beside it are only those of the service
    if planned.spilled is not None:
        return from_object(planned.spilled.data) | flat
    return decoded(in_one) | flat if in_one is not None else flat


def differences(before: PlannedTable, now: PlannedTable) -> Sequence[tuple[str, Json, Json]]:
    """The differences in the config of a table between two plans: name, value before, value now (None: not set).

    Values of the run itself (ids, places, marks) always differ and are left out.
    """
    then, today = _values(before), _values(now)
    names = [*then, *(name for name in today if name not in then)]
    return [(name, then.get(name), today.get(name)) for name in names if _of(name, then) != _of(name, today)]


def _of(name: str, values: Mapping[str, Json]) -> Json:
    """The value as it is compared: a plan error without its places, since they move with the lines above."""
    value = values.get(name)
    if name == "plan_error" and isinstance(value, str):
        return re.sub(r"(?m)^(\S[^:\n]*):\d+:\d+: ", r"\1: ", value)
    return value


def _values(planned: PlannedTable) -> dict[str, Json]:
    item, spec = planned.item, planned.spec or {}
    values: dict[str, Json] = {"job_type": item.get("job_type"), "plan_error": planned.plan_error}
    values["timeout_seconds"] = item["timeout_seconds"] if planned.plan_error is None else None
    for part in ("database", "core", "arguments"):
        inner = spec.get(part)
        values |= inner if isinstance(inner, dict) else {}
    return values | (planned.settings or {})
