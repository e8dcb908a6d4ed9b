"""The branch of a `PolledJob`: start, wait, ask, choose, stop.

The loop follows the execution's clock, and not a count of its rounds: retries of a question take time too. Two states are in
JSONata, because JSONPath cannot add seconds to a time. The limits of questions keep the history of a table's own execution below
its 25,000 events (Step Functions guide, "Quotas related to state machine executions"): a round has 9.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import Branch
from extract_core.registry.routing import HANDLE_STATUS, LATER_ERROR, STARTED, STOP_ERROR, STOPPED, start_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.contract import Json, Target
    from extract_core.sync_job.polling import Polling

MOST_QUESTIONS: Final = 1_000
MOST_OF_ALL_ATTEMPTS: Final = 2_500
"""Further attempts are in the same execution."""
CALL_SECONDS: Final = 60
"""Time limit of one question, or of one call that stops a job."""
_ALL: Final = ("States.DataLimitExceeded", "States.ALL")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_ENTERED: Final = "$toMillis($states.context.State.EnteredTime)"


def branch_of(job_type: Polling[Any], target: Target[Any], request: Mapping[str, Json]) -> Branch:  # Any: whichever models it has
    """The states; `request` starts a job. `job_state` is the start, so that its Retry and time limit come from the generator."""
    title = job_type.title
    start, wait, ask, ended, stop = start_state(title), f"{title} Wait", f"{title} Ask", f"{title} Ended?", f"{title} Stop"

    def call(resource: str, request: Mapping[str, Json], comment: str, result: str) -> dict[str, Json]:
        arn = f"arn:{target.partition}:states:::{resource}"
        return {"Type": "Task", "Comment": comment, "Resource": arn, "Parameters": request, "ResultPath": f"$.{result}"}

    def again(attempts: int) -> Json:
        """To ask again, or to stop again, does no harm: so every error is retried."""
        waits: dict[str, Json] = {"IntervalSeconds": 10, "BackoffRate": 2, "MaxDelaySeconds": 300, "JitterStrategy": "FULL"}
        return [{"ErrorEquals": ["States.TaskFailed", "States.Timeout"], "MaxAttempts": attempts, **waits}]

    def caught(member: str, then: str) -> Json:
        return [{"ErrorEquals": [error], "ResultPath": f"$.{member}", "Next": then} for error in _ALL]

    state = f"$.job_result.{job_type.loop_path()}"
    deployment = target.deployment
    limit, attempts = "$states.input.timeout_seconds", "$states.input.max_attempts"
    seconds = f"$ceil({limit} / {MOST_QUESTIONS}), $ceil({limit} * {attempts} / {MOST_OF_ALL_ATTEMPTS})"
    states: dict[str, Mapping[str, Json]] = {
        start: {
            **call(job_type.resource, request, "Starts the table's job", STARTED),
            "Assign": {"deadline": ""},
            "Next": wait,
        },
        wait: {
            "Type": "Wait",
            "Comment": "Between two questions",
            "QueryLanguage": "JSONata",
            "Seconds": f"{{% $max([{job_type.interval_seconds}, {seconds}]) %}}",
            "Assign": {
                "deadline": f"{{% $deadline ? $deadline : $fromMillis({_ENTERED} + 1000 * $states.input.timeout_seconds) %}}"
            },
            "Next": ask,
        },
        ask: {
            **call(job_type.describe_resource, job_type.describe_request(deployment), "Asks about the job", "job_result"),
            "TimeoutSeconds": CALL_SECONDS,
            "Retry": again(attempts=8),
            "Catch": caught(LATER_ERROR, stop),
            "Next": ended,
        },
        ended: {
            "Type": "Choice",
            "Comment": "Asks again until the job has ended or its time is up",
            "Choices": [
                {"Not": {"Variable": state, "IsPresent": True}, "Next": stop},
                {"Or": [rule for word in job_type.ends() for rule in _is(state, word)], "Next": HANDLE_STATUS},
                {"Variable": "$$.State.EnteredTime", "TimestampGreaterThanEqualsPath": "$deadline", "Next": stop},
            ],
            "Default": wait,
        },
        stop: {
            **call(job_type.stop_resource, job_type.stop_request(deployment), "Stops a job that cannot be followed", STOPPED),
            "TimeoutSeconds": CALL_SECONDS,
            "Retry": again(attempts=3),
            "Catch": caught(STOP_ERROR, HANDLE_STATUS),
        },
    }
    return Branch(start=start, states=states, job_state=start)


def _is(state: str, word: str) -> Iterator[Json]:
    """The rules for this word; a service that counts its states sends a number."""
    yield {"Variable": state, "StringEquals": word}
    if _NUMBER.fullmatch(word):
        yield {"Variable": state, "NumericEquals": int(word)}
