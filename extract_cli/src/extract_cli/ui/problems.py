"""Errors as pages: what happened, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

from extract_core.errors import (
    ConfigError,
    ExtractError,
    ObjectUnavailable,
    PluginError,
    RunNotFound,
    TrackingError,
    TrackingUnavailable,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import Response

    from extract_core.errors import Finding

_AGAIN: Final = (
    "Reload the page in a few seconds. If it goes on, `extract doctor` shows what this machine can reach, and with whose "
    "credentials."
)
_WORDS: Final[Sequence[tuple[type[ExtractError], int, str, str]]] = (
    (
        RunNotFound,
        404,
        "This run is not recorded",
        "It was removed, its name has a mistake, or it is in another tracking store. Choose a run from the list of runs.",
    ),
    (
        TrackingUnavailable,
        503,
        "The tracking store does not answer now",
        _AGAIN,
    ),
    (
        TrackingError,
        500,
        "The tracking store cannot be read",
        "Do what the message says. `extract doctor` checks the store that `extract.toml` names.",
    ),
    (
        ObjectUnavailable,
        503,
        "A file or bucket does not answer now",
        _AGAIN,
    ),
    (ConfigError, 500, "A config has faults", "Correct each line below. `extract validate` lists them too."),
    (PluginError, 500, "A plugin cannot be used", "The page Plugins shows what is broken and why."),
    (UsageError, 400, "This cannot be shown", "Do what the message says, or go back to the list of runs."),
    (ExtractError, 500, "This cannot be shown now", "Do what the message says. `extract doctor` shows what is missing."),
)


def problem_page(status: int, title: str, what: str, remedy: str, findings: Sequence[Finding] = ()) -> Response:
    """A page that says what happened and what to do. Text between backquotes is code."""
    from extract_cli.ui.templates import rendered

    text = rendered("ui/problem", title=title, what=what, remedy=remedy, findings=findings[:200])
    return HTMLResponse(text, status, headers={"Retry-After": "5"} if status == 503 else None)


def of_extract(_: Request, error: Exception) -> Response:
    """The page of an error that extract raises on purpose."""
    status, title, remedy = next((words[1:] for words in _WORDS if isinstance(error, words[0])), (500, "Error", ""))
    findings = error.findings if isinstance(error, ConfigError) else ()
    return problem_page(status, title, "" if findings else str(error), remedy, findings)


def of_http(_: Request, error: HTTPException) -> Response:
    """The page of an address that this app does not have."""
    return problem_page(error.status_code, "There is no such page", "The address has a mistake.", "Go to the list of runs.")


def of_fault(_: Request, error: Exception) -> Response:
    """The page of a fault of ours. The traceback goes to the terminal of `extract ui`."""
    what = f"{type(error).__name__}: {error}"[:2_000]
    return problem_page(
        500,
        "The app has a fault",
        what,
        "The terminal of `extract ui` shows where. Please report it. The command `extract` still works.",
    )
