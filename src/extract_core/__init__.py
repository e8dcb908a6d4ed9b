"""The plugin author's whole vocabulary: subclass SyncJob, PolledJob or JobType, and return it from the hook extract_job_types.

The names are looked up when they are used, so that importing a part of the package (the command line, say) costs that part alone.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extract_core.contract import (
        API_VERSION,
        ArgumentsTooLong,
        AttemptReport,
        Branch,
        FailureClass,
        JobState,
        JobStatus,
        JobType,
        Json,
        LambdaFunction,
        LiveAttempt,
        LocalCommand,
        LocalExit,
        Outcome,
        PlannedRun,
        Resource,
        Retry,
        Stack,
        Statement,
        TableRun,
        Target,
        Watermark,
        hookimpl,
    )
    from extract_core.sync_job.base import SyncJob
    from extract_core.sync_job.polled import PolledJob

__all__ = [
    "API_VERSION",
    "ArgumentsTooLong",
    "AttemptReport",
    "Branch",
    "FailureClass",
    "JobState",
    "JobStatus",
    "JobType",
    "Json",
    "LambdaFunction",
    "LiveAttempt",
    "LocalCommand",
    "LocalExit",
    "Outcome",
    "PlannedRun",
    "PolledJob",
    "Resource",
    "Retry",
    "Stack",
    "Statement",
    "SyncJob",
    "TableRun",
    "Target",
    "Watermark",
    "hookimpl",
]


_BASES = {"SyncJob": "extract_core.sync_job.base", "PolledJob": "extract_core.sync_job.polled"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(_BASES.get(name, "extract_core.contract"))
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
