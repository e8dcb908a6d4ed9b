"""The command `extract`. Before a command is called only click is imported; rich only to draw on a terminal."""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 the run failed, 2 wrong use or invalid config.

    An error is printed to stderr, and with ``--output json`` to stdout too: ``{"error": …, "message": …}``.
    """
    from extract_cli.streams import drop_stdout, prepare_streams
    from extract_core.registry.pydantic_scan import leave_out

    prepare_streams()
    leave_out()
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _print_json_error(arguments, "Stopped", "stopped before the end")
        sys.stderr.write("extract: stopped\n")
        raise SystemExit(1) from None
    except UnicodeEncodeError as error:
        sys.stderr.write(f"extract: a name is not valid UTF-8: {error.object[:200]!r}; rename it, or correct the argument\n")
        raise SystemExit(2) from None
    except OSError as error:
        drop_stdout()
        place = f"{error.filename!r}: " if error.filename else ""
        sys.stderr.write(f"extract: {place}{error.strerror or error}\n")
        raise SystemExit(1) from None
    raise SystemExit(code)


def _run(arguments: Sequence[str]) -> int:
    import click

    from extract_cli.root import extract
    from extract_cli.views.output import plain
    from extract_cli.wrong_use import explained
    from extract_core.errors import ExtractError

    try:
        code = extract.main(list(arguments), prog_name="extract", standalone_mode=False)
    except click.ClickException as wrong:
        error = explained(wrong)
        _print_json_error(arguments, "UsageError", error.format_message())
        text = io.StringIO()
        error.show(file=text)
        sys.stderr.write(plain(text.getvalue(), keep="\n\t"))
        return 2
    except ExtractError as error:
        _print_json_error(arguments, type(error).__name__, str(error))
        lines = plain(str(error), keep="\n\t").split("\n")
        sys.stderr.write("".join(f"extract: {line}\n" for line in lines))
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0


def _print_json_error(arguments: Sequence[str], error: str, message: str) -> None:
    """The error as JSON, for a program that reads stdout."""
    for form, indent in (("json", 2), ("jsonl", None)):
        if f"--output={form}" in arguments or ("--output", form) in pairwise(arguments):
            import json

            sys.stdout.write(json.dumps({"error": error, "message": message}, ensure_ascii=False, indent=indent) + "\n")
            sys.stdout.flush()
