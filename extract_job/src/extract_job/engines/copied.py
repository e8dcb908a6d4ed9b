"""What an engine returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extract_job.result import DataFile


@dataclass(frozen=True, slots=True)
class Copied:
    """The files of an attempt, under their final names, and the certificate of them all (None: `--verify off`).

    `notes` are sentences for the user about how the rows were read. `chunks`: see `result.Result`.
    """

    files: tuple[DataFile, ...]
    certificate: Mapping[str, Any] | None
    notes: tuple[str, ...] = ()
    chunks: Mapping[str, int] | None = None
