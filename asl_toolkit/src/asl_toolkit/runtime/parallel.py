"""Parallel states: all branches at once, each with the same input and with separate variables."""

from functools import partial

from asl_toolkit.definition.model import Branch, ParallelState
from asl_toolkit.environment import Scope
from asl_toolkit.errors import StateFailure
from asl_toolkit.json_value import Json
from asl_toolkit.runtime.flow import arguments, effective_input, finish_after
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.gather import gather
from asl_toolkit.runtime.lines import Lines
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.progress import Done


async def run_parallel(frame: Frame) -> StateEnd:
    """Run the branches; the result is the array of their outputs."""
    state = frame.state
    assert isinstance(state, ParallelState)  # noqa: S101 - by its runner's table
    payload = Payload(arguments(frame, effective_input(frame)))
    started = frame.cursor.add("ParallelStateStarted")
    lines = Lines(frame.cursor)

    async def run_branch(place: int, branch: Branch) -> Json:
        progress = frame.progress.at(place)
        if isinstance(progress, Done):
            return progress.output
        cursor = frame.cursor.fork(started)
        lines.open(place, cursor)
        try:
            output = await frame.run.branch(branch, payload, Scope(frame.scope), frame.context, cursor, progress)
        except StateFailure:
            frame.cursor.last = lines.fail(place)
            raise
        lines.close(place)
        frame.cursor.last = max(frame.cursor.last, cursor.last)
        frame.progress.inner[place] = Done(output.value)
        return output.value

    results = await gather(frame.run.loop, [partial(run_branch, place, branch) for place, branch in enumerate(state.branches)])
    lines.over()
    return finish_after(frame, "ParallelStateSucceeded", results, state.next)
