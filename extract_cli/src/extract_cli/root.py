"""The group of all commands: the core's by name and place, the plugins' by entry point; each is imported when it is called."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from extract_core.errors import PluginError

if TYPE_CHECKING:
    from extract_core.registry.entry_points import Contribution

COMMANDS: Final = "extract_core.commands"
"""Entry-point group of commands that other distributions bring: a click command each."""

_CORE: Final = {
    "asl": ("extract_cli.commands.asl:asl", "The state machine: built, drawn and checked."),
    "doctor": ("extract_cli.doctor.command:doctor", "What is installed, reachable, permitted and missing, and what to do."),
    "history": ("extract_cli.commands.history:history", "The attempts at a table over all runs."),
    "init": ("extract_cli.commands.init:init", "A project to begin with, and a source's tables from its database."),
    "logs": ("extract_cli.commands.history:logs", "What the job of a table wrote, and why it failed."),
    "plan": ("extract_cli.commands.plan:plan", "What a run would do, table by table; writes nothing."),
    "plugins": ("extract_cli.commands.plugins:plugins", "The installed plugins and their job types."),
    "reconcile": ("extract_cli.commands.reconcile:reconcile", "Set right what runs left that died."),
    "rerun": ("extract_cli.commands.run:rerun", "Run the failed tables of a run again, and only these."),
    "run": ("extract_cli.commands.run:run", "Extract tables of a source."),
    "runs": ("extract_cli.commands.status:runs", "The latest runs."),
    "schema": ("extract_cli.commands.schema:schema", "The JSON Schema of source configs, for editors."),
    "state": ("extract_cli.commands.state:state", "The watermark of a table: show, set, reset, history."),
    "status": ("extract_cli.commands.status:status", "How a run went, table by table."),
    "validate": ("extract_cli.commands.validate:validate", "Everything that is wrong with source configs, in one go."),
    "watch": ("extract_cli.commands.watch:watch", "Follow a run to its end."),
}
_OPTIONS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


class LazyGroup(click.Group):
    """Lists commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, sorted."""
        return sorted({*_CORE, *_contributed()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command. PluginError where a plugin's can't be loaded."""
        if cmd_name in _CORE:
            module, _, attribute = _CORE[cmd_name][0].partition(":")
            command = getattr(import_module(module), attribute)
        else:
            contribution = _contributed().get(cmd_name)
            if contribution is None:
                return None
            try:
                command = contribution.load()
            except Exception as error:
                raise PluginError(
                    f"the command {cmd_name!r} of {contribution.provider} can't be loaded: {type(error).__name__}: {error}"
                ) from error
        if not isinstance(command, click.Command):
            raise PluginError(
                f"the command {cmd_name!r} of {_contributed()[cmd_name].provider} is not a click command: {command!r}"
            )
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with the nearest names for one that isn't there."""
        named = bool(args) and not args[0].startswith("-") and args[0] not in _CORE  # core commands look for no plugins
        if named and args[0] not in self.list_commands(ctx):
            from extract_core.wording import did_you_mean

            hint = did_you_mean(args[0], self.list_commands(ctx), most=3) or "; see: extract --help"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `extract --help`, written from names alone."""
        rows = [(name, text) for name, (_, text) in _CORE.items()]
        rows += [(name, f"({contribution.provider.distribution})") for name, contribution in _contributed().items()]
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


@cache
def _contributed() -> dict[str, Contribution]:
    """Commands of other distributions by name. One that two bring is nobody's: whose it is must not hang on an order."""
    from extract_core.registry.entry_points import contributions

    found: dict[str, list[Contribution]] = {}
    for entry in contributions(COMMANDS):
        found.setdefault(entry.name, []).append(entry)
    for name, entries in found.items():
        if len(entries) > 1 or name in _CORE:
            providers = " and ".join([*["the core"] * (name in _CORE), *(str(entry.provider) for entry in entries)])
            click.echo(f"extract: the command {name!r} comes from {providers}: only the core's is used", err=True)
    return {name: entries[0] for name, entries in found.items() if len(entries) == 1 and name not in _CORE}


@click.group(cls=LazyGroup, context_settings=_OPTIONS, invoke_without_command=False)
@click.version_option(package_name="extract-sfn", prog_name="extract")
def extract() -> None:
    """Extract database tables with Glue, EMR and ECS jobs under one AWS Step Functions state machine.

    stdout is data, stderr is progress. Exit codes: 0 done, 1 the run failed, 2 wrong use or invalid config.
    """
