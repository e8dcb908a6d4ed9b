"""What can go wrong: with a definition, with a state, with a task.

AslError
├── DefinitionError    the definition is refused: findings, each with a JSON pointer
├── SyntaxFault        a path, an intrinsic or an expression that cannot be read (becomes a finding)
├── StateFailure       an error of a state that Retry and Catch can see
│   ├── EvaluationFailure   … raised by a JSONata expression
│   └── TooLarge            … States.DataLimitExceeded of a value that is too large to be written
├── RuntimeFailure     States.Runtime: nothing catches it, it ends the execution
├── Fatal              … with the event that the end of the execution follows
└── TaskFailed         what a handler raises
"""

from collections.abc import Sequence
from typing import Final

from asl_toolkit.finding import Finding

RESERVED: Final = frozenset(
    f"States.{name}"
    for name in (
        "ALL", "BranchFailed", "DataLimitExceeded", "ExceedToleratedFailureThreshold", "HeartbeatTimeout", "Http.Socket",
        "IntrinsicFailure", "ItemReaderFailed", "NoChoiceMatched", "ParameterPathFailure", "Permissions", "QueryEvaluationError",
        "ResultPathMatchFailure", "ResultWriterFailed", "Runtime", "TaskFailed", "Timeout",
    )
)  # fmt: skip


class AslError(Exception):
    """The base of all exceptions of this package."""


class DefinitionError(AslError):
    """The definition is refused; `findings` has all reasons."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        head = "The state machine definition has a fault" if count == 1 else f"The definition has {count} faults"
        super().__init__("\n  ".join([f"{head}:", *(finding.brief for finding in self.findings)]))


class SyntaxFault(AslError):  # noqa: N818 - named after what happened
    """A path, an intrinsic function or a filter that cannot be read; the text says why.

    `pointer` is its place in the definition, if it is known.
    """

    pointer = ""


class StateFailure(AslError):  # noqa: N818 - named after what happened
    """An error of a state: Retry and Catch match its name. `cause` is None if AWS reports no cause."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class TooLarge(StateFailure):
    """A value that would take far more than a payload may have; found before it is written as text."""

    def __init__(self) -> None:
        super().__init__("States.DataLimitExceeded", "The result has a size exceeding the maximum number of bytes service limit.")


class EvaluationFailure(StateFailure):
    """States.QueryEvaluationError: `location` is the field's path inside the state; `message` has no state name."""

    def __init__(self, message: str, location: str | None) -> None:
        super().__init__("States.QueryEvaluationError", message)
        self.message = message
        self.location = location


class RuntimeFailure(AslError):  # noqa: N818 - named after what happened
    """An error that AWS reports as States.Runtime (or another error that no Catch handles). It ends the whole execution."""

    def __init__(self, message: str, error: str = "States.Runtime", *, bare: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.error = error
        self.bare = bare  # True: the cause is only the message, without the name of the state


class Fatal(AslError):  # noqa: N818 - named after what happened
    """The execution ends; no Catch handles this. `previous` is the id of the event that the end follows."""

    def __init__(self, error: str, cause: str, previous: int) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.previous = previous


class TaskFailed(AslError):  # noqa: N818 - named after what happened
    """A task failed: `error` is the name that Retry and Catch match, `cause` a text (often JSON)."""

    def __init__(self, error: str | None, cause: str | None = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
