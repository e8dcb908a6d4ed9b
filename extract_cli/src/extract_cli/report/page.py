"""The page: what the template needs beside the document, and the content security policy that only our own code passes."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from shlex import join
from typing import TYPE_CHECKING, Any, Final

from extract_cli.graph.counts import counts_of
from extract_cli.graph.picture import environment, svg
from extract_cli.report import words
from extract_cli.report.gantt import WIDTH, gantt
from extract_cli.views.shared_log import has_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.runs.view.document import RunResults, TableResult

MOST_TABLES: Final = 5_000
"""Tables in the page's list: of more, those that did not succeed and the slowest ones."""
MOST_REASONS: Final = 20
"""Reasons of one class of failure."""
MOST_NAMES: Final = 30
"""Tables named below one reason."""
MOST_CHANGES: Final = 100
_MESSAGE: Final = 2_000  # characters of a message


def html(results: RunResults, definition: Mapping[str, Json] | None = None, *, options: Sequence[str] = ()) -> str:
    """The report as one HTML file. `definition` is the state machine; without it the page has no graph.

    `options` are what a command needs to find the run (``--local``).
    """
    style, script = _asset("machine.css") + _asset("report.css"), _asset("report.js")
    tables = _listed(results)
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            **run_values(results, definition, options=options),
            tables=tables,
            left_out=len(results.tables) - len(tables),
            has_money=any(table.usd is not None for table in tables),
            style=style,
            script=script,
            policy=_policy(style, script),
        )
    )


def run_values(
    results: RunResults,
    definition: Mapping[str, Json] | None,
    *,
    options: Sequence[str],
    table_url: Callable[[str], str] | None = None,
) -> dict[str, Any]:
    """The parts of a run that the templates of `run/` show. `table_url` is the address of a table's own page, if it has one."""
    without_log = {table.table for table in results.tables if table.attempts and not has_job(table.attempts[-1])}
    return {
        "run": results,
        "graph": None if definition is None else _graph(results, definition),
        "gantt": gantt(results),
        "gantt_width": WIDTH,
        "words": words,
        "log_command": lambda table: join(["extract", "logs", results.run_id, table, *options]),
        "has_log": lambda table: table not in without_log,
        "log_of": {table.table: table.log_url for table in results.tables if is_link(table.log_url)},
        "table_url": table_url,
        "reasons": MOST_REASONS,
        "names": MOST_NAMES,
        "changes": MOST_CHANGES,
        "message": _MESSAGE,
        "spent": _spent(results),
    }


def _listed(results: RunResults) -> list[TableResult]:
    if len(results.tables) <= MOST_TABLES:
        return list(results.tables)
    first = sorted(results.tables, key=lambda table: (table.state == "SUCCEEDED", -(table.seconds or 0), table.table))
    return sorted(first[:MOST_TABLES], key=lambda table: table.table)


def _graph(results: RunResults, definition: Mapping[str, Json]) -> str:
    return svg(definition, title=f"The state machine of run {results.run_id}", counts=counts_of(results, definition), alone=False)


def _spent(results: RunResults) -> list[tuple[str, str, float, float | None]]:
    """Job type, unit, amount and price, a line per unit of the bill."""
    lines = []
    for job_type, units in results.bill.by_job_type.items():
        listed = results.bill.prices.get(job_type)
        for unit, amount in units.items():
            price = amount * listed.usd[unit] if listed and unit in listed.usd else None
            lines.append((job_type, unit, amount, price))
    return lines


def is_link(url: str | None) -> bool:
    """Whether this may be a link: https only, so no script."""
    return url is not None and url.startswith("https://")


@cache
def _asset(name: str) -> str:
    return files("extract_cli").joinpath("templates", name).read_text(encoding="utf-8").strip()


def _policy(style: str, script: str) -> str:
    """Nothing is loaded and nothing is sent. Only this style and this script count, by their hashes (CSP level 3, 2.3.1)."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
