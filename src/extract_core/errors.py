"""The exceptions of extract. Each message says what failed, where, and what to do next.

ExtractError                     exit code 1
├── UsageError                   exit code 2: wrong use of a command or of an event
│   └── NothingLeft              exit code 0: a rerun of a run in which every table has succeeded
├── ConfigError                  exit code 2: findings in a source config or in extract.toml, all of them at once
├── PluginError                  a plugin that can't be used (strict mode), exit code 2
│   ├── JobTypeConflict          two plugins offer one job type
│   └── JobTypeNotInstalled      a job type that no working plugin offers
├── ObjectError                  a store of objects refused or can't be reached
│   ├── ObjectNotFound
│   └── ObjectUnavailable        throttled, cut off or unreachable: a retry may succeed (the machine retries this name)
└── TrackingError                the tracking store can't be used, exit code 2
    ├── TrackingUnavailable      throttled or unreachable: a retry may succeed (the machine retries this name), exit code 1
    ├── RunNotFound              there is no run with this id
    ├── RunNameTaken             another execution has used this run id
    ├── LeaseLost                this run no longer holds the table
    ├── PoolFull                 all slots of a pool are held (the machine retries this name), exit code 1
    ├── RunClosed                the run was closed while its tables were planned (never retried)
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
    """A command or an event that can't be carried out as it is written."""

    exit_code = 2


class NothingLeft(UsageError):  # noqa: N818 - not an error: all is done
    """A rerun, although every table of the run has succeeded in it or since then."""

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
    """All findings of a config at once; `str()` has one per line, at most `MOST_TOLD`."""

    exit_code = 2
    MOST_TOLD: ClassVar[int] = 200  # more would exceed the limits of Step Functions and DynamoDB

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: Sequence[Finding] = tuple(sorted(findings))
        lines = [str(fault) for fault in self.findings[: self.MOST_TOLD]]
        more = len(self.findings) - len(lines)
        super().__init__("\n".join([*lines, f"… and {more:,} more; run extract validate to see all of them"] if more else lines))


class PluginError(ExtractError):
    """A plugin that can't be used."""

    exit_code = 2


class JobTypeConflict(PluginError):  # noqa: N818 - the field's word, and read as one
    """Two or more plugins offer the same job type; the message names every provider."""


class JobTypeNotInstalled(PluginError):  # noqa: N818
    """No working plugin offers this job type; the message has the nearest one, or the reason why its plugin is broken."""


class ObjectError(ExtractError):
    """A store of objects (files, S3) refused a call, or can't be reached."""


class ObjectNotFound(ObjectError):  # noqa: N818
    """There is no object at this URI."""


class ObjectUnavailable(ObjectError):  # noqa: N818
    """Throttled, cut off or unreachable for now: the same call again may succeed."""


class TrackingError(ExtractError):
    """The tracking store can't be used: it is not a tracking store, or its place is wrong. Base of the errors below."""

    exit_code = 2


class TrackingUnavailable(TrackingError):  # noqa: N818
    """Throttled, locked or unreachable for now: the same call again may succeed."""

    exit_code = 1


class RunNotFound(TrackingError):  # noqa: N818
    """There is no run of this id in the tracking store."""


class RunNameTaken(TrackingError):  # noqa: N818
    """Another execution has used this run id: run ids are names of executions, which are unique."""


class LeaseLost(TrackingError):  # noqa: N818
    """The run, or the attempt, no longer holds the table: no job may be started for it."""


class PoolFull(TrackingError):  # noqa: N818
    """All slots of a pool are held: the same call again may succeed once one of them is free."""

    exit_code = 1


class RunClosed(TrackingError):  # noqa: N818
    """The run was closed while its tables were planned: its execution has ended, so nothing may be started for it."""


class TablesLocked(TrackingError):  # noqa: N818
    """Other runs hold tables of this run; the message says which run, and since when."""

    exit_code = 1


class TablesHeld(TrackingError):  # noqa: N818
    """Other runs hold tables and the policy is `on_conflict: fail`: the run is refused, and no lease was taken."""
