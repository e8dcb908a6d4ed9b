"""What an engine returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extract_job.result import DataFile


@dataclass(frozen=True, slots=True)
class Copied:
    """The files of an attempt, under their final names, and the certificate of them all (None: `--verify off`)."""

    files: tuple[DataFile, ...]
    certificate: Mapping[str, Any] | None
