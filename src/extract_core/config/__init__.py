"""From `<source>.yml` and an event to the plan of a run: one item a table.

    event  = read_event(payload["event"])
    config = read_source(objects, config_uri, event.source_name)
    tables = select_tables(config, event)
    planned = plan_tables(config, tables, run=…, machine=…, registry=…, marks=…, data_uri=…, runs_uri=…)
    items = write_plan(objects, runs_uri, run_id, planned)

Everything that is wrong is a ConfigError (the file), a UsageError (the event) or a table's `plan_error`.
"""

from extract_core.config.attempt import Places, RunContext
from extract_core.config.check import Checked, check_source
from extract_core.config.event import ExtractEvent, read_event
from extract_core.config.find import read_source, source_names
from extract_core.config.limits import check_limits
from extract_core.config.machine import machine_facts
from extract_core.config.model import ExtractSection, RunPolicy, SourceConfig
from extract_core.config.plan import plan_tables, replan, stream_tables
from extract_core.config.planned import PlannedTable, TableSpec, read_plan, read_plan_line, write_plan
from extract_core.config.read import read_source_config
from extract_core.config.select import select_names, select_tables

__all__ = [
    "Checked",
    "ExtractEvent",
    "ExtractSection",
    "Places",
    "PlannedTable",
    "RunContext",
    "RunPolicy",
    "SourceConfig",
    "TableSpec",
    "check_limits",
    "check_source",
    "machine_facts",
    "plan_tables",
    "read_event",
    "read_plan",
    "read_plan_line",
    "read_source",
    "read_source_config",
    "replan",
    "select_names",
    "select_tables",
    "source_names",
    "stream_tables",
    "write_plan",
]
