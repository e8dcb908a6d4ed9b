"""Read `<source>.yml`: from bytes to a SourceConfig, or to a ConfigError with all findings outside of the tables.

Findings inside a table come when that table is planned, so that the other tables can run (see `plan`).
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeVar, cast

from extract_core.config import keys
from extract_core.config.environment import MARK, Environment
from extract_core.config.json_schema import PATTERN_OF_NAMES
from extract_core.config.model import ExtractSection, RunPolicy, SourceConfig, SourceText
from extract_core.config.other_tools import of_another_tool
from extract_core.config.spots import path_text
from extract_core.config.values import BadValue, kind, mapping, names, text
from extract_core.config.yaml_text import parse_faulty
from extract_core.errors import ConfigError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from extract_core.config.model import Conflict, Invalid
    from extract_core.config.spots import Path
    from extract_core.contract import Json
    from extract_core.errors import Finding

T = TypeVar("T")

SOURCE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
DEFAULT_SOURCE_TYPE: Final = "jdbc"
_JOB_TYPE: Final = re.compile(r"[a-z][a-z0-9_]*")
_PATTERN: Final = re.compile(PATTERN_OF_NAMES)
_LISTED: Final = (
    "extract init --from-database URL writes a config with one line per table; to select some of them in a run, write the "
    "pattern in the event's tables, or on the command line"
)


def read_source_config(data: bytes, *, file: str) -> SourceConfig:
    """The config in `data`; `file` is its name in findings, and its stem is the source's name.

    Raises ConfigError with every finding that is not inside one table.
    """
    config, findings = read_faulty(data, file=file)
    if findings:
        raise ConfigError(findings)
    return config


def read_faulty(data: bytes, *, file: str) -> tuple[SourceConfig, list[Finding]]:
    """The config as far as it can be read, and every finding that is not inside one table.

    A wrong value is replaced by its default. Raises ConfigError if nothing can be read.
    """
    document, findings = parse_faulty(data, file=file)
    reader = _Reader(SourceText(data, file))
    if MARK not in data:
        return reader.config(document), findings + reader.findings
    environment = Environment(os.environ)
    config = reader.config(environment.put_in(document))
    unresolved = frozenset(map(path_text, environment.unresolved()))
    findings += [reader.source.finding(path, message, of_key=of_key) for path, message, of_key in environment.problems]
    findings += [finding for finding in reader.findings if finding.path not in unresolved]
    return replace(config, from_environment=environment.used, unresolved=unresolved), findings


class _Reader:
    """Reads on after a finding, and gathers them all."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.findings: list[Finding] = []

    def add(self, path: Path, message: str, *, of_key: bool = False) -> None:
        self.findings.append(self.source.finding(path, message, of_key=of_key))

    def section(self, path: Path, value: Json) -> Mapping[str, Json]:
        empty: dict[str, Json] = {}
        return self.read(path, mapping, value, empty)

    def read(self, path: Path, reader: Callable[[Json], T], value: Json, default: T) -> T:
        """What `reader` makes of the value; after a finding the default, so that the reading goes on."""
        try:
            return reader(value)
        except BadValue as error:
            for inside, message in error.problems:
                self.add((*path, *inside), message, of_key=bool(inside))
            return default

    def known(self, path: Path, section: Mapping[str, Json], known: Collection[str], place: str) -> None:
        for key in section:
            if key not in known:
                hint = keys.belongs(key, not_in=place) or did_you_mean(key, known)
                self.add((*path, key), "no such key here" + (hint or f"; known are: {', '.join(sorted(known))}"), of_key=True)

    def config(self, document: Json) -> SourceConfig:
        if document is None:
            self.add((), "is empty; a source config has at least: extract: {job_type: …, tables: {…}}")
            document = {}
        elif not isinstance(document, dict):
            self.add((), f"holds {kind(document)}; a source config is a mapping with the key extract")
            document = {}
        root = mapping(document)
        foreign = of_another_tool(root) if "extract" not in root else None
        if foreign:
            self.add((), foreign)
            root = {}
        self.known((), {key: value for key, value in root.items() if not key.startswith("x-")}, keys.ROOT, "the top level")
        if "extract" not in root and root:
            self.add((), "has no extract section; write extract: {job_type: …, tables: {…}}")
        return SourceConfig(
            text=self.source,
            source=self._source_name(root),
            source_type=self.read(("source_type",), text, root.get("source_type", DEFAULT_SOURCE_TYPE), ""),
            source_owners=tuple(self.read(("source_owners",), names, root.get("source_owners"), [])),
            extract=self._extract(self.section(("extract",), root["extract"])) if "extract" in root else ExtractSection(),
            run=self._run(self.section(("run",), root.get("run"))),
            ignored=tuple(key for key in keys.IGNORED if key in root),
        )

    def _source_name(self, root: Mapping[str, Json]) -> str:
        stem = PurePosixPath(self.source.file).stem
        if "source_name" in root and not stem.endswith((".yml", ".yaml")):
            written = self.read(("source_name",), text, root["source_name"], stem)
            if written != stem:
                remedy = f"write {stem!r}, or name the file {written}.yml"
                self.add(("source_name",), f"is {written!r}, but the file's name says {stem!r}; {remedy}")
        if stem.endswith((".yml", ".yaml")):
            self.add(
                (), f"the file's name has the ending .yml twice; name it {stem.removesuffix('.yaml').removesuffix('.yml')}.yml"
            )
        elif not SOURCE_NAME.fullmatch(stem):
            self.add(
                (), f"the source's name {stem!r} may hold letters, digits, _ . - and begin with a letter or digit; rename it"
            )
        return stem

    def _extract(self, section: Mapping[str, Json]) -> ExtractSection:
        path: Path = ("extract",)
        self.known(path, section, keys.EXTRACT, "extract")
        shared = {
            key: self.read((*path, key), reader, section[key], None)
            for key, reader in keys.SHARED.items()
            if key in section
        }  # fmt: skip
        database = {
            key: str(self.read((*path, key), reader, section[key], None))
            for key, reader in keys.DATABASE.items()
            if key in section
        }  # fmt: skip
        defaults = self.section((*path, "default_arguments"), section.get("default_arguments"))
        for key in defaults:
            if key in shared and key in keys.DEFAULTS:
                self.add((*path, "default_arguments", key), f"is also set as extract.{key}; keep one of them", of_key=True)
        watermark = defaults.get("watermark")
        if "lag" in shared and isinstance(watermark, dict) and "lag" in watermark:
            inside = (*path, "default_arguments", "watermark", "lag")
            self.add(inside, "is also set as extract.lag; keep one of them", of_key=True)
        return ExtractSection(
            shared=shared,
            database=database,
            default_arguments=defaults,
            job_types=self._job_types(self.section((*path, "job_types"), section.get("job_types"))),
            tables=self._tables(section),
        )

    def _job_types(self, section: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
        sections: dict[str, Mapping[str, Json]] = {}
        for name, value in section.items():
            path: Path = ("extract", "job_types", name)
            if not _JOB_TYPE.fullmatch(name):
                self.add(path, "is not a valid name of a job type; use lower-case letters, digits and _", of_key=True)
            sections[name] = self.section(path, value)
        return sections

    def _tables(self, section: Mapping[str, Json]) -> dict[str, Json]:
        path: Path = ("extract", "tables")
        if "tables" not in section:
            self.add(("extract",), "has no tables; write tables: {schema.table: {}, …}")
            return {}
        value = section["tables"]
        if isinstance(value, list):
            self.add(path, "is a list; write a mapping, one line per table: 'schema.table: {}'")
            return {}
        tables = self.section(path, value)
        if not tables and value in (None, {}):
            self.add(path, "has no tables; write one line per table: 'schema.table: {}'")
        for name in tables:
            if not name.strip() or name != name.strip():
                self.add((*path, name), "is not a valid table name: it is empty, or begins or ends with a blank", of_key=True)
            elif pattern := _PATTERN.search(name):
                why = f"is a pattern, because of {pattern[0][-1]!r}, and a config names each table"
                self.add((*path, name), f"{why}: {_LISTED}", of_key=True)
        return dict(tables)

    def _run(self, section: Mapping[str, Json]) -> RunPolicy:
        self.known(("run",), section, keys.RUN, "run")
        policy = RunPolicy()
        values = {
            key: self.read(("run", key), reader, section[key], getattr(policy, key)) if key in section else getattr(policy, key)
            for key, reader in keys.RUN_VALUES.items()
        }
        return RunPolicy(
            fail_when=values["fail_when"],
            on_conflict=cast("Conflict", values["on_conflict"]),
            on_invalid=cast("Invalid", values["on_invalid"]),
        )
