"""Writes the reports of a run that has ended beside its plan, with whatever writers are installed. It changes no verdict."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extract_core.pipeline.parts import Parts
    from extract_core.registry.entry_points import Contribution
    from extract_core.runs.view.document import RunResults, RunState
    from extract_core.tracking.records import RunRecord

log: Final = logging.getLogger("extract_core")

REPORTS: Final = "extract_core.reports"
"""Entry-point group: a callable each, that takes the `RunResults` of a run and returns a text. Its name is the file's name."""
MOST_TABLES: Final = 20_000
"""Planned tables: the report of a larger run is made by `extract report`, not in a function with little memory."""


def publish(parts: Parts, run_id: str, writers: Sequence[Contribution] | None = None) -> list[str]:
    """Write each report of this run: those of `writers`, else the installed ones. Returns the URIs of what was written.

    Never raises: a report that fails is logged. Nothing is imported before.
    """
    written: list[str] = []
    try:
        record = parts.tracking.run(run_id)
        if record.plan_uri is None or record.summary is None or (record.planned or 0) > MOST_TABLES:
            return written
        if writers is None:
            from extract_core.registry.entry_points import contributions

            writers = contributions(REPORTS)
        if not writers:
            return written
        results = _results(parts, record)
    except Exception as error:  # noqa: BLE001 - the run has ended, with or without its report
        _warn(run_id, "no report was written", error)
        return written
    for writer in writers:
        try:
            write = cast("Callable[[RunResults], str]", writer.load())
            place = f"{record.plan_uri.rpartition('/')[0]}/{writer.name}"
            parts.objects.write(place, write(results).encode("utf-8", "backslashreplace"))
            written.append(place)
        except Exception as error:  # noqa: BLE001 - a plugin's code or the store: the others are still written
            _warn(run_id, f"the report of {writer.provider} was not written", error)
    return written


def _results(parts: Parts, record: RunRecord) -> RunResults:
    from extract_core.runs.view.build import run_results

    state = cast("RunState", str((record.summary or {}).get("state", "FAILED")))
    return run_results(parts.tracking, parts.objects, record, state, now=parts.now())


def _warn(run_id: str, text: str, error: Exception) -> None:
    from extract_core.wording import described

    log.warning("%s: %s", text, described(error), extra={"extract": {"run_id": run_id}})
