"""The plugin author's whole vocabulary: subclass JobType, return it from the hook extract_job_types.

The names are looked up when they are used, so that importing a part of the package (the command line, say) costs that part alone.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extract_core.contract import (
        API_VERSION,
        ArgumentsTooLong,
        Branch,
        FailureClass,
        JobState,
        JobStatus,
        JobType,
        Json,
        LambdaFunction,
        LocalCommand,
        LocalExit,
        Outcome,
        Retry,
        Statement,
        TableRun,
        Target,
        Watermark,
        hookimpl,
    )

__all__ = [
    "API_VERSION",
    "ArgumentsTooLong",
    "Branch",
    "FailureClass",
    "JobState",
    "JobStatus",
    "JobType",
    "Json",
    "LambdaFunction",
    "LocalCommand",
    "LocalExit",
    "Outcome",
    "Retry",
    "Statement",
    "TableRun",
    "Target",
    "Watermark",
    "hookimpl",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from extract_core import contract

    found: object = getattr(contract, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
