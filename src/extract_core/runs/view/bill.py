"""What the attempts of a run used, by job type, and its price where a price list is known."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from extract_core.runs.view.document import Bill

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.runs.view.document import Costs, Prices
    from extract_core.tracking.records import AttemptRow

NO_JOB_TYPE = "unknown"
"""Key of the bill of attempts without a job type."""


def price_of(job_type: str | None, units: Costs, prices: Mapping[str, Prices]) -> float | None:
    """The price of these units in US dollars. None if no price of them is known."""
    listed = prices.get(job_type or NO_JOB_TYPE)
    known = [amount * listed.usd[unit] for unit, amount in units.items() if unit in listed.usd] if listed else []
    return round(sum(known), 6) if known else None


def bill(rows: Iterable[AttemptRow], prices: Mapping[str, Prices]) -> Bill:
    """The bill of these attempts."""
    by_type: dict[str, Counter[str]] = {}
    for row in rows:
        if row.cost_basis:
            by_type.setdefault(row.job_type or NO_JOB_TYPE, Counter()).update(row.cost_basis)
    units: Counter[str] = Counter()
    for used in by_type.values():
        units.update(used)
    usd = {name: price for name in sorted(by_type) if (price := price_of(name, by_type[name], prices)) is not None}
    unpriced = [
        f"{name}: {unit}"
        for name in sorted(by_type)
        for unit in sorted(by_type[name])
        if name not in prices or unit not in prices[name].usd
    ]
    return Bill(
        units=_sorted(units),
        by_job_type={name: _sorted(by_type[name]) for name in sorted(by_type)},
        usd=round(sum(usd.values()), 6) if usd else None,
        usd_by_job_type=usd,
        unpriced=unpriced,
        prices={name: prices[name] for name in usd},
    )


def _sorted(units: Mapping[str, float]) -> dict[str, float]:
    return {unit: round(units[unit], 9) for unit in sorted(units)}
