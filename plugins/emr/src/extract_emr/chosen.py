"""Where a table's job runs: what it names, or the deployment's own; never a place outside of the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def chosen(place: str, allowed: Sequence[str], *, what: str, keys: str, job_type: str) -> str:
    """The place, if it is allowed; ValueError otherwise. `what` it is in words; `keys`: the deployment's list of further ones."""
    if place in allowed:
        return place
    raise ValueError(
        f"the {what} {place!r} is not in the deployment, which allows {', '.join(map(repr, allowed))}: name one of these, or add "
        f"it to {keys} under [job_types.{job_type}] of extract.toml and build anew"
    )
