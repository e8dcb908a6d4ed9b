"""What a person probably meant with an option that a command does not have: an argument of this name."""

from __future__ import annotations

import re

import click


def explained(error: click.ClickException) -> click.ClickException:
    """The error, for ``extract run --source sales`` with the hint that SOURCE has no option name."""
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
