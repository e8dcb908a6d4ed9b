"""What people write because a service or a database calls it so: ``NumberOfWorkers``, ``datetime2``; and what to write here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core.registry.values import AnyJobType

_TYPES: Final = {
    "timestamp": "datetime datetime2 smalldatetime datetimeoffset timestamptz timestampntz timestampltz time",
    "date": "date32 newdate",
    "integer": "int int2 int4 int32 smallint mediumint tinyint serial year",
    "long": "bigint int8 int64 bigserial",
    "decimal": "numeric number money smallmoney dec",
    "string": "varchar varchar2 nvarchar nvarchar2 char nchar character bpchar text uuid uniqueidentifier",
}
DATABASE_TYPES: Final = {theirs: ours for ours, names in _TYPES.items() for theirs in (ours, *names.split())}
"""Types of PostgreSQL, MySQL, SQL Server, Oracle and Arrow, and the type of a watermark that holds their values."""


def database_type(written: str) -> str | None:
    """The type of a watermark for a type of a database, as a table's definition has it: ``datetime2(7)``."""
    return DATABASE_TYPES.get(_plain(re.sub(r"\(.*|\s+with(?:out)?\s.*|\s+(?:un)?signed\b.*", "", written.strip().lower())))


def of_the_service(key: str, job_types: Iterable[AnyJobType]) -> str:
    """``; what Glue calls NumberOfWorkers is 'worker_no' here``, or nothing if the key is not a name of these services."""
    wanted = _plain(key)
    for job_type in job_types:
        for theirs, ours in job_type.service_names.items():
            if _plain(theirs) == wanted:
                return f"; what {job_type.title} calls {theirs} is {ours!r} here"
    return ""


def _plain(name: str) -> str:
    """Without case, underscores, hyphens and blanks: ``number_of_workers`` is ``NumberOfWorkers``."""
    return re.sub(r"[-_\s]", "", name).lower()
