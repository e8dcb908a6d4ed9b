"""Check a whole source config and report all findings at once: the YAML, the sections above the tables, every table."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from extract_core.config.read import read_faulty
from extract_core.config.secret_words import above_tables, of_table
from extract_core.dataclass import dataclass
from extract_core.errors import ConfigError
from extract_core.pausing import collector_paused
from extract_core.plan.foresight import Foresight, example_run_id
from extract_core.plan.line import PlannedTable
from extract_core.plan.notes import senseless
from extract_core.plan.places import Attempt, Places
from extract_core.plan.run_context import RunContext
from extract_core.plan.source_planner import Planner
from extract_core.plan.window import foreign_reads, foreign_script
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from extract_core.config.model import SourceConfig
    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.registry.installed import Registry

_PLACES = Places(data_uri="s3://data/", runs_uri="s3://runs/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of a check: `findings` in the order of the file; `job_types` counts the tables per job type.

    `config` is None if nothing could be read; `notes` are worth knowing, but not faults. `foresight` is of a run of all tables,
    if there is a machine. `pools` counts the tables per pool.
    """

    findings: tuple[Finding, ...]
    config: SourceConfig | None = None
    job_types: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    foresight: Foresight | None = None
    pools: Mapping[str, int] = field(default_factory=dict)


def check_source(  # noqa: PLR0913 - the config, and what it is checked against
    data: bytes,
    *,
    file: str,
    registry: Registry,
    machine: Mapping[str, Json] | None = None,
    faulty: Collection[str] = (),
    places: Places = _PLACES,
) -> Checked:
    """Check the config in `data` against the installed job types.

    With a machine (its facts, see `machine_facts`), each table is also planned for it. Without one, rules that depend on a
    machine are not checked. Nor are they for the `faulty` job types: those whose section in extract.toml has findings. `places`
    are those of the pipeline: the sizes of items depend on them.
    """
    try:
        config, findings = read_faulty(data, file=file)
    except ConfigError as error:
        return Checked(findings=tuple(error.findings))
    planner = Planner(config, machine, registry, faulty)
    of_plan = list(planner.prepare(config.tables))
    counts: Counter[str] = Counter()
    run_id = example_run_id(config.source)
    run = RunContext(run_id=run_id, execution_id=run_id, started_at="2000-01-01T00:00:00+00:00")
    attempt = Attempt(run=run, number=1, places=places)
    foresight = Foresight(config.source, places.runs_uri, machine, registry) if machine is not None else None
    notes: list[Finding] = list(above_tables(config))
    foreign: dict[str, list[str]] = {}
    pools, replaced = Counter[str](), Counter[tuple[str, str, str]]()
    with collector_paused():
        for table in filter(str.strip, config.tables):  # an empty name is a finding already
            job_type = planner.job_type_of(table) or "(none)"
            counts[job_type] += 1
            notes += of_table(config, table)
            only_read = machine is None or job_type in faulty
            planned = planner.read(table) if only_read else planner.plan(table, attempt)
            if isinstance(planned, list):
                of_plan += planned
            else:
                if foresight is not None and isinstance(planned, PlannedTable):
                    foresight.add(planned)
                core = planned[0].core if isinstance(planned, tuple) else planned.core
                notes += senseless(config, table, core)
                if isinstance(pool := core.get("pool"), str):
                    pools[pool] += 1
                    if (other := planner.tiers.pool_of_job_type(job_type)) not in (pool, None):
                        replaced[pool, str(other), job_type] += 1
                script = foreign_script(core) if core.get("extract_type", "FE") == "PE" else None
                if script is not None:
                    foreign.setdefault(script, []).append(table)
    notes += [
        config.text.finding(("extract", "tables", tables[0]), f"{foreign_reads(script)} ({counted(len(tables), 'table')})")
        for script, tables in foreign.items()
    ]
    of_pools = (
        f"{file}: the pool {other!r} of [job_types.{job_type}] does not limit {counted(count, 'table')}, because this file gives "
        f"them the pool {pool!r}, and a table has one pool"
        for (pool, other, job_type), count in sorted(replaced.items())
    )
    return Checked(
        findings=tuple(sorted({*findings, *planner.resolved(of_plan)})),
        config=config,
        job_types=dict(sorted(counts.items())),
        notes=(
            *(f"{file}: the section {name} is for other tools and not read here" for name in config.ignored),
            *map(str, notes),
            *of_pools,
        ),
        foresight=foresight,
        pools=pools,
    )
