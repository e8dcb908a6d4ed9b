"""From the text of extract.toml to a Pipeline, with every finding and its place."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import ConfigError, Finding
from extract_core.pipeline.deploy import deploy_options, schedules
from extract_core.pipeline.keys import MACHINE, PIPELINE, SECTIONS
from extract_core.pipeline.map_modes import concurrency_fault, map_mode
from extract_core.pipeline.model import NO_ACCOUNT, MachineOptions, Pipeline
from extract_core.pipeline.notify import notify_options
from extract_core.pipeline.pools import POOL, pool_sizes, pools_of_job_types
from extract_core.pipeline.prices import price_list
from extract_core.pipeline.reach import HERE
from extract_core.pipeline.variables import too_long
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

_TRACKING: Final = r"(?:(?:dynamodb|sqlite|file)://|(?!.*://)).+"
_TRACKING_HINT: Final = "the path of a file, or dynamodb://table"
_PLACE: Final = re.compile(r"(?:(?:s3|file)://|(?!s3:|.*://)).+", re.DOTALL)
_WORDS: Final = (
    (r"Cannot declare \(([^)]*?),?\) twice", "the section [{}] is given twice; put its keys under one"),
    (r"Cannot overwrite a value", "a key is given twice; keep one of them"),
    (r"Cannot (?:mutate|redefine) .*\(([^)]*?),?\)", "[{}] is written in two ways; write all its keys in one place"),
    (r"integer string conversion", "a number has more than 4,300 digits; write a smaller one"),
    (r"recursion", "lists or tables are nested too deeply; write them flat"),
    (r"Invalid value", "the value is not valid; write text in quotes"),
)
"""What tomllib says, and plainer words for it."""


def toml_of(file: Path, text: str) -> dict[str, Any]:
    """The document. ConfigError with the place if it is not valid TOML."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: a number of 5,000 digits, 1,000 nested lists
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        message = "not valid TOML: " + re.sub(r" \(at .*\)$", "", str(error))
        for pattern, words in _WORDS:
            if match := re.search(pattern, str(error)):
                message = words.format(*(".".join(re.findall(r"'([^']*)'", part)) for part in match.groups()))
                break
        raise ConfigError([Finding(file.name, line, column, "", message)]) from None


_SECTIONS: Final = tuple(dict.fromkeys(section.partition(".")[0] for section in SECTIONS))
_REGION: Final = r"[a-z]{2,4}(-[a-z]+)?-(north|south|east|west|central|northeast|northwest|southeast|southwest)-\d"
"""A region that is newer than this list is taken: an area, perhaps a partition, a direction, a number."""
REGIONS: Final = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
    *("ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2"),
    *("eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "eusc-de-east-1", "il-central-1"),
    *("me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1"),
    *("us-west-1", "us-west-2"),
)
"""Source: botocore 1.44.5, data/partitions.json, without the isolated partitions."""
_KNOWN: Final = {"region": REGIONS, "partition": ("aws", "aws-cn", "aws-us-gov")}
"""For "did you mean"."""
_STATE_MACHINE: Final = r"|arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^\s:]{1,80}"
_STATE_MACHINE_HINT: Final = "the ARN of a state machine, arn:aws:states:eu-central-1:123456789012:stateMachine:extract"


def finding_at(pipeline: Pipeline, path: str, message: str) -> Finding:
    """A finding about one key of extract.toml (``job_types.glue.job_name``), with its place."""
    return places_in(pipeline)(path, message)


def places_in(pipeline: Pipeline) -> Callable[[str, str], Finding]:
    """As `finding_at`, for many findings in one file."""
    return Reading(pipeline.file, pipeline.file.read_text(encoding="utf-8")).finding


