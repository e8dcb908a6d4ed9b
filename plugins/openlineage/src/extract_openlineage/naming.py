"""Names of datasets. Source: OpenLineage, spec/Naming.md: the namespace is the data source, the name the path in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import AttemptReport, Json

_SCHEMES: Final = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlserver": "mssql",
    "oracle": "oracle",
}
_PORTS: Final = {"postgres": 5432, "mysql": 3306, "mssql": 1433, "oracle": 1521}
"""The port that a driver takes if the config names none."""
_PARTS: Final = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


class Name(NamedTuple):
    """The namespace and the name of a dataset."""

    namespace: str
    name: str


def source_of(item: Mapping[str, Json], report: AttemptReport, databases: Mapping[str, str]) -> Name:
    """The table that was read.

    Host and port are those that the settings name for the source, else those that the job reports, else those of a URL in
    `db_name`. If none of them knows the host, the source's own name takes its place.
    """
    source, engine = str(item["source"]), str(report.database.get("db_engine") or report.origin.get("engine") or "")
    scheme = _SCHEMES.get(engine, engine or "extract")
    path = report.database.get("db_name") or ""
    table = ".".join(_parts(str(item["table"])))
    if scheme == "sqlite":
        return Name(databases.get(source, "file"), f"{path}/{table}" if path else table)
    url = urlsplit(path if "://" in path else "")
    host = report.origin.get("host") or url.hostname or source
    port = report.origin.get("port") or _port(url.netloc) or report.database.get("db_port") or _PORTS.get(scheme)
    database = str(report.origin.get("database") or (url.path.strip("/") if url.scheme else path))
    return Name(
        databases.get(source) or f"{scheme}://{host}{f':{port}' if port else ''}", f"{database}.{table}" if database else table
    )


def folder_of(uri: str) -> Name:
    """A folder: of S3 ``s3://bucket`` and the key, of this machine ``file`` and the path. Neither ends in a slash."""
    parts = urlsplit(uri, allow_fragments=False)
    if parts.scheme == "file":
        return Name("file", unquote(parts.path).rstrip("/") or "/")
    place = f"{parts.scheme}://{parts.netloc}"
    return Name(place, uri.removeprefix(place).strip("/") or "/")


def _parts(table: str) -> list[str]:
    """The parts of ``schema."Odd.table"``, without their quotes."""
    return [quoted.replace('""', '"') or plain for quoted, plain in _PARTS.findall(table)] or [table]


def _port(netloc: str) -> str:
    match = re.search(r":(\d+)$", netloc)
    return match[1] if match else ""
