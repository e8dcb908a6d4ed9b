"""Map states: the mode of a Map decides which module runs it."""

from asl_toolkit.definition.model import Field, MapState
from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.json_value import Json, value_text
from asl_toolkit.runtime.distributed import run_distributed
from asl_toolkit.runtime.flow import effective_input, field_value
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.maps import run_inline
from asl_toolkit.runtime.tolerance import number_of


async def run_map(frame: Frame) -> StateEnd:
    """Run the processor once per item."""
    state = frame.state
    assert isinstance(state, MapState)  # noqa: S101 - by its runner's table
    data = effective_input(frame)
    limit = _limit(frame, state.max_concurrency, data)
    run = run_distributed if state.mode == "DISTRIBUTED" else run_inline
    return await run(frame, state, data, limit)


def _limit(frame: Frame, field: Field | None, data: Json) -> int:
    """MaxConcurrency; 0 means that the definition sets no limit."""
    if field is None:
        return 0
    value = field_value(field, frame.environment(data))
    limit = number_of(field, value, "integer")
    if limit < 0:
        raise RuntimeFailure(f"{field.name} must be at least 0, not {value_text(value)}")
    return int(limit)
