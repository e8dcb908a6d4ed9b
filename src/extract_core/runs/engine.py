"""Where executions run: the contract between the commands and an engine (entry-point group ``extract_core.engines``).

The commands start, watch and stop a run through it, on this machine or with Step Functions. History events have
the shape of GetExecutionHistory everywhere, so progress is read from them in one way. One type is an engine's own:
``MapRunCounted``, with the `itemCounts` of DescribeMapRun as ``mapRunCountedEventDetails``: a DISTRIBUTED Map may have too many
children to read all their events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, cast

from extract_core.dataclass import dataclass
from extract_core.errors import PluginError
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.pipeline.parts import Parts

ENGINES: Final = "extract_core.engines"
"""Entry-point group: a callable each, that takes a `Pipeline` and gives an `Engine`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionEnd:
    """How an execution ended. `status` is SUCCEEDED, FAILED, TIMED_OUT or ABORTED; `error` and `cause` as AWS has them."""

    status: str
    output: Json = None
    error: str | None = None
    cause: str | None = None
    notes: tuple[str, ...] = ()  # what a person should know beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Failures that a run on this machine goes through, so that a team sees how its pipeline behaves before it is on AWS.

    `inject` holds ``KIND:TABLE[:N]``; waits pass `fast` times as fast (None: the engine's default).
    """

    inject: Sequence[str] = ()
    fast: float | None = None


class RunningExecution(Protocol):
    """An execution that this process started."""

    run_id: str
    execution_id: str
    outlives: bool  # whether it goes on after this process ends

    def events(self) -> Iterator[Mapping[str, Json]]:
        """Each history event as it happens; ends when the execution has ended."""

    def stop(self, cause: str) -> None:
        """End it from outside: its jobs are stopped, its open tables are recorded as STOPPED by `end`. Returns at once."""

    def end(self) -> ExecutionEnd:
        """Wait for the end, and record in tracking what the machine could not."""


class Engine(Protocol):
    """One place where executions run, for one pipeline."""

    options: tuple[str, ...]  # the options of a command that choose this engine

    def parts(self) -> Parts:
        """The stores of this engine's runs."""

    def start(self, event: Mapping[str, Json], *, run_id: str, rehearsal: Rehearsal | None = None) -> RunningExecution:
        """Start an execution of the pipeline's machine. RunNameTaken where the run id was used before.

        UsageError for a rehearsal that can't be: an engine of real services has none.
        """

    def is_running(self, execution_id: str) -> bool:
        """Whether this execution is alive."""

    def reconcile(self, run_id: str) -> None:
        """Clean up after an execution that died. Does nothing for one that runs or has ended."""

    def pace(self, run_id: str, at_once: int) -> None:
        """Set how many tables of a run are at work at once, while it runs. No job is stopped.

        UsageError if the run's map is INLINE, or has not begun, or has ended.
        """

    def watch(self, run_id: str) -> Iterator[Mapping[str, Json]]:
        """Each history event of a run: those so far, then each as it happens, until the run has ended."""

    def history(self, run_id: str) -> Iterator[Mapping[str, Json]]:
        """The events of a run so far, without waiting for more."""

    def job_log(self, run_id: str, table: str, attempt: int) -> str | None:
        """What the job of this attempt wrote, where this engine has it; None: it is where the attempt's `log_url` says."""

    def places(self, run_id: str) -> Mapping[str, Path | str]:
        """Where things of this run lie, by name: state machine, history, job logs."""


def load_engine(name: str, pipeline: Pipeline) -> Engine:
    """The engine of this name. PluginError if no distribution, or more than one, provides it, or if it can't be loaded."""
    from extract_core.registry.entry_points import contributions

    offered = [entry for entry in contributions(ENGINES) if entry.name == name]
    if not offered:
        raise PluginError(f"there is no engine {name!r} here; {how_to_install(f'extract-sfn-{name}')}")
    if len(offered) > 1:
        raise PluginError(
            f"the engine {name!r} comes from {' and '.join(str(entry.provider) for entry in offered)}: uninstall one"
        )
    try:
        make = cast("Callable[[Pipeline], Engine]", offered[0].load())
    except Exception as error:
        raise PluginError(
            f"the engine {name!r} of {offered[0].provider} can't be loaded: {type(error).__name__}: {error}"
        ) from error
    return make(pipeline)
