"""Makes the job of a group: the object with the arguments of its tables, and the arguments of its branch."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

from extract_core.config.reserved import ENCODED
from extract_core.plan.build_line import built
from extract_core.plan.group import Group, SharedJob
from extract_core.plan.job_arguments import apart, as_object
from extract_core.plan.line import Built, Spilled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.config.settings import Settings, TypeInUse
    from extract_core.plan.line import PlannedTable


def shared_job(tables: Sequence[PlannedTable], turn_seconds: int, settings: Settings, in_use: TypeInUse) -> SharedJob:
    """The job of these tables, which have equal settings and were planned in this process. Raises Unplannable."""
    first = _built_from(tables[0]).run
    uri = f"{str(tables[0].item['result_uri']).removesuffix('.json')}.tables.json"
    _, of_service = apart(first.job_arguments, in_use.job_type.service_arguments)
    run = replace(first, job_arguments={ENCODED: uri, **of_service})
    entries = b",".join(_script_arguments(table, in_use) for table in tables)
    data = b'{"tables":[%b],"turn_seconds":%d}' % (entries, turn_seconds)
    group = Group(tables=tuple(table.table for table in tables), turn_seconds=turn_seconds)
    return SharedJob(group=group, arguments=built(run, settings, in_use), spilled=Spilled(uri, data))


def _script_arguments(table: PlannedTable, in_use: TypeInUse) -> bytes:
    """The arguments of the table's script as a JSON object, however they were to be passed."""
    if table.spilled is not None:
        return table.spilled.data
    arguments, _ = apart(_built_from(table).run.job_arguments, in_use.job_type.service_arguments)
    encoded = arguments.get(ENCODED)
    return as_object(arguments) if encoded is None else base64.urlsafe_b64decode(encoded)


def _built_from(table: PlannedTable) -> Built:
    built_from = table.built_from
    if not isinstance(built_from, Built):
        raise TypeError(f"table {table.table!r} was read from a plan")  # the caller's mistake
    return built_from
