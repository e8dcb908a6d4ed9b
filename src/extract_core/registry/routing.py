"""The names of the core's states and of their payload's keys, and the rules of *Choose Job Type*. For generator and handlers.

The state names are fixed: people know them from their existing pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

CONFIG_MANAGER: Final = "Extract Config Manager"
ITERATE: Final = "Iterate Through Extract Tables"
CHOOSE: Final = "Choose Job Type"
TAKE_SLOT: Final = "Take A Slot"
HANDLE_STATUS: Final = "Handle Extract Job Run Status"
NOT_RECORDED: Final = "Extract Status Not Recorded"
FINISHED: Final = "Extract Finished?"
WAIT: Final = "Wait Before Next Attempt"
RECORDED: Final = "Extract Status Recorded"
SUMMARISE: Final = "Summarise Extract Run"
DID_SUCCEED: Final = "Did The Extract Succeed?"
SUCCEEDED: Final = "Extract Succeeded"
FAILED: Final = "Extract Failed"

CORE_STATES: Final = frozenset(
    {CONFIG_MANAGER, ITERATE, CHOOSE, TAKE_SLOT, HANDLE_STATUS, NOT_RECORDED, FINISHED, WAIT, RECORDED, SUMMARISE, DID_SUCCEED,
     SUCCEEDED, FAILED}
)  # fmt: skip
"""Names that no branch may use: state names are unique over the whole machine."""

ITEMS: Final = "tables_to_extract"
"""Key of the items in the config manager's answer to an INLINE machine."""
ITEMS_FILE: Final = "items"
"""Key of the place of the items (`bucket`, `key`) in its answer to a DISTRIBUTED machine."""
RESULTS: Final = "results"
"""Key of the place below which a DISTRIBUTED Map writes the outputs of its children (`bucket`, `key`)."""

POOL: Final = "pool"
"""Key of the pool in the item of a table that has one."""
SLOT: Final = "slot"
"""Key of the slot that *Take A Slot* has taken for the attempt."""
SLOT_ERROR: Final = "slot_error"
"""Key of the error with which *Take A Slot* has given up. No job was started then."""

GROUP: Final = "group"
"""Key of the tables that share a job, in the item of a group: that of the first one, with the arguments of all."""
THEN: Final = "then"
"""Key of the tables that the iteration of a group runs after the present job."""

STARTED: Final = "started"
"""Key of the answer to the start of a job that is polled. A state of the branch leaves it there."""
LATER_ERROR: Final = "later_error"
"""Key of an error that came when the job may have started: no second job is started after it."""
STOPPED: Final = "stopped"
"""Key of the answer to the call that stopped the job of a `PolledJob`."""
STOP_ERROR: Final = "stop_error"
"""Key of the error of that call: the job may still run."""

MAX_STATE_NAME: Final = 80
"""Characters of a state name (botocore: TestStateStateName)."""


def start_state(title: str) -> str:
    """The usual name of a job type's first state: ``Glue Start Extract Job Run``."""
    return f"{title} Start Extract Job Run"


def choices(starts: Mapping[str, str], *, pools: bool = False) -> list[dict[str, Json]]:
    """The rules of *Choose Job Type*, in their order; `starts` maps a job type to its first state.

    With `pools`, a table of a pool first goes to *Take A Slot*, and comes back with its slot.

    A table that can't be planned has a ``plan_error`` and goes directly to the status handler. The rule for a missing
    ``$.job_type`` comes before any comparison, since a Choice that reads a missing path fails the whole execution
    (States.Runtime can't be caught).
    """
    rules: list[dict[str, Json]] = [
        {"Variable": "$.plan_error", "IsPresent": True, "Next": HANDLE_STATUS},
        {"Not": {"Variable": "$.job_type", "IsPresent": True}, "Next": HANDLE_STATUS},
    ]
    if pools:
        without_slot: Json = {"Not": {"Variable": f"$.{SLOT}", "IsPresent": True}}
        rules.append({"And": [{"Variable": f"$.{POOL}", "IsPresent": True}, without_slot], "Next": TAKE_SLOT})
    rules += [{"Variable": "$.job_type", "StringEquals": name, "Next": starts[name]} for name in sorted(starts)]
    return rules
