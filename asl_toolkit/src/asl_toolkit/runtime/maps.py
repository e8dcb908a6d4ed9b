"""INLINE Map, and the parts that DISTRIBUTED Map shares: the items and the input of each."""

from functools import partial

from asl_toolkit.definition.model import MapState
from asl_toolkit.environment import Scope
from asl_toolkit.errors import EvaluationFailure, RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json, dumps
from asl_toolkit.runtime.flow import finish_after
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.gather import gather
from asl_toolkit.runtime.item_sources import STATE_DATA, ItemContext, Sources
from asl_toolkit.runtime.lines import Lines
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.progress import Done
from asl_toolkit.templates import evaluate_path

MOST_INLINE = 40  # iterations at once, whatever MaxConcurrency says (developer guide, "Inline mode")


def items_of(frame: Frame, state: MapState, data: Json) -> list[Json]:
    """The items of the Map: Items, ItemsPath or the whole input."""
    if state.flow.language == "JSONata":
        items = data if state.items is None else state.items.evaluate(frame.environment(data))
        if not isinstance(items, list):
            raise EvaluationFailure(f"Map state input must be an array but was: {dumps(items)}", None)
        return items
    path = state.items_path
    items = data if path is None else evaluate_path(path, frame.environment(data))
    if not isinstance(items, list):
        source = "$" if path is None else getattr(path, "source", "$")
        raise RuntimeFailure(f'Reference path "{source}" must point to array.')
    return items


def item_input(  # noqa: PLR0913, PLR0917 - an item, and what it stands among
    frame: Frame, state: MapState, data: Json, index: int, item: Json, sources: Sources = STATE_DATA
) -> tuple[Json, dict[str, Json]]:
    """An item's input after ItemSelector, and the context object of its iteration."""
    context = {**frame.context, "Map": {"Item": ItemContext(index, item, sources.of(index))}}
    if state.item_selector is None:
        return item, context
    environment = frame.environment(data)
    environment.context = context
    return state.item_selector.evaluate(environment), context


async def run_inline(frame: Frame, state: MapState, data: Json, limit: int) -> StateEnd:
    """Run the processor for each item, in this execution."""
    items = items_of(frame, state, data)
    frame.cursor.add("MapStateStarted", {"length": len(items)})
    results = await _Inline(frame, state, data, items, limit).run()
    return finish_after(frame, "MapStateSucceeded", results, state.next)


class _Inline:
    """The iterations of an INLINE Map. A free lane takes the next item."""

    def __init__(self, frame: Frame, state: MapState, data: Json, items: list[Json], limit: int) -> None:
        self._frame = frame
        self._state = state
        self._data = data
        self._items = items
        self._lanes = min(limit or MOST_INLINE, MOST_INLINE, len(items))
        self._results: list[Json] = [None] * len(items)
        self._next = 0
        self._last = frame.cursor.last
        self._lines = Lines(frame.cursor)

    async def run(self) -> list[Json]:
        started = self._frame.cursor.last
        try:
            await gather(self._frame.run.loop, [partial(self._lane, started)] * self._lanes)
        finally:
            self._frame.cursor.last = self._last
        self._lines.over()
        return self._results

    async def _lane(self, previous: int) -> None:
        while self._next < len(self._items):
            index = self._next
            self._next += 1
            previous = await self._iteration(index, previous)

    async def _iteration(self, index: int, previous: int) -> int:
        """Run one iteration. Returns the id of its last event."""
        frame, state = self._frame, self._state
        progress = frame.progress.at(index)
        if isinstance(progress, Done):
            self._results[index] = progress.output
            return previous
        cursor = frame.cursor.fork(previous)
        about = {"index": index, "name": state.name}
        try:
            value, context = item_input(frame, state, self._data, index, self._items[index])
        except StateFailure:  # before the iteration begins: the others end, and this one has no event
            self._lines.cut(self._last)
            raise
        cursor.add("MapIterationStarted", about)
        self._lines.open(index, cursor, about)
        try:
            output = await frame.run.branch(state.processor, Payload(value), Scope(frame.scope), context, cursor, progress)
        except StateFailure:
            self._last = self._lines.fail(index)
            raise
        self._lines.close(index)
        self._results[index] = output.value
        frame.progress.inner[index] = Done(output.value)
        self._last = cursor.beside("MapIterationSucceeded", about)
        return cursor.last
