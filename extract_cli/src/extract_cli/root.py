"""The group of all commands. Each is imported when it is called: our own by its place, those of plugins by entry point."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from extract_cli.plugin_commands import contributed, unusable
from extract_core.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.registry.entry_points import Contribution

_GROUPS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "Prepare": {
        "init": ("extract_cli.commands.init:init", "Write a first project, or a source's tables from its database."),
        "doctor": ("extract_cli.doctor.command:doctor", "Show what is installed, reachable, permitted and missing."),
        "validate": ("extract_cli.commands.validate:validate", "List everything that is wrong with source configs."),
        "plan": ("extract_cli.commands.plan:plan", "Show what a run would do, table by table. Writes nothing."),
        "schema": ("extract_cli.commands.schema:schema", "Print the JSON Schema of source configs, or of run results."),
    },
    "Run": {
        "run": ("extract_cli.commands.run:run", "Extract tables of a source."),
        "watch": ("extract_cli.commands.watch:watch", "Follow a run to its end."),
        "pace": ("extract_cli.commands.pace:pace", "Change how many tables of a run are at work at once, while it runs."),
        "rerun": ("extract_cli.commands.run:rerun", "Run only the failed tables of a run again."),
        "reconcile": ("extract_cli.commands.reconcile:reconcile", "Clean up after runs that died."),
        "clean": ("extract_cli.commands.clean:clean", "Remove files that no live read needs."),
    },
    "Look back": {
        "status": ("extract_cli.commands.status:status", "Show how a run went, table by table."),
        "report": ("extract_cli.commands.report:report", "Write the report of a run to one HTML file."),
        "ui": ("extract_cli.commands.ui:ui", "Show runs, tables, plans and configs in the browser."),
        "runs": ("extract_cli.commands.status:runs", "List the latest runs."),
        "pools": ("extract_cli.commands.pools:pools", "Show who holds the slots of the pools, and how many tables wait."),
        "history": ("extract_cli.commands.history:history", "List the attempts at a table over all runs."),
        "data": ("extract_cli.commands.data:data", "Print the files that hold the rows of a table now."),
        "logs": ("extract_cli.commands.history:logs", "Show what the job of a table wrote, and why it failed."),
        "verify": ("extract_cli.commands.verify:verify", "Compare the committed files of a run with their certificates."),
        "state": ("extract_cli.commands.state:state", "Show, set or reset the watermark of a table."),
    },
    "Build and extend": {
        "asl": ("extract_cli.commands.asl:asl", "Build, draw and check the state machine."),
        "deploy": ("extract_cli.deploy.command:deploy", "Bring the pipeline into an AWS account: template, roles, stack."),
        "plugins": ("extract_cli.commands.plugins:plugins", "List and check the installed plugins, or write a new one."),
    },
}
OURS: Final = {name: command for group in _GROUPS.values() for name, command in group.items()}
_LINE: Final = 63  # characters of a text that fit beside the names in a terminal of 80 columns
_OPTIONS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


class LazyGroup(click.Group):
    """Lists commands without importing them. The commands of plugins are looked up only if ours are not enough."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, sorted."""
        return sorted({*OURS, *_contributed()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command. PluginError if a plugin's command cannot be loaded."""
        if cmd_name in OURS:
            module, _, attribute = OURS[cmd_name][0].partition(":")
            command: object = getattr(import_module(module), attribute)
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
        """As click does it, but an unknown command gets the nearest names."""
        is_name = bool(args) and not args[0].startswith("-")
        if is_name and args[0] not in OURS and args[0] not in (names := self.list_commands(ctx)):
            from extract_core.wording import did_you_mean

            hint = did_you_mean(args[0], names, most=3) or "; see: extract --help"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in groups, one line each."""
        width = max(map(len, [*OURS, *_contributed()]))
        for title, commands in _GROUPS.items():
            self._write(formatter, title, {name: text for name, (_, text) in commands.items()}, width)
        if _contributed():
            self._write(formatter, "Commands of plugins", _contributed_texts(), width)

    @staticmethod
    def _write(formatter: click.HelpFormatter, title: str, texts: Mapping[str, str], width: int) -> None:
        with formatter.section(title):
            formatter.write_dl([(name.ljust(width), text) for name, text in texts.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        """Names and texts of commands, without importing them."""
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        texts = {name: text for name, (_, text) in OURS.items()} | _contributed_texts()
        return [CompletionItem(name, help=texts[name]) for name in sorted(texts) if name.startswith(incomplete)] + options


def _contributed() -> dict[str, Contribution]:
    """Commands of other distributions by name. A name that is taken is reported and left out."""
    names = frozenset(OURS)
    for command in unusable(names):
        _report(str(command))
    return contributed(names)


@cache
def _report(text: str) -> None:
    """Once."""
    from extract_cli.views.output import echo

    echo(f"extract: {text}", err=True)


def _contributed_texts() -> dict[str, str]:
    """A line for each command of a plugin: what its distribution says of itself, since no command is imported here."""
    from textwrap import shorten

    from extract_core.registry.entry_points import summary_of

    texts = {}
    for name, contribution in sorted(_contributed().items()):
        distribution = f"({contribution.provider.distribution})"
        summary = shorten(summary_of(contribution.provider), _LINE - len(distribution), placeholder=" …")
        texts[name] = f"{summary} {distribution}".lstrip()
    return texts


@click.group(cls=LazyGroup, context_settings=_OPTIONS, invoke_without_command=False)
@click.version_option(package_name="extract-sfn", prog_name="extract")
def extract() -> None:
    """Extract database tables with Glue, EMR and ECS jobs under one AWS Step Functions state machine.

    stdout is data, stderr is progress. Exit codes: 0 done, 1 the run failed, 2 wrong use or invalid config.
    """
