"""extract.toml: what belongs to the pipeline and not to a source. Names, places, the machine, each job type's deployment."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import ConfigError, Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

FILE_NAME: Final = "extract.toml"
_MAX_INLINE = 40  # concurrent iterations of an inline Map (Step Functions guide, "Map state processing modes")


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
        f"there is no {FILE_NAME} in {str(start)!r} or above it; name one with --pipeline PATH, or see a whole one: extract demo"
    )


def read_pipeline(path: Path | None = None) -> Pipeline:
    """Read and check extract.toml. ConfigError holds all its faults; UsageError where the file can't be read."""
    file = (path or find_pipeline()).resolve()
    if file.is_dir():
        file /= FILE_NAME
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"there is no file {str(file)!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{str(file)!r} can't be read: {error}") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        message = re.sub(r" \(at .*\)$", "", str(error))
        raise ConfigError([Fault(file.name, line, column, "", f"not valid TOML: {message}")]) from None
    return _Reading(file, text).pipeline(document)


_SECTIONS: Final = ("pipeline", "machine", "job_types")
_STATE_MACHINE: Final = r"|arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^\s:]{1,80}"
_STATE_MACHINE_HINT: Final = "the ARN of a state machine, arn:aws:states:eu-central-1:123456789012:stateMachine:extract"
_PLACES: Final = {"config_uri": "config/", "data_uri": ".extract/data/", "runs_uri": ".extract/runs/"}


class _Reading:
    """One reading of one file: collects all faults before it raises."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.faults: list[Fault] = []

    def pipeline(self, document: dict[str, Any]) -> Pipeline:
        self._unknown("", document, _SECTIONS)
        pipeline = self._section(document, "pipeline")
        machine = self._section(document, "machine")
        named = ("name", "partition", "region", "account", "tracking", "state_machine", *_PLACES)
        self._unknown("pipeline", pipeline, named)
        self._unknown("machine", machine, ("map", "max_concurrency", "retries"))
        name = self._text(pipeline, "name", "extract", r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "letters, digits, - and _, at most 40")
        partition = self._text(pipeline, "partition", "aws", r"aws(-[a-z]+)*", "aws, aws-cn, aws-us-gov, …")
        region = self._text(pipeline, "region", "us-east-1", r"[a-z]{2}(-[a-z]+)+-\d", "a region such as eu-central-1")
        account = self._text(pipeline, "account", "000000000000", r"\d{12}", 'twelve digits in quotes, such as "123456789012"')
        places = {key: self._place(pipeline, key, default) for key, default in _PLACES.items()}
        tracking = self._text(pipeline, "tracking", ".extract/tracking.db", r".+", "a path or dynamodb://table")
        if "://" not in tracking:
            tracking = str((self.file.parent / tracking).resolve())
        state_machine = self._text(pipeline, "state_machine", "", _STATE_MACHINE, _STATE_MACHINE_HINT) or None
        options = self._machine(machine)
        job_types = self._section(document, "job_types")
        for job_type, deployment in job_types.items():
            if not isinstance(deployment, dict):
                self.complain(f"job_types.{job_type}", f"is a section, not {deployment!r}; write [job_types.{job_type}]")
        if self.faults:
            raise ConfigError(self.faults)
        return Pipeline(
            file=self.file,
            name=name,
            partition=partition,
            region=region,
            account=account,
            tracking=tracking,
            state_machine=state_machine,
            machine=options,
            job_types=job_types,
            **places,
        )

    def _machine(self, section: dict[str, Any]) -> MachineOptions:
        kind = section.get("map", "inline")
        if kind != "inline":
            self.complain("machine.map", f'{kind!r} is not one of: "inline"')
        most = section.get("max_concurrency", 10)
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= _MAX_INLINE:
            self.complain(
                "machine.max_concurrency", f"{most!r} is not a number from 1 to {_MAX_INLINE} (the limit of an inline Map)"
            )
        retries = section.get("retries", True)
        if not isinstance(retries, bool):
            self.complain("machine.retries", f"{retries!r} is neither true nor false")
        return MachineOptions(map="inline", max_concurrency=most if isinstance(most, int) else 1, retries=retries is True)

    def _section(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        section = document.get(name, {})
        if isinstance(section, dict):
            return section
        self.complain(name, f"is a section, not {section!r}; write [{name}]")
        return {}

    def _text(self, section: dict[str, Any], key: str, default: str, pattern: str, wanted: str) -> str:
        value = section.get(key, default)
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        self.complain(f"pipeline.{key}", f"{value!r} is not valid; wanted: {wanted}")
        return default

    def _place(self, section: dict[str, Any], key: str, default: str) -> str:
        value = section.get(key, default)
        if not isinstance(value, str) or not value:
            self.complain(f"pipeline.{key}", f"{value!r} is not a folder or an s3:// URI")
            return default
        if "://" not in value:
            # a file name may hold blanks or %: as_uri() encodes them
            value = (self.file.parent / value).resolve().as_uri()
        return value if value.endswith("/") else value + "/"

    def _unknown(self, path: str, section: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in section:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
                self.complain(f"{path}.{key}" if path else key, f"unknown key; {hint}")

    def complain(self, path: str, message: str) -> None:
        """Note one fault of the key at this path."""
        line, column = self._position(path)
        self.faults.append(Fault(self.file.name, line, column, path, message))

    def _position(self, path: str) -> tuple[int, int]:
        """Where a key stands. tomllib gives no positions, so the line is looked for; (0, 0) if it isn't found."""
        table, _, key = path.rpartition(".")
        here = ""
        for number, line in enumerate(self.lines, start=1):
            if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
                here = header[1]
                if here == path:
                    return number, line.index("[") + 1
            elif here == table and (found := re.match(rf"(\s*)[\"']?{re.escape(key)}[\"']?\s*=", line)):
                return number, len(found[1]) + 1
        return 0, 0


def fault_at(pipeline: Pipeline, path: str, message: str) -> Fault:
    """A complaint about one key of extract.toml (``job_types.glue.job_name``), with its place."""
    reading = _Reading(pipeline.file, pipeline.file.read_text(encoding="utf-8"))
    reading.complain(path, message)
    return reading.faults[0]
