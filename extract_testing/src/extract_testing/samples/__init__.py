"""What services say of jobs, in the shapes that Step Functions hands over: for parsers that must not take one for another.

``failures.json`` and ``successes.json`` hold made-up payloads in the shapes of the developer guide's "connect-…" pages and of
the services' API references; a Cause that is an object here is a JSON text on its way.
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
    """One thing that a service said: `service` is the call, ``glue:startJobRun``."""

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
    """Results of jobs and calls that ended well."""
    return tuple(Sample(str(row["service"]), Outcome.succeeded(row["result"])) for row in _rows("successes.json"))


def _rows(name: str) -> list[dict[str, Json]]:
    rows: list[dict[str, Json]] = json.loads((files(__name__) / name).read_text(encoding="utf-8"))
    return rows
