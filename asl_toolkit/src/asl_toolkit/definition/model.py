"""A loaded state machine. States that call a service have the JSON pointer of their place in the document.

Nothing changes these values. They are not frozen: frozen dataclasses with slots cost 0.5 ms each at import, these cost 0.15
ms. NamedTuples cost 0.07 ms, but their members are slower to read, and a run reads them all the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from asl_toolkit.choice.rules import Rule
from asl_toolkit.definition.resource import Resource
from asl_toolkit.environment import Evaluable
from asl_toolkit.expressions import Constant, Expression
from asl_toolkit.jsonpath import ReferencePath
from asl_toolkit.language import Language


class Discard(Enum):
    """`null` in InputPath, OutputPath (the output is an empty object) or ResultPath (the result is dropped)."""

    DISCARD = "discard"


DISCARD: Final = Discard.DISCARD


@dataclass(eq=False, match_args=False)
class Field:
    """A field with a value, a path or an expression: `TimeoutSeconds`, `TimeoutSecondsPath`, a JSONata text.

    `name` is the field's name in the definition. `is_path`: it is a JSONPath, and `expression.source` is its text.
    """

    name: str
    expression: Expression | Evaluable
    is_path: bool


@dataclass(eq=False, match_args=False)
class Flow:
    """The data-flow fields of a state. None means that the field is missing."""

    language: Language = "JSONPath"
    input_path: Expression | Discard | None = None
    parameters: Evaluable | None = None  # Parameters, or Arguments in JSONata
    result_selector: Evaluable | None = None
    result_path: ReferencePath | Discard | None = None
    output_path: Expression | Discard | None = None
    output: Evaluable | None = None
    assign: Evaluable | None = None


@dataclass(eq=False, match_args=False)
class Retrier:
    """One entry of Retry; seconds."""

    errors: tuple[str, ...]
    interval: float
    attempts: int
    rate: float
    longest: float | None
    jitter: bool


@dataclass(eq=False, match_args=False)
class Catcher:
    """One entry of Catch."""

    errors: tuple[str, ...]
    next: str
    result_path: ReferencePath | Discard | None
    assign: Evaluable | None
    output: Evaluable | None


@dataclass(eq=False, match_args=False)
class State:
    """The parts of every state. `next` is None if the branch ends here."""

    name: str
    pointer: str
    flow: Flow
    next: str | None

    @property
    def kind(self) -> str:
        """Pass, Task, …: the Type."""
        return type(self).__name__.removesuffix("State")


@dataclass(eq=False, match_args=False)
class PassState(State):
    """Returns its input or `result`."""

    result: Constant | None


@dataclass(eq=False, match_args=False)
class TaskState(State):
    """Work done by a handler."""

    resource: Resource
    timeout: Field | None
    heartbeat: Field | None
    credentials: Evaluable | None
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


@dataclass(eq=False, match_args=False)
class ChoiceBranch:
    """One entry of Choices."""

    rule: Rule | Evaluable  # Evaluable: a JSONata Condition
    next: str
    assign: Evaluable | None
    output: Evaluable | None


@dataclass(eq=False, match_args=False)
class ChoiceState(State):
    """Goes to the target of the first rule that matches, or to `default`."""

    choices: tuple[ChoiceBranch, ...]
    default: str | None


@dataclass(eq=False, match_args=False)
class WaitState(State):
    """Waits for seconds or until an instant, as `field.name` says."""

    field: Field


@dataclass(eq=False, match_args=False)
class SucceedState(State):
    """Ends the branch with success."""


@dataclass(eq=False, match_args=False)
class FailState(State):
    """Ends the branch with a failure."""

    error: Field | None
    cause: Field | None


@dataclass(eq=False, match_args=False)
class Branch:
    """A start and its states: the machine, a branch of a Parallel, or the processor of a Map."""

    start_at: str
    states: Mapping[str, State]


@dataclass(eq=False, match_args=False)
class ParallelState(State):
    """Runs its branches at once."""

    branches: tuple[Branch, ...]
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


@dataclass(eq=False, match_args=False)
class ItemReader:
    """The place from which a DISTRIBUTED Map reads its items."""

    pointer: str
    resource: Resource
    parameters: Evaluable | None
    input_type: str | None
    csv_header_location: str | None
    csv_headers: tuple[str, ...] | None
    csv_delimiter: str
    max_items: Field | None
    items_pointer: str | None
    transformation: str | None


@dataclass(eq=False, match_args=False)
class ItemBatcher:
    """How a DISTRIBUTED Map groups items into batches."""

    max_items: Field | None
    max_bytes: Field | None
    batch_input: Evaluable | None


@dataclass(eq=False, match_args=False)
class ResultWriter:
    """The place and the form in which a DISTRIBUTED Map writes the results of its children."""

    pointer: str
    resource: Resource | None
    parameters: Evaluable | None
    transformation: str | None
    output_type: str | None


@dataclass(eq=False, match_args=False)
class MapState(State):
    """Runs its processor once per item."""

    processor: Branch
    mode: Literal["INLINE", "DISTRIBUTED"]
    execution_type: Literal["STANDARD", "EXPRESS"] | None
    items_path: Expression | None
    items: Evaluable | None
    item_selector: Evaluable | None
    max_concurrency: Field | None
    tolerated_count: Field | None
    tolerated_percentage: Field | None
    item_reader: ItemReader | None
    item_batcher: ItemBatcher | None
    result_writer: ResultWriter | None
    label: str | None
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


@dataclass(eq=False, match_args=False)
class Machine:
    """The machine: its root branch, and the time limit of an execution (seconds)."""

    root: Branch
    timeout: float | None
