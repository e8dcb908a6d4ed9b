"""The exceptions of extract. Each message says what failed, where, and what to do next.

ExtractError                     exit code 1
├── UsageError                   exit code 2: wrong use of a command or of an event
│   └── NothingLeft              exit code 0: a rerun of a run of which nothing is left to run again
├── ConfigError                  exit code 2: findings in a source config or in extract.toml, all of them at once
├── PluginError                  a plugin that can't be used (strict mode), exit code 2
│   ├── JobTypeConflict          two plugins offer one job type
│   └── JobTypeNotInstalled      a job type that no working plugin offers
├── ObjectError                  a store of objects refused or can't be reached
│   └── ObjectNotFound
└── TrackingError                the tracking store can't be used, exit code 2
    ├── TrackingUnavailable      throttled or unreachable: worth another try (the machine retries this name), exit code 1
    ├── RunNotFound              no such run
    ├── RunNameTaken             another execution has used this run id
    ├── TablesLocked             another run holds a table (the machine retries this name under `on_conflict: wait`), exit code 1
    └── TablesHeld               another run holds a table and `on_conflict: fail` refuses the whole run (never retried)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ExtractError(Exception):
    """Base of all errors that extract raises on purpose. Shown without a traceback."""

    exit_code: ClassVar[int] = 1


class UsageError(ExtractError):
    """A command or an event that asks for what can't be."""

    exit_code = 2


class NothingLeft(UsageError):  # noqa: N818 - what it finds is good
    """A rerun of a run of which each table has succeeded, in it or since."""

    exit_code = 0


class Finding(NamedTuple):
    """A fault found in a file: `line` and `column` count from 1 (0: the file as a whole); `path` is the config path.

    A named tuple: every command imports it, and a frozen dataclass takes ten times as long to define.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class ConfigError(ExtractError):
    """All the findings of a config, in one go; `str()` gives one a line, up to `MOST_TOLD` of them."""

    exit_code = 2
    MOST_TOLD: ClassVar[int] = 200  # a typo in 10,000 tables would be over what Step Functions and DynamoDB carry

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: Sequence[Finding] = tuple(sorted(findings))
        told = [str(fault) for fault in self.findings[: self.MOST_TOLD]]
        more = len(self.findings) - len(told)
        super().__init__("\n".join([*told, f"… and {more:,} more: extract validate tells them all"] if more else told))


class PluginError(ExtractError):
    """A plugin that can't be used."""

    exit_code = 2


class JobTypeConflict(PluginError):  # noqa: N818 - the field's word, and read as one
    """Two or more plugins offer the same job type; the message names every provider."""


class JobTypeNotInstalled(PluginError):  # noqa: N818
    """No working plugin offers this job type; the message says the nearest one, or why its plugin is broken."""


class ObjectError(ExtractError):
    """A store of objects (files, S3) refused, or can't be reached."""


class ObjectNotFound(ObjectError):  # noqa: N818
    """There is no object at this URI."""


class TrackingError(ExtractError):
    """The tracking store; this class itself: it can't be used (it is not a tracking store, or its place is wrong)."""

    exit_code = 2


class TrackingUnavailable(TrackingError):  # noqa: N818
    """Throttled, locked or unreachable for now: the same call again may succeed."""

    exit_code = 1


class RunNotFound(TrackingError):  # noqa: N818
    """There is no run of this id in the tracking store."""


class RunNameTaken(TrackingError):  # noqa: N818
    """The run id was used by another execution before: run ids are execution names, and each is used once."""


class TablesLocked(TrackingError):  # noqa: N818
    """Other runs hold tables that this run asks for; the message says which run, since when."""

    exit_code = 1


class TablesHeld(TrackingError):  # noqa: N818
    """Other runs hold tables and the policy is `on_conflict: fail`: the run is refused, nothing was taken."""
