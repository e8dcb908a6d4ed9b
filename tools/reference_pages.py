"""Writes what the code says into the reference: docs/reference/*.md, and the tables of keys in docs/config.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from extract_cli.root import extract
from extract_core import errors
from extract_core.config import keys
from extract_core.config.descriptions import DESCRIPTIONS
from extract_core.contract import FailureClass
from extract_core.pipeline.keys import SECTIONS
from extract_core.runs.view.remedies import ADVICE
from extract_core.status.next_attempt import PERMANENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from extract_core.contract import Json

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
CONFIG: Final = DOCS / "config.md"
COMMANDS: Final = DOCS / "reference" / "commands.md"
EXTRACT_TOML: Final = DOCS / "reference" / "extract-toml.md"
FAILURES: Final = DOCS / "reference" / "failures.md"
_PART: Final = re.compile(r"(<!-- keys of (\w+): [^\n]*-->\n)(.*?)(<!-- /keys -->)", re.DOTALL)
_OF_TABLES: Final = [key for key in keys.TABLE if key not in keys.SCRIPT_KEYS]
_KEYS: Final[Mapping[str, Iterable[str]]] = {
    "extract": [*keys.DATABASE],
    "table": [*keys.SHARED, *(key for key in _OF_TABLES if key not in keys.SHARED), *keys.SCRIPT_KEYS],
    "run": keys.RUN_VALUES,
}
"""The parts of docs/config.md, each with its keys in their order."""
_PAGES: Final = {
    "pool": "scale.md#pools",
    "share": "sharing.md",
    "lag": "watermarks.md#what-an-incremental-read-guarantees",
    "max_attempts": "#further-attempts",
}
"""Where more is said about a key."""


def config() -> str:
    """The text of docs/config.md with its tables of keys made anew."""
    return _PART.sub(lambda part: part[1] + _keys(_KEYS[part[2]]) + part[4], CONFIG.read_text(encoding="utf-8"))


def _keys(names: Iterable[str]) -> str:
    readers = {**keys.TABLE, **keys.DATABASE, **keys.RUN_VALUES}
    rows = ["", "| key | values | meaning | default |", "|---|---|---|---|"]
    for name in names:
        meaning, _, default = DESCRIPTIONS[name].partition(" Default: ")
        more = f" ([more]({_PAGES[name]}))" if name in _PAGES else ""
        values = _ALSO.get(name) or _values(readers[name].schema)
        cells = (f"`{name}`", values, _cell(meaning) + more, _cell(default.rstrip(".")))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, "", ""])


_ALSO: Final = {"lag": "`30s`, `15m`, `2h`, …", "fail_when": "`any`, `all`, `10%`, …"}
"""Values that their schema says as a pattern."""


def _values(schema: Mapping[str, Json]) -> str:
    """The words, or the range, that a schema allows; nothing for any text."""
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])  # type: ignore[union-attr] # a list in every schema of the core
    if schema.get("type") == "integer" and "minimum" in schema:
        return f"{schema['minimum']:,} to {schema['maximum']:,}"
    for part in schema.get("anyOf", ()):  # type: ignore[union-attr]
        if isinstance(part, dict) and (words := _values(part)):
            return words
    return ""


_AGAIN: Final = {FailureClass.OUT_OF_MEMORY: "with larger settings, if the job type knows them"}


def failures() -> str:
    """The text of docs/reference/failures.md."""
    rows = ["| class | it means | what to do | another attempt |", "|---|---|---|---|"]
    for failure in FailureClass:
        known = ADVICE[failure]
        again = "never" if failure in PERMANENT else _AGAIN.get(failure, "if the job type says so")
        rows.append(f"| `{failure}` | {_cell(known.meaning)} | {_cell(known.remedy)} | {again} |")
    return f"""# Classes of failures

The class of a failed table says what to do about it. `extract status` shows it beside the table, and
`extract report` groups the failed tables by it. The reason below the table is that of the service or
of the job, unchanged. [On call](../how-to/on-call.md) says what to type.

*Another attempt* says whether the same run tries the table again, if `max_attempts` allows it.

{chr(10).join(rows)}

