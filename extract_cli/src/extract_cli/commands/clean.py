"""`extract clean`: removes files that no live read needs. Without --yes it only lists them."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from extract_cli.complete import complete_source, complete_table
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import Column, echo, output_option, print_json, print_table
from extract_core.errors import UsageError
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from extract_core.objects.store import ObjectStore
    from extract_core.runs.leftovers import Leftover

_AT_ONCE: Final = 16
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}


@click.command(epilog=examples("extract clean sales", "extract clean sales public.orders --older-than 30d --yes"))
@click.argument("source", shell_complete=complete_source)
@click.argument("tables", metavar="[TABLE]...", nargs=-1, shell_complete=complete_table)
@click.option(
    "--older-than", metavar="AGE", help="Also attempts that a newer full read replaced at least this long ago: 30d, 8w, 12h."
)
@click.option("--yes", is_flag=True, help="Remove them. Without it, they are only listed.")
@local_option
@pipeline_option
@output_option
def clean(
    source: str, tables: Sequence[str], older_than: str | None, yes: bool, local: bool, pipeline: Path | None, output: str
) -> int:
    """List the files of SOURCE that no live read needs: those of failed and late attempts. With --yes, remove them.

    Files that a manifest names stay. With --older-than AGE, it also lists those that a newer full read replaced at least AGE
    ago. Files of runs that are running, or that the tracking store does not know, always stay.
    """
    from extract_core.objects.routed import open_objects
    from extract_core.runs.leftovers import Finder

    runs = runs_of(pipeline, local=local)
    if runs.pipeline is None:
        raise UsageError("there is no extract.toml, so the place of the data is not known")
    objects = open_objects()
    finder = Finder(
        objects=objects,
        tracking=runs.tracking,
        is_running=lambda record: runs.state(record) == "RUNNING",
        replaced_before=None if older_than is None else datetime.now(UTC) - _age(older_than),
    )
    leftovers = finder.of_source(runs.pipeline.data_uri, source, tables)
    if yes:
        remove(objects, leftovers.objects)
    if output == "json":
        print_json({
            "removed": yes,
            "bytes": sum(leftover.bytes for leftover in leftovers.objects),
            "objects": [asdict(leftover) for leftover in leftovers.objects],
            "kept": list(leftovers.spared),
        })  # fmt: skip
        return 0
    _show(leftovers.objects, leftovers.spared, removed=yes)
    return 0


def remove(objects: ObjectStore, leftovers: Sequence[Leftover]) -> None:
    """Remove them: entries of manifests first, so that no manifest names a file that is gone. Twice does no harm."""
    entries = [leftover for leftover in leftovers if "/_committed/" in leftover.uri]
    files = [leftover for leftover in leftovers if "/_committed/" not in leftover.uri]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="clean") as pool:
        for some in (entries, files):
            list(pool.map(lambda leftover: objects.delete(leftover.uri), some))
    _remove_empty_folders(files)


def _remove_empty_folders(files: Sequence[Leftover]) -> None:
    """On a disk: the folders of attempts and runs that have become empty."""
    from extract_core.objects.files import file_path

    folders = {file_path(leftover.uri).parent for leftover in files if leftover.uri.startswith("file://")}
    for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
        with suppress(OSError):  # not empty
            while folder.name.startswith(("attempt=", "run_id=")) or "run_id=" in str(folder):
                folder.rmdir()
                folder = folder.parent  # noqa: PLW2901 - up to the table's folder


def _show(leftovers: Sequence[Leftover], spared: Sequence[str], *, removed: bool) -> None:
    counts, sizes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for leftover in leftovers:
        counts[leftover.table, leftover.reason] += 1
        sizes[leftover.table, leftover.reason] += leftover.bytes
    columns = [Column("Table"), Column("Objects", right=True), Column("Bytes", right=True), Column("Reason")]
    if leftovers:
        print_table(columns, [(table, counts[table, why], sizes[table, why], why) for table, why in sorted(counts)])
    for sentence in spared:
        echo(f" kept: {sentence}")
    total = f"{counted(len(leftovers), 'object')}, {sum(sizes.values()):,} bytes"
    if not leftovers:
        echo("there is nothing to remove", err=True)
    elif removed:
        echo(f"removed: {total}", err=True)
    else:
        echo(f"{total} can be removed; add --yes to remove them", err=True)


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([hdw])", text.strip())
    if match is None:
        raise UsageError(f"--older-than is {text!r}; write a number with h, d or w, such as 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
