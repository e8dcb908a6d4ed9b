"""What has changed in config and job types since a run, table by table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from extract_cli.find_run import find_run
from extract_cli.views.output import echo, print_json
from extract_cli.views.plan import shown
from extract_core.contract import Json
from extract_core.errors import ObjectNotFound, UsageError
from extract_core.plan.explain import differences
from extract_core.plan.plan_file import read_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_cli.views.preview import Preview
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.line import PlannedTable

Change: TypeAlias = tuple[str, Json, Json]
"""The name of a value, the value then, the value now."""


@dataclass(kw_only=True)
class _Diff:
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: dict[str, Sequence[Change]] = field(default_factory=dict)
    same: int = 0


def show_diff(parts: Parts, run: str, preview: Preview, *, output: str) -> None:
    """The changes since this run on stdout."""
    record = find_run(parts.tracking, run)
    if record.source != preview.event.source:
        raise UsageError(f"run {record.run_id!r} is of source {record.source!r}, not {preview.event.source!r}")
    if record.plan_uri is None:
        raise UsageError(f"run {record.run_id!r} was never planned ({record.refused or 'its config manager did not finish'})")
    try:
        before = {table.table: table for table in read_plan(parts.objects, record.plan_uri)}
    except ObjectNotFound as error:
        raise UsageError(f"the plan of run {record.run_id!r} is gone: {record.plan_uri}") from error
    diff = _compared(before, preview)
    if output == "json":
        changed = {
            name: [{"name": key, "before": then, "now": today} for key, then, today in changes]
            for name, changes in diff.changed.items()
        }
        print_json({"run_id": record.run_id, "added": diff.added, "removed": diff.removed, "changed": changed})
        return
    for name in diff.removed:
        echo(f"- {name}")
    for name in diff.added:
        echo(f"+ {name}")
    for name, changes in diff.changed.items():
        for key, then, today in changes:
            echo(f"~ {name}: {key}: {shown(then)} -> {shown(today)}")
    echo(
        f"since run {record.run_id}: {len(diff.added)} added, {len(diff.removed)} not in this plan, {len(diff.changed)} changed, "
        f"{diff.same} the same"
    )


def _compared(before: Mapping[str, PlannedTable], preview: Preview) -> _Diff:
    diff = _Diff()
    names = set()
    for table in preview.tables(explained=False):
        name = table.planned.table
        names.add(name)
        if name not in before:
            diff.added.append(name)
        elif changes := differences(before[name], table.planned):
            diff.changed[name] = changes
        else:
            diff.same += 1
    diff.removed += [name for name in before if name not in names]
    return diff
