"""Finding and reading extract.toml: from a folder to a Pipeline, or to all the findings of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.errors import ConfigError, Finding, UsageError
from extract_core.objects.files import file_path
from extract_core.pipeline.toml_reading import Reading, toml_of
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from extract_core.pipeline.model import Pipeline

FILE_NAME: Final = "extract.toml"


def find_pipeline(start: Path | None = None) -> Path:
    """The extract.toml of this folder or of the nearest one above it; UsageError where there is none."""
    try:
        start = (start or Path.cwd()).resolve()
    except FileNotFoundError:
        raise UsageError(
            "the current folder is not there any more; go to another, or name a pipeline with --pipeline PATH"
        ) from None
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise UsageError(
        f"there is no {FILE_NAME} in {str(start)!r} or above it; name one with --pipeline PATH, or write one: extract init"
    )


def read_pipeline(path: Path | None = None) -> Pipeline:
    """Read and check extract.toml. ConfigError holds all its findings; UsageError where the file can't be read."""
    pipeline, findings = read_faulty_pipeline(path)
    if findings:
        raise ConfigError(findings)
    return pipeline


def read_faulty_pipeline(path: Path | None = None) -> tuple[Pipeline, list[Finding]]:
    """The pipeline as far as it can be read, with its findings: what was wrong has its default.

    Raises ConfigError where the file is no TOML, UsageError where it can't be read.
    """
    file = (path or find_pipeline()).resolve()
    if file.is_dir():
        file /= FILE_NAME
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"there is no file {str(file)!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{str(file)!r} can't be read: {error}") from error
    reading = Reading(file, text)
    pipeline = reading.pipeline(toml_of(file, text))
    return pipeline, reading.findings


def finding_at(pipeline: Pipeline, path: str, message: str) -> Finding:
    """A complaint about one key of extract.toml (``job_types.glue.job_name``), with its place."""
    return places_in(pipeline)(path, message)


def places_in(pipeline: Pipeline) -> Callable[[str, str], Finding]:
    """As `finding_at`, for many complaints about one file."""
    reading = Reading(pipeline.file, pipeline.file.read_text(encoding="utf-8"))
    return reading.finding


def missing_config_folder(pipeline: Pipeline) -> Finding | None:
    """The complaint about a `config_uri` that names a folder of this machine which is not there; None where it is."""
    if not pipeline.config_uri.startswith("file://"):
        return None
    folder = file_path(pipeline.config_uri)
    if folder.is_dir():
        return None
    if folder.exists():
        return finding_at(pipeline, "pipeline.config_uri", f"{str(folder)!r} is a file; name the folder that it is in")
    siblings = [each.name for each in folder.parent.iterdir() if each.is_dir()] if folder.parent.is_dir() else []
    hint = did_you_mean(folder.name, siblings) or "; make it, or mend config_uri (extract init writes a first config)"
    return finding_at(pipeline, "pipeline.config_uri", f"there is no folder {str(folder)!r}{hint}")
