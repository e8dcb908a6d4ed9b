"""The config of a source as values: `<source>.yml`, read and checked as far as that needs no plugin."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from extract_core.config.spots import path_text
from extract_core.config.yaml_text import parse_spots
from extract_core.dataclass import dataclass
from extract_core.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.config.spots import Path, Spot
    from extract_core.contract import Json

Conflict: TypeAlias = Literal["fail", "skip", "wait"]
Invalid: TypeAlias = Literal["record", "fail"]


class SourceText:
    """The bytes of a config and the name of its file. The places of keys are worked out at the first finding."""

    def __init__(self, data: bytes, file: str) -> None:
        self.data, self.file = data, file

    @cached_property
    def spots(self) -> Spot:
        """The place of each key and value."""
        return parse_spots(self.data, file=self.file)

    def finding(self, path: Path, message: str, *, of_key: bool = False) -> Finding:
        """A finding about the value at `path`, or about its key. What is wrong with a whole table is reported at its name."""
        of_key = of_key or (len(path) == 3 and path[:2] == ("extract", "tables"))
        line, column = self.spots.place(path, of_key=of_key)
        return Finding(self.file, line, column, path_text(path), message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPolicy:
    """The `run` section. `fail_when` is ``any``, ``all`` or a percentage such as ``10%``."""

    fail_when: str = "any"
    on_conflict: Conflict = "fail"
    on_invalid: Invalid = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSection:
    """The `extract` section. `shared` holds its keys that are a table's too (`keys.SHARED`), read; `database` the db_ keys.

    `default_arguments`, `job_types` and `tables` are as written, since only the installed job types know all their keys.
    """

    shared: Mapping[str, object] = field(default_factory=dict)
    database: Mapping[str, str] = field(default_factory=dict)
    default_arguments: Mapping[str, Json] = field(default_factory=dict)
    job_types: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    tables: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """One source. `ignored` are the sections for other tools (transform, load).

    `from_environment` has the variable of each value that came from the environment. The values at `unresolved` could not be
    replaced, and are findings.
    """

    text: SourceText = field(compare=False)
    source: str
    source_type: str
    source_owners: tuple[str, ...] = ()
    extract: ExtractSection
    run: RunPolicy = field(default_factory=RunPolicy)
    ignored: tuple[str, ...] = ()
    from_environment: Mapping[Path, str] = field(default_factory=dict)
    unresolved: frozenset[str] = frozenset()  # paths, as findings have them

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables, in the order of the file."""
        return tuple(self.extract.tables)
