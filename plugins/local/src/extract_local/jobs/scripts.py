"""The script of a table that is not extract's job: a run on one machine runs it from the project's folder."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import LocalCommand

REFERENCE_JOB: Final = [sys.executable, "-P", "-m", "extract_job"]
"""How `SyncJob.local_command` begins."""
_REFERENCE_JOBS: Final = (REFERENCE_JOB, [sys.executable, "-m", "extract_job"])
_FOLDERS: Final = ("", "job", "jobs", "scripts")


class NoScript(Exception):  # noqa: N818 - becomes the failure of the job
    """The script is not on this machine; the text says where it was looked for."""


def own_script(command: LocalCommand, script: str | None, folder: Path) -> LocalCommand:
    """The command for this script (a name or a URI), if it is not the reference job's: the same arguments, another program.

    `folder` is the project's. A job type with a command that is not the reference job decides itself. Raises NoScript.
    """
    argv = list(command.argv)
    begins = next((words for words in _REFERENCE_JOBS if argv[: len(words)] == words), None)
    if script is None or begins is None or PurePosixPath(script).name == "extract_job.py":
        return command
    places = list(_places(script, folder))
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        looked = ", ".join(repr(str(place)) for place in places)
        raise NoScript(
            f"the script {script!r} did not run, because it is not on this machine, and extract's own job is not run in place of "
            f"it; put it at one of: {looked}"
        )
    return replace(command, argv=[sys.executable, "-P", str(path), *argv[len(begins) :]])


def _places(script: str, folder: Path) -> Iterator[Path]:
    if script.startswith("file://"):
        yield Path(unquote(urlsplit(script).path))
        return
    if "://" not in script:
        yield folder / script
    name = PurePosixPath(script).name
    for inner in _FOLDERS:
        if (place := folder / inner / name) != folder / script:
            yield place
