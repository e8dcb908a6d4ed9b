"""Larger workers for another attempt after a lack of memory.

Memory and disk of the worker types: Glue guide, "Worker types". Each step doubles the memory of a worker or adds half to it; the
bill grows as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_glue.settings import GlueSettings, WorkerType

NEXT: Final[dict[WorkerType, WorkerType]] = {
    "Standard": "G.1X",  # the same memory for one executor instead of two
    "G.025X": "G.1X",
    "G.1X": "G.2X",
    "G.2X": "G.4X",
    "G.4X": "G.8X",
    "G.8X": "G.12X",
    "G.12X": "G.16X",
    "R.1X": "R.2X",
    "R.2X": "R.4X",
    "R.4X": "R.8X",
}
_FLEX_TAKES: Final = ("G.025X", "G.1X", "G.2X")


_DPUS: Final = {"Standard": 1.0, "G.025X": 0.25, "Z.2X": 2.0}
"""DPUs of a worker; a name like ``G.4X`` or ``R.4X`` contains the number (Glue guide, "Worker types"; R counts M-DPUs)."""


def dpus(worker_type: str) -> float:
    """DPUs of one worker of this type."""
    known = _DPUS.get(worker_type)
    return known if known is not None else float(worker_type.partition(".")[2].rstrip("X") or 1)


def bigger(settings: GlueSettings) -> GlueSettings:
    """The next size of worker; from the biggest one, twice as many workers.

    Beyond G.2X the run leaves spare capacity (FLEX), which is there for small workers.
    """
    following = NEXT.get(settings.worker_type)
    if following is None:
        return settings.model_copy(update={"worker_no": settings.worker_no * 2})
    execution_class = settings.execution_class if following in _FLEX_TAKES else "STANDARD"
    return settings.model_copy(update={"worker_type": following, "execution_class": execution_class})