class Reading:
    """One reading of one file. It collects all findings."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.findings: list[Finding] = []

    def pipeline(self, document: dict[str, Any]) -> Pipeline:
        """The values of the document. A wrong value is a finding, and its default is used."""
        self._unknown("", document, _SECTIONS)
        pipeline = self._section(document, "pipeline")
        machine = self._section(document, "machine")
        self._unknown("pipeline", pipeline, PIPELINE)
        self._unknown("machine", machine, MACHINE)
        name = self._text(pipeline, "name", "extract", r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "letters, digits, - and _, at most 40")
        partition = self._text(pipeline, "partition", "aws", r"aws(-[a-z]+)*", "aws, aws-cn, aws-us-gov, …")
        region = self._text(pipeline, "region", "us-east-1", _REGION, "a region such as eu-central-1")
        account = self._text(pipeline, "account", NO_ACCOUNT, r"\d{12}", 'twelve digits in quotes, such as "123456789012"')
        places = {key: self._place(pipeline, key, default) for key, default in HERE.items() if key != "tracking"}
        tracking = self._text(
            pipeline, "tracking", HERE["tracking"], r"(?:(?:dynamodb|sqlite|file)://|(?!.*://)).+", _TRACKING_HINT
        )
        if "://" not in tracking:
            tracking = str((self.file.parent / tracking).resolve())
        if tracking.startswith("dynamodb://") and "?" not in tracking and "region" in pipeline:
            tracking = f"{tracking.rstrip('/')}?region={region}"
        state_machine = self._text(pipeline, "state_machine", "", _STATE_MACHINE, _STATE_MACHINE_HINT) or None
        options = self._machine(machine)
        sections = self._sections(document, "job_types")
        sizes = pool_sizes(self._section(document, "pools"), self.add)
        read = Pipeline(
            file=self.file,
            name=name,
            partition=partition,
            region=region,
            account=account,
            tracking=tracking,
            state_machine=state_machine,
            machine=options,
            job_types={name: {key: section[key] for key in section if key != POOL} for name, section in sections.items()},
            prices=price_list(self._section(document, "prices"), self.add),
            deploy=deploy_options(self._section(document, "deploy"), self.add),
            schedules=schedules(self._section(document, "schedules"), self.add),
            notify=notify_options(self._section(document, "notify"), self.add),
            plugins=self._plugins(document),
            pools=sizes,
            job_type_pools=pools_of_job_types(sections, sizes, self.add),
            **places,
        )
        if not read.is_local and (fault := too_long(read)) is not None:
            self.add(*fault)
        return read

    def _machine(self, section: dict[str, Any]) -> MachineOptions:
        default = MachineOptions()
        word = section.get("map", default.map.lower())
        mode = map_mode(word)
        if mode is None:
            hint = did_you_mean(str(word), ("distributed", "inline"))
            self.add("machine.map", f'{word!r} is not valid; write "distributed" or "inline"{hint}')
            mode = default.map
        most = section.get("max_concurrency", default.max_concurrency)
        fault = concurrency_fault(mode, most)
        if fault is not None:
            self.add("machine.max_concurrency", fault)
            most = default.max_concurrency
        retries = section.get("retries", True)
        if not isinstance(retries, bool):
            self.add("machine.retries", f"{retries!r} is not valid; write true or false")
        share = section.get("share", default.share)
        if not isinstance(share, bool):
            self.add("machine.share", f"{share!r} is not valid; write true or false")
        if share is True and "share" in section and retries is False:
            self.add("machine.share", "true needs retries: tables whose turn did not come go round again; write retries = true")
        return MachineOptions(
            map=mode,
            max_concurrency=most,
            retries=retries is True,
            share=share is True,
            share_tables=self._whole(section, "share_tables", default.share_tables, (2, 200)),
            share_minutes=self._whole(section, "share_minutes", default.share_minutes, (1, 240)),
        )

    def _whole(self, section: dict[str, Any], key: str, default: int, bounds: tuple[int, int]) -> int:
        """A whole number of [machine] within these bounds."""
        value = section.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and bounds[0] <= value <= bounds[1]:
            return value
        self.add(f"machine.{key}", f"{value!r} is not valid; write a whole number from {bounds[0]} to {bounds[1]}")
        return default

    def _section(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        section = document.get(name, {})
        if isinstance(section, dict):
            return section
        self.add(name, f"is {section!r}, but must be a section; write [{name}]")
        return {}

    def _sections(self, document: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
        """The sections below a section, by name: [job_types.<name>]."""
        inner = self._section(document, name)
        for key, value in inner.items():
            if not isinstance(value, dict):
                self.add(f"{name}.{key}", f"is {value!r}, but must be a section; write [{name}.{key}]")
        return {key: value for key, value in inner.items() if isinstance(value, dict)}

    def _plugins(self, document: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The sections [plugins.<name>]: they reach a function as JSON."""
        sections = self._sections(document, "plugins")
        for name, section in sections.items():
            try:
                json.dumps(section)
            except (TypeError, ValueError) as error:
                self.add(
                    f"plugins.{name}", f"can't be written as JSON ({error}); write texts, numbers, true, false, lists, tables"
                )
                sections = {**sections, name: {}}
        return sections

    def _text(self, section: dict[str, Any], key: str, default: str, pattern: str, wanted: str) -> str:
        value = section.get(key, default)
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        hint = did_you_mean(str(value), _KNOWN.get(key, ()))
        self.add(f"pipeline.{key}", f"{value!r} is not valid; write {wanted}{hint}")
        return default

    def _place(self, section: dict[str, Any], key: str, default: str) -> str:
        value = section.get(key, default)
        if not isinstance(value, str) or not _PLACE.fullmatch(value):
            self.add(f"pipeline.{key}", f"{value!r} is not a folder or an s3:// URI")
            value = default
        if "://" not in value:
            # a file name may hold blanks or %: as_uri() encodes them
            value = (self.file.parent / value).resolve().as_uri()
        return value if value.endswith("/") else value + "/"

    def _unknown(self, path: str, section: dict[str, Any], known: Collection[str]) -> None:
        for key in section:
            if key not in known:
                hint = did_you_mean(key, known) or f"; known are: {', '.join(sorted(known))}"
                self.add(f"{path}.{key}" if path else key, f"no such key here{hint}")

    def add(self, path: str, message: str) -> None:
        """Add a finding about the key at this path."""
        self.findings.append(self.finding(path, message))

    def finding(self, path: str, message: str) -> Finding:
        """A finding with its place. If the file does not have the key, it is the place of its section."""
        line, column = next((place for place in map(self._position, _upwards(path)) if place != (0, 0)), (0, 0))
        return Finding(self.file.name, line, column, path, message)

    def _position(self, path: str) -> tuple[int, int]:
        """Line and column of a key, or (0, 0). tomllib reports no positions, so this searches the lines."""
        table, _, key = path.rpartition(".")
        here = ""
        for number, line in enumerate(self.lines, start=1):
            if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
                here = re.sub(r"[\"'\s]", "", header[1])
                if here == path:
                    return number, line.index("[") + 1
            elif here == table and (match := re.match(rf"(\s*)[\"']?{re.escape(key)}[\"']?\s*=", line)):
                return number, len(match[1]) + 1
        return 0, 0


def _upwards(path: str) -> Iterator[str]:
    """The path, then the paths of the sections around it."""
    while path:
        yield path
        path = path.rpartition(".")[0]