`tools/reference_pages.py` makes this page from `extract_core.runs.view.remedies`.
"""


def _cell(text: str) -> str:
    """Plain text in a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def extract_toml() -> str:
    """The text of docs/reference/extract-toml.md."""
    parts = [_EXTRACT_TOML]
    for section, known in SECTIONS.items():
        rows = ["| key | meaning | default |", "|---|---|---|"]
        for name, key in known.items():
            meaning, _, default = key.meaning.partition(" Default: ")
            shown = f"`{key.default}`" if key.default else _cell(default.rstrip("."))
            rows.append(f"| `{name}` | {_cell(meaning)} | {shown} |")
        heading = f"## `[{section}]`\n\n" + (f"{_ABOUT[section]}\n\n" if section in _ABOUT else "")
        parts.append(heading + "\n".join(rows) + "\n")
    return "\n".join(parts)


_EXTRACT_TOML: Final = """# extract.toml

The file describes one pipeline: its places, its machine, where jobs run, and how it is deployed.
Every section and every key is optional, unless its row says otherwise. Relative places are relative
to the file. `extract validate` reports each fault with its line.

`tools/reference_pages.py` makes this page from `extract_core.pipeline.keys`.
"""
_ABOUT: Final = {
    "pipeline": "If a place is in S3, or `state_machine` is set, commands work [on AWS](../start.md#on-aws).",
    "job_types.TYPE": "The pages of the job types: [glue](../../plugins/glue/README.md), [ecs](../../plugins/ecs/README.md), "
    "[emr, emr_serverless and emr_eks](../../plugins/emr/README.md).",
    "pools": "[Pools](../scale.md#pools) limit the connections to a database, for example.",
    "deploy": "[Deploy](../deploy.md) says what the stack makes.",
    "schedules.NAME": "The name has at most 23 letters, digits and -. `extract deploy up` and `extract validate` compare each "
    "event with the config of its source.",
    "plugins.NAME": "Plugins with a section: [openlineage](../../plugins/openlineage/README.md), "
    "[iceberg](../../plugins/iceberg/README.md), "
    "[glue_catalog](../../plugins/glue/README.md#the-plugin-glue_catalog).",
    "notify": "[Messages about failed runs](../notify.md) has an example, and the fields of a template.",
    "prices": "[The report](../report.md#money) has an example.",
}


def commands() -> str:
    """The text of docs/reference/commands.md: what `--help` prints in a terminal of 100 columns."""
    root = _context(extract, "extract", None)
    parts = [_COMMANDS.replace("ERRORS", _errors()), _help(extract, root)]
    for name in sorted(extract.list_commands(root)):
        command = extract.get_command(root, name)
        if command is not None:
            parts += _with_inner(command, _context(command, name, root))
    return "\n".join(parts)


def _errors() -> str:
    raised = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.ExtractError)]
    return "\n".join(f"| `{error.__name__}` | {error.exit_code} | {_cell(_first(error.__doc__ or ''))} |" for error in raised)


def _first(docstring: str) -> str:
    """The first paragraph in one line."""
    return " ".join(docstring.partition("\n\n")[0].split())


def _with_inner(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n"
    yield _help(command, context)
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _with_inner(inner, _context(inner, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    command._help_option = None  # noqa: SLF001 - click keeps the names (-h, --help) of the root under which it was first used
    return command.make_context(name, [], parent, resilient_parsing=True, terminal_width=100, max_content_width=100)


def _help(command: click.Command, context: click.Context) -> str:
    return f"```text\n{command.get_help(context).rstrip()}\n```\n"


_COMMANDS: Final = """# Commands

What `extract COMMAND --help` prints. stdout is data, stderr is progress.

## Exit codes

| code | meaning |
|---|---|
| 0 | Done. |
| 1 | The run failed, or Ctrl-C stopped it. Commands that check or compare found something. A service could not be reached. |
| 2 | Wrong use, an invalid config or `extract.toml`, or a tracking store that cannot be used. Nothing was started. |

If a command differs from this, its text below says so.

With `--output json`, an error is also an object on stdout: `error` (below) and `message`.

| error | exit code | meaning |
|---|---|---|
ERRORS

`tools/reference_pages.py` makes this page from the commands and from `extract_core.errors`.
"""


PAGES: Final = {CONFIG: config, FAILURES: failures, EXTRACT_TOML: extract_toml, COMMANDS: commands}
"""Each file, and what makes its text."""

if __name__ == "__main__":
    for path, text in PAGES.items():
        path.write_text(text(), encoding="utf-8")
