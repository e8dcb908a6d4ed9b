"""Find and read extract.toml: from a folder to a Pipeline, or to all findings of the file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.errors import ConfigError, UsageError
from extract_core.objects.files import file_path
from extract_core.pipeline.deployments import deployment_findings
from extract_core.pipeline.toml_reading import Reading, finding_at, toml_of
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry

FILE_NAME: Final = "extract.toml"


def find_pipeline(start: Path | None = None) -> Path:
    """The extract.toml of this folder or of the nearest one above it. Raises UsageError if there is none.

    One above that belongs to another user is refused, as git refuses such repositories: anybody can put one into ``/tmp``, and it
    decides what runs.
    """
    try:
        start = (start or Path.cwd()).resolve()
    except FileNotFoundError:
        raise UsageError(
            "the current folder no longer exists; change to another folder, or name a pipeline with --pipeline PATH"
        ) from None
    for folder in (start, *start.parents):
        file = folder / FILE_NAME
        if file.is_file():
            owner = file.stat().st_uid
            if folder != start and owner != os.getuid():
                raise UsageError(
                    f"{str(file)!r} belongs to another user ({owner}) and is not in the current folder, so it is not used; if "
                    f"you trust it, name it: --pipeline {str(file)!r}"
                )
            return file
    raise UsageError(
        f"there is no {FILE_NAME} in {str(start)!r} or above it; name one with --pipeline PATH, or create one: extract init"
    )


def read_pipeline(path: Path | None = None) -> Pipeline:
    """Read and check extract.toml. ConfigError holds all its findings, UsageError says why the file can't be read.

    Plugins are loaded only if there is a finding, to report those of the sections of job types too.
    """
    pipeline, findings = read_faulty_pipeline(path)
    if findings:
        from extract_core.registry.loading import discover

        raise ConfigError({*findings, *deployment_findings(pipeline, discover())})
    return pipeline


def check_pipeline(path: Path | None, registry: Registry, *, with_configs: bool = True) -> tuple[Pipeline, list[Finding]]:
    """The pipeline as far as it can be read, and all findings: of the file, its deployments and, if asked, its folder of configs.

    Raises as `read_faulty_pipeline`.
    """
    pipeline, findings = read_faulty_pipeline(path)
    missing = missing_config_folder(pipeline) if with_configs else None
    findings += [*([missing] if missing is not None else []), *deployment_findings(pipeline, registry)]
    return pipeline, sorted(set(findings))


def read_faulty_pipeline(path: Path | None = None) -> tuple[Pipeline, list[Finding]]:
    """The pipeline as far as it can be read, with its findings. A wrong value is replaced by its default.

    Raises ConfigError if the file is not valid TOML, UsageError if it can't be read.
    """
    try:
        file = (path or find_pipeline()).resolve()
    except RuntimeError as error:  # a loop of links (Python before 3.13)
        raise UsageError(f"{str(path)!r} can't be read: {error}") from error
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


def missing_config_folder(pipeline: Pipeline) -> Finding | None:
    """The finding about a `config_uri` that names a folder of this machine, if that does not exist."""
    if not pipeline.config_uri.startswith("file://"):
        return None
    folder = file_path(pipeline.config_uri)
    if folder.is_dir():
        return None
    if folder.exists():
        return finding_at(pipeline, "pipeline.config_uri", f"{str(folder)!r} is a file; name the folder that it is in")
    siblings = [sibling.name for sibling in folder.parent.iterdir() if sibling.is_dir()] if folder.parent.is_dir() else []
    hint = did_you_mean(folder.name, siblings) or "; create it, or correct config_uri (extract init writes a first config)"
    return finding_at(pipeline, "pipeline.config_uri", f"there is no folder {str(folder)!r}{hint}")
