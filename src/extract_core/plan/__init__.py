"""From an event and a source's config to the plan of a run: one line and one item per table.

    event = read_event(payload["event"])                            # plan.event
    config = read_source(objects, config_uri, event.source)    # config.source_files
    tables = select_tables(config, event)                           # plan.select
    planned = plan_tables(config, tables, run=…, machine=…, registry=…, marks=…, data_uri=…, runs_uri=…)
    items = write_plan(objects, runs_uri, run_id, planned)          # plan.plan_file

What is wrong is a ConfigError (the file), a UsageError (the event) or the `plan_error` of a table.

Which module writes a plan line: `source_planner` merges the tiers of one table, `build_line` turns them into a line (`line`),
`plan_file` writes the lines of all tables into one object.
"""
