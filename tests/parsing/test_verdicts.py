"""Error names and words to failure classes, whatever the service."""

from __future__ import annotations

import pytest

from extract_core import FailureClass as F
from extract_core import JobState as S
from extract_core.parsing.verdicts import by_error, by_words


@pytest.mark.parametrize(
    ("error", "cause", "state", "failure", "retryable"),
    [
        ("States.Timeout", "", S.TIMED_OUT, F.TIMEOUT, False),
        ("States.HeartbeatTimeout", None, S.TIMED_OUT, F.TIMEOUT, False),
        ("States.Permissions", "", S.FAILED, F.PERMISSION, False),
        ("States.Runtime", "The value for the field 'x' must be a STRING", S.FAILED, F.CONFIG, False),
        ("States.DataLimitExceeded", "too big", S.UNKNOWN, F.UNKNOWN, False),
        ("States.TaskFailed", "", S.FAILED, F.UNKNOWN, False),
        ("States.TaskFailed", "The role r is not authorized to assume the task state's role", S.FAILED, F.PERMISSION, False),
        ("Batch.AWSBatchException", "x (Service: AWSBatch; Error Code: TooManyRequestsException)", S.FAILED, F.THROTTLED, True),
        ("X.ThrottlingException", "", S.FAILED, F.THROTTLED, True),
        ("X.ValidationException", "a quota says: Rate exceeded", S.FAILED, F.THROTTLED, True),
        ("X.ValidationException", "not authorized to perform: ec2:CreateNetworkInterface", S.FAILED, F.PERMISSION, False),
        ("X.SdkClientException", "Unable to execute HTTP request", S.FAILED, F.INTERNAL, False),
        ("X.SomethingException", "(Service: X; Status Code: 500; Request ID: r)", S.FAILED, F.INTERNAL, True),
        ("X.SomethingException", "nobody knows", S.UNKNOWN, F.UNKNOWN, False),
        ("States.Http.StatusCode.404", '{"StatusCode": 404}', S.FAILED, F.CONFIG, False),
        ("States.Http.StatusCode.403", '{"StatusCode": 403}', S.FAILED, F.PERMISSION, False),
        ("States.Http.StatusCode.429", '{"StatusCode": 429}', S.FAILED, F.THROTTLED, True),
        ("States.Http.StatusCode.503", '{"StatusCode": 503}', S.FAILED, F.INTERNAL, True),
        ("States.Http.StatusCode.502", '{"StatusCode": 502}', S.FAILED, F.INTERNAL, False),
        ("States.Http.Socket", "no answer", S.FAILED, F.INTERNAL, False),
        ("CustomError", None, S.UNKNOWN, F.UNKNOWN, False),
        ("", "", S.UNKNOWN, F.UNKNOWN, False),
    ],
)
def test_by_error(error, cause, state, failure, retryable):
    verdict = by_error(error, cause)
    assert (verdict.state, verdict.failure, verdict.retryable) == (state, failure, retryable)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (None, None),
        ("", None),
        ('relation "throttling_events" does not exist', None),
        ("ORA-00600: internal error code", None),
        ("FATAL: password authentication failed for user", F.PERMISSION),
        ("MemoryError", F.OUT_OF_MEMORY),
        ("ExitCode: 137. Last few exceptions", F.OUT_OF_MEMORY),
        ("ExitCode: 1370", None),
        ("pod OOMKilled", F.OUT_OF_MEMORY),
        ("Exceeded maximum concurrent capacity for your account: 100 DPU", F.CAPACITY),
        ("could not assume runtime role arn:aws:iam::1:role/x", F.PERMISSION),
        ("slow down (Service: AWSBatch; Status Code: 429; Request ID: r)", F.THROTTLED),
        ("ApplicationMaxCapacityExceededException", F.CAPACITY),
        ("the application has exceeded maximumCapacity settings", F.CAPACITY),
        ("Host EC2 (instance i-1) terminated.", F.INTERRUPTED),
        ("RESOURCE:CPU", F.CAPACITY),
        ("CapacityError: Unable to provision requested ML compute capacity. Please retry using a different type", F.CAPACITY),
        ("insufficient free addresses in subnet subnet-1", F.CAPACITY),
        ("Tasks provisioning capacity limit exceeded.", F.CAPACITY),
        ("No Container Instances were found in your cluster.", F.CAPACITY),
        ("java.io.IOException: No space left on device", F.OUT_OF_MEMORY),
        ("error writing the shuffle block: [Errno 28] No space left on device", F.OUT_OF_MEMORY),
        ("OSError: [Errno 28] No space left on device\n at BlockManager", F.OUT_OF_MEMORY),
        ("OSError: [Errno 28] No space left on device: '/tmp/blockmgr-4/0c'", F.OUT_OF_MEMORY),
        ("cannot write to '/data/t': No space left on device", None),
        ("killed by SIGKILL; the last that it wrote: reading all rows", F.INTERRUPTED),
        ("killed by SIGKILL; the last that it wrote: MemoryError", F.OUT_OF_MEMORY),
        ("it says: killed by SIGKILL", None),
    ],
)
def test_by_words(said, failure):
    assert by_words(said) is failure
