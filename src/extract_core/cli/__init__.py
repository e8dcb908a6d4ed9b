"""The command `extract`. Only click is imported before a command is called; rich only when something is drawn."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 the run failed, 2 wrong use or invalid config."""
    try:
        import click
    except ImportError:
        sys.stderr.write("extract: the command line needs click and rich; install them with: pip install 'extract-core[cli]'\n")
        raise SystemExit(2) from None
    from extract_core.cli.root import extract
    from extract_core.errors import ExtractError

    try:
        code = extract.main(list(argv) if argv is not None else None, prog_name="extract", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(2) from error
    except ExtractError as error:
        sys.stderr.write("".join(f"extract: {line}\n" for line in str(error).splitlines()))
        raise SystemExit(error.exit_code) from error
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("extract: stopped\n")
        raise SystemExit(1) from None
    except BrokenPipeError:
        # The reader of stdout went away (`extract … | head`): nothing is left to say, not even by the interpreter's own flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    raise SystemExit(code if isinstance(code, int) else 0)
