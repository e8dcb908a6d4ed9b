"""Find secrets in a config, where only their names belong: plans store its values, and commands show them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core.secret_texts import names_a_secret, secret_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.config.model import SourceConfig
    from extract_core.config.spots import Path
    from extract_core.errors import Finding

_NAME: Final = re.compile(r"arn:|ssm:|[^/\s]*/|(?:true|false|[0-9]{0,4})\Z", re.IGNORECASE)
_SAID: Final = (
    "looks like a secret, but plans store this value and commands show it; write the name of a secret, and let the job read it "
    "(a value with a / in it, or a key that ends in _name, counts as a name)"
)


def above_tables(config: SourceConfig) -> Iterator[Finding]:
    """Notes about `arguments` above the tables whose keys name a secret while their values do not look like a name of one."""
    yield from _notes(config, ("extract", "arguments"), config.extract.shared.get("arguments"))
    for name, section in config.extract.job_types.items():
        yield from _notes(config, ("extract", "job_types", name, "arguments"), section.get("arguments"))


def of_table(config: SourceConfig, table: str) -> Iterator[Finding]:
    """The same for the arguments of a table."""
    raw = config.extract.tables.get(table)
    if isinstance(raw, dict):
        yield from _notes(config, ("extract", "tables", table, "arguments"), raw.get("arguments"))


def _notes(config: SourceConfig, path: Path, arguments: object) -> Iterator[Finding]:
    entries: Mapping[str, object] = arguments if isinstance(arguments, dict) else {}
    for key, value in entries.items():
        if secret_in(str(value), sure=False) or (names_a_secret(key) and not _NAME.match(str(value))):
            yield config.text.finding((*path, key), _SAID, of_key=True)
