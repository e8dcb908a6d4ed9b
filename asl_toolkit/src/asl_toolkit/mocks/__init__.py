"""Answers instead of services: mocks from a document, and errors injected on chosen states and attempts.

The document has three members, each optional: `states` (by a Task's name), `services` (by `service:action` as in
the ARN; `activity:NAME` for an activity) and `functions` (Lambda functions by name). Each value is an answer, or a list of
answers: the first call gets the first, and the last one serves all later calls. An answer is an object with

    result           the result of the Task (for a task token: the output of send_task_success), or
    error            the name of the failure (for a task token: of send_task_failure), with
    cause            the text of the failure, or
    hangs            true: only TimeoutSeconds ends the Task
    submitted        the output of TaskSubmitted of a `.sync` or `.waitForTaskToken` Task
    delay            seconds until the answer, on the execution's clock; a virtual clock does not wait
    heartbeat_every  seconds between heartbeats during the delay; without it HeartbeatSeconds expires
    when             {path: value}: the answer serves only calls whose parameters have these values

A mock of a function is its answer to the call: to answer the task token of a `lambda:invoke.waitForTaskToken`, mock the state.
The data of an ItemReader is a `result` too: for `s3:getObject` the file's text, `{"Body": text}` or the list of items; for
`s3:listObjectsV2` `{"Contents": [{"Key": …}]}` or that list.
"""

from asl_toolkit.mocks.answers import MockError
from asl_toolkit.mocks.injections import Injection, parse_injection, unmet, with_injected
from asl_toolkit.mocks.serving import Used, with_mocks

__all__ = ["Injection", "MockError", "Used", "parse_injection", "unmet", "with_injected", "with_mocks"]
