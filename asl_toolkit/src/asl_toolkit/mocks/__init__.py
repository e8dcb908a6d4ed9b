"""Answers instead of services: mocks from a document, and errors injected on chosen states and attempts.

The document has three members, each optional: `states` (by a Task's name), `services` (by `service:action` as it stands
in the ARN; `activity:NAME` for an activity) and `functions` (Lambda functions by name). Each value is an answer, or a list of
answers: the first call gets the first, and the last one serves all later calls. An answer is an object with

    result           what the Task gives (of a Task that waits for a task token: what send_task_success would bring), or
    error            the name of its failure (send_task_failure), with
    cause            the text of its failure; or
    hangs            true: it never ends by itself, TimeoutSeconds does
    submitted        what a `.sync` or `.waitForTaskToken` Task gives at TaskSubmitted
    delay            seconds until the answer, of the execution's clock: none of this machine's time on a virtual one
    heartbeat_every  seconds from heartbeat to heartbeat while the delay lasts; without it HeartbeatSeconds passes
    when             {path: value}: it serves only calls whose parameters have these values

A mock of a function is its answer to the call: to answer the task token of a `lambda:invoke.waitForTaskToken`, mock the state.
What an ItemReader reads is `result` too: the file's text, `{"Body": text}` or the list of items of `s3:getObject`, and
`{"Contents": [{"Key": …}]}` or that list of `s3:listObjectsV2`.
"""

from asl_toolkit.mocks.answers import MockError
from asl_toolkit.mocks.injections import Injection, parse_injection, unmet, with_injected
from asl_toolkit.mocks.serving import with_mocks

__all__ = ["Injection", "MockError", "parse_injection", "unmet", "with_injected", "with_mocks"]
