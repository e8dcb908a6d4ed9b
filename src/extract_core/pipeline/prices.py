"""The section [prices] of extract.toml: what the units of a bill cost, by job type, and the date of the list."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from extract_core.pipeline.model import PriceList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def price_list(section: Mapping[str, Any], complain: Callable[[str, str], None]) -> PriceList | None:
    """The prices of the section, None if it is empty. `complain` gets the path and the message of each fault."""
    if not section:
        return None
    as_of = _date(section.get("as_of"))
    if as_of is None:
        complain("prices.as_of", 'the date of the price list is missing or not valid; write as_of = "2026-11-30"')
    usd: dict[str, dict[str, float]] = {}
    for job_type, units in section.items():
        if job_type == "as_of":
            continue
        if not isinstance(units, dict):
            complain(f"prices.{job_type}", f"is {units!r}, but must be a section; write [prices.{job_type}]")
            continue
        for unit, price in units.items():
            is_number = isinstance(price, int | float) and not isinstance(price, bool)
            if not is_number or not math.isfinite(price) or price < 0:
                complain(f"prices.{job_type}.{unit}", f"{price!r} is not a valid price; write US dollars per unit, such as 0.04")
            else:
                usd.setdefault(job_type, {})[unit] = float(price)
    return PriceList(as_of=as_of or "", usd=usd)


def _date(value: object) -> str | None:
    """A date of TOML or ISO 8601 text, as text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None
