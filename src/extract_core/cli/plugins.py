"""`extract plugins`: what is installed, which job types it brings, and what is broken and why."""

from __future__ import annotations

import click

from extract_core.cli.output import Column, output_option, print_json, print_table


@click.group()
def plugins() -> None:
    """The installed plugins and their job types."""


@plugins.command("list")
@output_option
def list_plugins(output: str) -> int:
    """Each plugin with version, distribution, job types and hooks; broken ones with the cause (exit code 1)."""
    from extract_core.registry import discover

    registry = discover()
    working = [
        {
            "plugin": info.provider.plugin,
            "version": info.provider.version,
            "distribution": info.provider.distribution,
            "job_types": list(info.job_types),
            "hooks": list(info.hooks),
        }
        for info in registry.plugins
    ]
    broken = [
        {
            "plugin": plugin.provider.plugin,
            "version": plugin.provider.version,
            "distribution": plugin.provider.distribution,
            "cause": plugin.cause,
        }
        for plugin in registry.broken
    ]
    if output == "json":
        print_json({"plugins": working, "broken": broken, "blocked": list(registry.blocked)})
    else:
        columns = [Column(name) for name in ("Plugin", "Version", "Distribution", "Job types", "Hooks")]
        print_table(columns, [[", ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in working])
        for name in registry.blocked:
            click.echo(f"blocked by EXTRACT_DISABLE_PLUGINS: {name}", err=True)
        for row in broken:
            click.echo(f"broken: plugin {row['plugin']!r} of {row['distribution']} {row['version']}: {row['cause']}", err=True)
    if not registry.job_types:
        click.echo("no job type is installed; install some: pip install 'extract-core[glue,emr,ecs]'", err=True)
        return 1
    return 1 if broken else 0
