"""The core states of every machine, around the branches of the job types. Their names come from extract_core.registry.routing.

Facts from the Step Functions guide and the Amazon States Language specification: no Catch handles a missing path, so every path
that these states read always exists. States.ALL does not match States.DataLimitExceeded, so both are caught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.branches.start_retries import retrier
from asl_generator.machine.iterate import iterate
from extract_core.plan.slot_wait import SLOT_RETRIES
from extract_core.registry import routing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.map_modes import MapMode

CONFIG_MANAGER_FUNCTION: Final = "config-manager"
STATUS_FUNCTION: Final = "job-run-status"
SUMMARY_FUNCTION: Final = "run-summary"
CORE_FUNCTIONS: Final = {
    CONFIG_MANAGER_FUNCTION: "extract_core.lambdas.config_manager.handler",
    STATUS_FUNCTION: "extract_core.lambdas.job_run_status.handler",
    SUMMARY_FUNCTION: "extract_core.lambdas.run_summary.handler",
}
"""The core's Lambda functions (each named ``<pipeline>-<this>``) and their handlers."""

TAKE_SLOT_FUNCTION: Final = "take-slot"
POOL_FUNCTIONS: Final = {TAKE_SLOT_FUNCTION: "extract_core.lambdas.take_slot.handler"}
"""The core's function that only a machine with pools has."""

RECONCILE_FUNCTION: Final = "reconcile"
"""The core's function that EventBridge invokes when an execution has ended. The machine does not invoke it."""

HANDLERS: Final = {**CORE_FUNCTIONS, **POOL_FUNCTIONS, RECONCILE_FUNCTION: "extract_core.lambdas.reconcile.handler"}
"""The handlers of all functions that the core may have."""

LAMBDA_SECONDS: Final = 900
"""The time limit of a Lambda function, 15 minutes (Lambda quotas)."""

_TRANSIENT: Final[dict[str, Json]] = {
    "ErrorEquals": [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "TrackingUnavailable",
        "ObjectUnavailable",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2.0,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
"""Lambda's transient errors (Step Functions guide, "Handle transient Lambda service exceptions") and our own."""

_DIED: Final[dict[str, Json]] = {
    "ErrorEquals": ["Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError", "States.Timeout"],
    "IntervalSeconds": 10,
    "MaxAttempts": 2,
    "BackoffRate": 2.0,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
"""A function that died: out of time, out of memory, or by a signal. The same call again changes nothing that is done already.

Lambda.Unknown is the name of unhandled errors, of timeouts and lacks of memory among them (Step Functions guide, "Handle Lambda
service exceptions"). Sandbox.Timedout and Runtime.ExitError are the errorTypes of a timeout and of a runtime that exited (Lambda
guide, "Troubleshoot invocation issues"; re:Post, "runtime exited"). States.Timeout is the state's own limit.
"""

_WAIT_FOR_TABLES: Final[dict[str, Json]] = {
    "ErrorEquals": ["TablesLocked"],
    "IntervalSeconds": 60,
    "MaxAttempts": 150,
    "BackoffRate": 2.0,
    "MaxDelaySeconds": 600,
}
"""`on_conflict: wait`: about a day, in steps of up to ten minutes (few of the 25,000 events of an execution)."""

_EXECUTION: Final[dict[str, Json]] = {
    "id.$": "$$.Execution.Id",
    "name.$": "$$.Execution.Name",
    "started_at.$": "$$.Execution.StartTime",
}


CATCHABLE: Final = ("States.DataLimitExceeded", "States.ALL")
"""All errors that can be caught, in the required order."""


def catchers(result_path: str, then: str, errors: Sequence[str] = CATCHABLE) -> list[Json]:
    """Catch these errors one by one, keep the input, and write the error to this path."""
    return [{"ErrorEquals": [error], "ResultPath": result_path, "Next": then} for error in errors]


def core_states(  # noqa: PLR0913 - all that differs between machines, by name
    *,
    partition: str,
    function_arns: Mapping[str, str],
    machine: Mapping[str, Json],
    starts: Mapping[str, str],
    branches: Mapping[str, Json],
    mode: MapMode,
    retries: bool,
    pools: Mapping[str, int],
) -> dict[str, Json]:
    """All states. `starts` maps job types to first states; `branches` are the complete states of all job types.

    `pools` are the sizes of the pools; without them the machine has no state for them. With `retries` a table can have a next
    attempt: the handler's payload is then the item of that attempt.
    """

    def invoke(function: str, payload: Mapping[str, Json]) -> dict[str, Json]:
        return {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::lambda:invoke",
            "Parameters": {"FunctionName": function_arns[function], **payload},
            "OutputPath": "$.Payload",
            "TimeoutSeconds": LAMBDA_SECONDS,
        }

    plan: dict[str, Json] = {"event.$": "$", "execution": _EXECUTION, "machine": machine}
    summary: dict[str, Json] = {"run_id.$": "$$.Execution.Name", "execution": _EXECUTION, "map_error.$": "$.map_error"}
    return {
        routing.CONFIG_MANAGER: {
            "Comment": "Reads the source's config and plans the run: one item for each table that was asked for",
            **invoke(CONFIG_MANAGER_FUNCTION, {"Payload": plan}),
            "Retry": [_TRANSIENT, _DIED, _WAIT_FOR_TABLES],
            "Next": routing.ITERATE,
        },
        routing.ITERATE: iterate(
            mode,
            partition=partition,
            start=routing.CHOOSE,
            states={
                **_choose(starts, pools=bool(pools)),
                **(_take_slot(invoke(TAKE_SLOT_FUNCTION, _wish(pools)), mode) if pools else {}),
                **branches,
                **_handle(invoke(STATUS_FUNCTION, {"Payload.$": "$"}), mode=mode, retries=retries),
            },
            catch=catchers("$.map_error", routing.SUMMARISE),
            then=routing.SUMMARISE,
        ),
        routing.SUMMARISE: {
            "Comment": "Counts what was recorded against what was planned, and says whether the run succeeded",
            **invoke(SUMMARY_FUNCTION, {"Payload": summary}),
            "Retry": [_TRANSIENT, _DIED],
            "Next": routing.DID_SUCCEED,
        },
        routing.DID_SUCCEED: {
            "Type": "Choice",
            "Comment": "By the source's policy (fail_when)",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.succeeded", "IsPresent": True},
                        {"Variable": "$.succeeded", "BooleanEquals": True},
                    ],
                    "Next": routing.SUCCEEDED,
                }
            ],
            "Default": routing.FAILED,
        },
        routing.SUCCEEDED: {"Type": "Succeed", "Comment": "As many tables as the policy asks for were extracted"},
        routing.FAILED: {
            "Type": "Fail",
            "Comment": "Says which tables failed, and the command that runs just those again",
            "ErrorPath": "$.error",
            "CausePath": "$.cause",
        },
    }


