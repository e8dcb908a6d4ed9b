"""extract.toml: what belongs to the pipeline and not to a source. Names, places, the machine, each job type's deployment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.errors import ConfigError, Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extract_core.contract import Json

FILE_NAME: Final = "extract.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineOptions:
    """The section [machine]: what is fixed when the state machine is built."""

    map: str = "inline"
    max_concurrency: int = 10  # tables at once
    retries: bool = True  # whether the machine has the loop for further attempts at a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One pipeline. Places are URIs (``file://``, ``s3://``) that end in a slash; `tracking` is a path or ``dynamodb://table``.

    `state_machine` is the deployed one that `extract run` starts where it is not told ``--local``.
    """

    file: Path
    name: str = "extract"
    partition: str = "aws"
    region: str = "us-east-1"
    account: str = "000000000000"
    config_uri: str
    data_uri: str
    runs_uri: str
    tracking: str
    state_machine: str | None = None  # the ARN of the deployed one
    machine: MachineOptions = field(default_factory=MachineOptions)
    job_types: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where extract.toml lies: relative places, and the working directory of local jobs."""
        return self.file.parent

    @property
    def home(self) -> Path:
        """Where a run on this machine keeps its executions."""
        return self.folder / ".extract"

    @property
    def is_local(self) -> bool:
        """Whether all its places are folders and files of this machine."""
        places = (self.config_uri, self.data_uri, self.runs_uri)
        return all(place.startswith("file://") for place in places) and "://" not in self.tracking


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
    """Read and check extract.toml. ConfigError holds all its faults; UsageError where the file can't be read."""
    pipeline, faults = read_faulty_pipeline(path)
    if faults:
        raise ConfigError(faults)
    return pipeline


def read_faulty_pipeline(path: Path | None = None) -> tuple[Pipeline, list[Fault]]:
    """The pipeline as far as it can be read, with its faults: what was wrong has its default.

    Raises ConfigError where the file is no TOML, UsageError where it can't be read.
    """
    from extract_core.pipeline_reading import Reading, toml_of

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
    return pipeline, reading.faults


def fault_at(pipeline: Pipeline, path: str, message: str) -> Fault:
    """A complaint about one key of extract.toml (``job_types.glue.job_name``), with its place."""
    return places_in(pipeline)(path, message)


def places_in(pipeline: Pipeline) -> Callable[[str, str], Fault]:
    """As `fault_at`, for many complaints about one file."""
    from extract_core.pipeline_reading import Reading

    reading = Reading(pipeline.file, pipeline.file.read_text(encoding="utf-8"))
    return reading.fault


def missing_config_folder(pipeline: Pipeline) -> Fault | None:
    """The complaint about a `config_uri` that names a folder of this machine which is not there; None where it is."""
    from extract_core.config.values import nearest
    from extract_core.objects import file_path

    if not pipeline.config_uri.startswith("file://"):
        return None
    folder = file_path(pipeline.config_uri)
    if folder.is_dir():
        return None
    if folder.exists():
        return fault_at(pipeline, "pipeline.config_uri", f"{str(folder)!r} is a file; name the folder that it is in")
    siblings = [each.name for each in folder.parent.iterdir() if each.is_dir()] if folder.parent.is_dir() else []
    hint = nearest(folder.name, siblings) or "; make it, or mend config_uri (extract init writes a first config)"
    return fault_at(pipeline, "pipeline.config_uri", f"there is no folder {str(folder)!r}{hint}")
