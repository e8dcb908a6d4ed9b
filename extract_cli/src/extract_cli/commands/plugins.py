"""`extract plugins`: list the installed plugins, check their contract, write a new plugin."""

from __future__ import annotations

from pathlib import Path

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import Column, echo, output_option, print_json, print_table


@click.group()
def plugins() -> None:
    """List and check the installed plugins, or write a new one."""


@plugins.command("list", epilog=examples("extract plugins list", "extract plugins list --output json"))
@output_option
def list_plugins(output: str) -> int:
    """List each plugin with its version, distribution, job types and hooks. Exit code 1 if a plugin is broken."""
    from extract_core.registry.loading import discover

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
    commands = _unusable_commands()
    if output == "json":
        print_json(
            {
                "plugins": working,
                "broken": broken,
                "blocked": list(registry.blocked),
                "unusable_commands": commands,
                "notices": list(registry.notices),
            }
        )
    else:
        columns = [Column(name) for name in ("Plugin", "Version", "Distribution", "Job types", "Hooks")]
        print_table(columns, [[", ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in working])
        for name in registry.blocked:
            echo(f"blocked by EXTRACT_DISABLE_PLUGINS: {name}", err=True)
        for row in broken:
            echo(f"broken: plugin {row['plugin']!r} of {row['distribution']} {row['version']}: {row['cause']}", err=True)
        for text in commands:
            echo(f"broken: {text}", err=True)
        for notice in registry.notices:
            echo(f"note: {notice}", err=True)
    if not registry.job_types:
        from extract_core.wording import how_to_install

        echo(f"no job type is installed; for example, {how_to_install('extract-sfn-glue')}", err=True)
        return 1
    return 1 if broken or commands else 0


def _unusable_commands() -> list[str]:
    """Commands of plugins whose name is taken, in words."""
    from extract_cli.plugin_commands import unusable
    from extract_cli.root import OURS

    return [str(command) for command in unusable(frozenset(OURS))]


@plugins.command("check", epilog=examples("extract plugins check", "extract plugins check glue"))
@click.argument("name", required=False)
@pipeline_option
@output_option
def check_plugins(name: str | None, pipeline: Path | None, output: str) -> int:
    """Check that NAME (a job type or a plugin; default: all) keeps the plugin contract.

    A job type is tried with its section of extract.toml, or with the examples of its own models if there is no section.
    Exit codes: 0 the contract is kept, 1 the contract or a plugin is broken, 2 there is no such plugin.
    """
    from extract_cli.commands.plugins_check import check_installed, print_checked

    checked, broken = check_installed(name, pipeline)
    commands = _unusable_commands() if name is None else []
    if output == "json":
        print_json({"job_types": [it.as_json() for it in checked], "broken": broken, "unusable_commands": commands})
    else:
        print_checked(checked, broken)
        for text in commands:
            echo(f"broken: {text}")
    return 1 if broken or commands or any(job_type.broken for job_type in checked) else 0


@plugins.command("new", epilog=examples("extract plugins new redshift --title Redshift", "extract plugins new ec2 --polled"))
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to write it. [default: extract-sfn-NAME, here]")
@click.option("--title", help="The start of its state names. [default: made from NAME]")
@click.option(
    "--polled", is_flag=True, help="For a service without .sync: the machine starts a job and asks about it until it ends."
)
def new_plugin(name: str, folder: Path | None, title: str | None, polled: bool) -> int:
    """Write a package for the job type NAME. It installs, runs on this machine, and has tests of the contract.

    The generated jobs run on AWS Batch, or with --polled on an EC2 instance (SSM). Replace that service by yours.
    """
    from extract_cli import scaffold
    from extract_core.registry.loading import discover

    plugin = scaffold.new_plugin(name, title, discover(), polled=polled)
    place = folder if folder is not None else Path(plugin.distribution)
    for path in plugin.write(place):
        echo(place / path)
    echo(f"now: cd {place}; pip install --no-deps --no-build-isolation -e .; pytest; and then README.md", err=True)
    return 0
