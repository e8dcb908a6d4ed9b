"""What a person probably meant with an option or an argument that a command does not have."""

from __future__ import annotations

import re

import click


def explained(error: click.ClickException) -> click.ClickException:
    """The error, with a hint for ``run --source sales``, ``status RUN TABLE`` and ``data TABLE TABLE``."""
    if (
        isinstance(error, click.UsageError)
        and error.ctx is not None
        and error.message.startswith("Got unexpected extra argument")
    ):
        return click.UsageError(f"{error.message}{_why_extra(error.ctx.command, error.ctx.command_path)}", error.ctx)
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return error
    option = error.option_name.lstrip("-").lower()
    for parameter in error.ctx.command.params:
        if isinstance(parameter, click.Argument):
            words = re.findall(r"[A-Z]+", parameter.make_metavar(error.ctx))
            word = next((word for word in words if word.lower() in {option, f"{option}s"}), None)
            if word is not None:
                usage = error.ctx.command.get_usage(error.ctx).removeprefix("Usage: ")
                return click.UsageError(f"{error.message} Write {word} without an option name: {usage}", error.ctx)
    return error


def _why_extra(command: click.Command, command_path: str) -> str:
    """How to give what was meant by an argument too many: the name of a table, as far as a command has a run or a table."""
    names = {parameter.name for parameter in command.params if isinstance(parameter, click.Argument)}
    if "table" in names:
        return f": `{command_path}` takes one table at a time."
    if "run" in names:
        return ". It is about the whole run. For one table: `extract logs RUN TABLE` or `extract history TABLE`."
    return ""
