"""The group of the commands `extract deploy …`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "bundle": ("extract_cli.deploy.bundle:bundle", "Write the zip of the Lambda functions."),
    "up": ("extract_cli.deploy.up:up", "Create or change the stack, and upload the configs."),
    "down": ("extract_cli.deploy.down:down", "Delete the stack. Data and tracking stay."),
    "diff": ("extract_cli.deploy.diff:diff", "Show what up would change, in words."),
    "permissions": ("extract_cli.deploy.permissions:permissions", "Print the IAM policy of each role, with reasons."),
    "export": ("extract_cli.deploy.export:export", "Write the files for Terraform, the CDK and other tools."),
    "template": ("extract_cli.deploy.template:template", "Print the CloudFormation template of the pipeline."),
}
"""The place and the line of help of each command, in the order of the help."""


class _Commands(click.Group):
    """Lists the commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, but an unknown command gets the nearest names."""
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from extract_core.wording import did_you_mean

            hint = did_you_mean(args[0], _COMMANDS) or "; see: extract deploy --help"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """A line per command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Commands)
def deploy() -> None:
    """Bring the pipeline into an AWS account: roles, functions, tables and the state machine, as one CloudFormation stack."""
