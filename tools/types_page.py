"""Writes docs/types.md, the types of each database, from the mappings of the reference job."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from extract_job.databases.mapping import Mapping, TypeLine

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "types.md"
_HEAD: Final = """# Types of the databases

What the reference job sends to each database, and the type in the files. All engines use these
lines. `tools/types_page.py` makes this page from `extract_job/databases/*/mapping.py`.

- `c` is the quoted name of the column.
- *As text* is how the column is read if `text_columns` lists it.
- *As double* is how a decimal without declared digits, or with more than 76, is read if
  `decimal_overflow` is `double`. The database rounds to the nearest double, for the rows and for the
  proof.
- A type that is *refused* can be read as text, or through a view.
- decimal(p,s) has the digits of the declared type. Dates and times outside the years 1 to 9999, and
  other values that the type in the files cannot hold, fail the job with table, column and value.
"""
_NOT_RUN: Final = (
    "**Self test not yet run** on a server (`python -m extract_job selftest`). The tests replay the shapes that the driver "
    "documents, through the whole job, and parse the SQL in this dialect."
)
_DATABASES: Final = {
    "postgresql": ("PostgreSQL", "The tests read each type, and run the self test, on PostgreSQL 15."),
    "mysql": (
        "MySQL and MariaDB",
        "The tests read each type, and run the self test, on MariaDB 10.11. They were not run on a MySQL server.",
    ),
    "sqlite": (
        "SQLite",
        "The tests read each type, and run the self test. SQLite stores any value in any column, so the job checks each value.",
    ),
    "sqlserver": ("SQL Server", _NOT_RUN),
    "oracle": ("Oracle Database", _NOT_RUN),
}


def page() -> str:
    """The text of the page."""
    parts = [_HEAD]
    for name, (title, run) in _DATABASES.items():
        mapping = import_module(f"extract_job.databases.{name}.mapping").MAPPING
        parts.append(f"## {title}\n\n{run}\n\n{_table(mapping)}")
    return "\n".join(parts)


def _table(mapping: Mapping) -> str:
    rows = ["| declared | SELECT | in the files | as text | as double | source |", "|---|---|---|---|---|---|"]
    rows += [_row(", ".join(f"`{kind}`" for kind in line.types), line, mapping) for line in mapping.lines]
    return "\n".join([*rows, _row("all other types", mapping.others, mapping)]) + "\n"


def _row(types: str, line: TypeLine, mapping: Mapping) -> str:
    arrow = (
        f"decimal({'{},{}'.format(*line.digits) if line.digits else 'p,s'})" if line.kind.name == "DECIMAL" else line.kind.value
    )
    value, arrow = ("", "refused") if line.refusal else (_sql(line.value), arrow)
    cells = [
        types,
        value,
        arrow,
        _sql(line.text or mapping.text),
        line.double and _sql(line.double),
        f"[{_page(line.source)}]({line.source})",
    ]
    return f"| {' | '.join(cells)} |"


def _page(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).stem


def _sql(expression: str) -> str:
    return f"`{expression.replace('{}', 'c').replace('|', chr(92) + '|')}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
