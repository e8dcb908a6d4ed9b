"""Sample answers of services about jobs, in the shapes that Step Functions passes on. A parser must not confuse them.

``failures.json`` and ``successes.json`` hold invented payloads in the shapes of the developer guide's "connect-…" pages and of
the services' API references. A Cause that is an object here is sent as JSON text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from extract_core.contract import Outcome

if TYPE_CHECKING:
    from extract_core.contract import Json


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer of a service. `service` is the call: ``glue:startJobRun``."""

    service: str
    outcome: Outcome


@cache
def failures() -> tuple[Sample, ...]:
    """Caught errors: of jobs, of API calls, of Step Functions itself."""
    samples = []
    for row in _rows("failures.json"):
        cause = row["cause"]
        text = cause if isinstance(cause, str | None) else json.dumps(cause, separators=(",", ":"))
        samples.append(Sample(str(row["service"]), Outcome.failed(str(row["error"]), text)))
    return tuple(samples)


@cache
def successes() -> tuple[Sample, ...]:
    """Results of jobs and calls that succeeded."""
    return tuple(Sample(str(row["service"]), Outcome.succeeded(row["result"])) for row in _rows("successes.json"))


def _rows(name: str) -> list[dict[str, Json]]:
    rows: list[dict[str, Json]] = json.loads((files(__name__) / name).read_text(encoding="utf-8"))
    return rows
