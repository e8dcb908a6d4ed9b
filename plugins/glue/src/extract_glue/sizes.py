"""Bigger workers for a further attempt after a lack of memory.

Memory and disk of the worker types: Glue guide, "Worker types". Each step doubles the memory of a worker or adds half to it; the
bill grows as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core import FailureClass

if TYPE_CHECKING:
    from extract_core import JobStatus
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


def bigger(settings: GlueSettings, status: JobStatus) -> GlueSettings | None:
    """The next size of worker; at the biggest one, twice as many. None for another failure than OUT_OF_MEMORY.

    Beyond G.2X the run leaves spare capacity (FLEX), which is there for small workers.
    """
    if status.failure is not FailureClass.OUT_OF_MEMORY:
        return None
    following = NEXT.get(settings.worker_type)
    if following is None:
        return settings.model_copy(update={"worker_no": settings.worker_no * 2})
    execution_class = settings.execution_class if following in _FLEX_TAKES else "STANDARD"
    return settings.model_copy(update={"worker_type": following, "execution_class": execution_class})
