"""`extract demo`: the whole pipeline on this machine, in less than a minute."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import click

from extract_cli.options import examples
from extract_cli.views.output import echo, output_option, print_json
from extract_core.errors import UsageError
from extract_local.demo.project import REPORT

MARK: Final = ".made-by-extract-demo"
_MADE: Final = frozenset(
    {MARK, ".extract", "config", "extract.toml", REPORT, "sales.db", "sales.db-journal", "sales.db-wal", "sales.db-shm"}
)


@click.command(epilog=examples("extract demo", "extract demo --folder try --rows 10000"))
@click.option("--folder", type=click.Path(path_type=Path), default=Path("extract-demo"), show_default=True, help="Where to work.")
@click.option(
    "--rows", type=click.IntRange(min=1_000), default=520_000, show_default=True, help="About how many rows the source has."
)
@output_option
def demo(folder: Path, rows: int, output: str) -> int:
    """Create a source database and run the whole pipeline on it: failures, a rerun, an incremental run, and a comparison.

    The folder is created again each time. Exit code 1 if a step goes wrong or the data differ.
    """
    from extract_local.demo.narrator import Narrator
    from extract_local.demo.story import Story, StoryBroken

    folder = folder.resolve()
    _create(folder)
    story = Story(folder=folder, rows=rows, narrator=Narrator(quiet=output == "json"))
    try:
        story.tell()
    except StoryBroken as broken:
        story.record["broken"] = str(broken)
        echo(f"extract demo: {broken}", err=True)
    if output == "json":
        print_json({"ok": story.ok, **story.record})
    return 0 if story.ok else 1


def _create(folder: Path) -> None:
    """An empty folder. A folder that the demo did not make, or that has files of the user, is never emptied."""
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).exists()):
            raise UsageError(f"{str(folder)!r} exists and was not made by the demo; choose another: extract demo --folder NAME")
        foreign = sorted(path.name for path in folder.iterdir() if path.name not in _MADE)
        if foreign:
            raise UsageError(
                f"{str(folder)!r} has files that the demo did not make ({', '.join(foreign[:3])}), which it would delete: "
                "move them, or choose another folder: extract demo --folder NAME"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("`extract demo` empties this folder each time it runs.\n", encoding="utf-8")