def _choose(starts: Mapping[str, str], *, pools: bool) -> dict[str, Json]:
    what = "To the branch of the table's job type; a table that can't be planned goes straight to the handler"
    first = "; a table of a pool first takes a slot" if pools else ""
    return {
        routing.CHOOSE: {
            "Type": "Choice",
            "Comment": what + first,
            "Choices": routing.choices(starts, pools=pools),
            "Default": routing.HANDLE_STATUS,
        }
    }


def _wish(pools: Mapping[str, int]) -> dict[str, Json]:
    """What *Take A Slot* sends: the execution is the child in a DISTRIBUTED Map, so that a child that died can be seen.

    The time of entry stays the same in all retries of the state (Step Functions guide, "Context object").
    """
    now: dict[str, Json] = {"execution.$": "$$.Execution.Id", "entered_at.$": "$$.State.EnteredTime"}
    return {"Payload": {"item.$": "$", **now, "pools": dict(pools)}}


def _take_slot(invocation: Mapping[str, Json], mode: MapMode) -> dict[str, Json]:
    """The item goes on as it is, with its slot. If the pool stays full, the status handler records the attempt as THROTTLED."""
    of_item = {name: value for name, value in invocation.items() if name != "OutputPath"}
    return {
        routing.TAKE_SLOT: {
            "Comment": "Waits for a slot of the table's pool, which limits how many jobs run at once, over all runs",
            **of_item,
            "ResultSelector": {f"{name}.$": f"$.Payload.{name}" for name in ("pool", "number", "waited_seconds")},
            "ResultPath": f"$.{routing.SLOT}",
            "Retry": [retrier(SLOT_RETRIES[mode]), _TRANSIENT, _DIED],
            "Catch": catchers(f"$.{routing.SLOT_ERROR}", routing.HANDLE_STATUS),
            "Next": routing.CHOOSE,
        }
    }


def _handle(invocation: Mapping[str, Json], *, mode: MapMode, retries: bool) -> dict[str, Json]:
    returns = "; what it returns is tiny, so that the Map's output stays small" if mode == "INLINE" else ""
    if retries:
        returns = "; it returns a tiny status, or the item of the next attempt"
    then: dict[str, Json] = {"Next": routing.FINISHED} if retries else {"End": True}
    return {
        routing.HANDLE_STATUS: {
            "Comment": f"Records how the table's job ended{returns}",
            **invocation,
            "Retry": [_TRANSIENT, _DIED],
            "Catch": catchers("$.status_error", routing.NOT_RECORDED),
            **then,
        },
        **(_retry_loop() if retries else {}),
        routing.NOT_RECORDED: {
            "Type": "Pass",
            "Comment": "A handler that fails never stops the other tables: the summary counts this one as NOT_RECORDED",
            "Result": {"status": "NOT_RECORDED"},
            "End": True,
        },
    }


def _retry_loop() -> dict[str, Json]:
    """From the handler back to *Choose Job Type*. A Choice cannot end an iteration, so a Succeed does."""
    return {
        routing.FINISHED: {
            "Type": "Choice",
            "Comment": "The item of a next attempt says how long to wait for it; a status does not",
            "Choices": [{"Variable": "$.retry_wait_seconds", "IsPresent": True, "Next": routing.WAIT}],
            "Default": routing.RECORDED,
        },
        routing.WAIT: {
            "Type": "Wait",
            "Comment": "Then the table has its next attempt, with the item of that attempt and nothing of the last one",
            "SecondsPath": "$.retry_wait_seconds",
            "Next": routing.CHOOSE,
        },
        routing.RECORDED: {"Type": "Succeed", "Comment": "The table's end is recorded, good or bad"},
    }
