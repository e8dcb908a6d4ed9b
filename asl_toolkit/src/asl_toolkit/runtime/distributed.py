"""DISTRIBUTED Map: a Map Run with child executions, tolerated failures, batches and exported results."""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from functools import partial

from asl_toolkit.definition.model import Field, MapState
from asl_toolkit.environment import Scope
from asl_toolkit.errors import Fatal, RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json, dumps, value_text
from asl_toolkit.runtime.flow import data_limit, field_value, finish_after
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.gather import Lanes
from asl_toolkit.runtime.history import NOT_TRUNCATED, Cursor, History, named
from asl_toolkit.runtime.item_sources import STATE_DATA, Items
from asl_toolkit.runtime.items import read_items
from asl_toolkit.runtime.loop import Cancelled
from asl_toolkit.runtime.map_run_events import ChildExecution, ChildStart, MapRunLimits, MapRunStart
from asl_toolkit.runtime.maps import item_input, items_of
from asl_toolkit.runtime.payload import MOST_BYTES, Payload
from asl_toolkit.runtime.progress import Done, Progress
from asl_toolkit.runtime.results import ChildRecord, Results, export, output_of
from asl_toolkit.runtime.run import Run
from asl_toolkit.runtime.tolerance import number_of, tolerated_count, tolerated_percentage
from asl_toolkit.timestamps import instant_text

MOST_CHILDREN = 10_000  # at once (service quotas, "Distributed Map")
_EXCEEDED = StateFailure("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")


async def run_distributed(frame: Frame, state: MapState, data: Json, limit: int) -> StateEnd:
    """Read the items, run the children, pass their outputs on."""
    cursor = frame.cursor
    items = Items([] if state.item_reader is not None else items_of(frame, state, data))
    cursor.add("MapStateStarted", {"length": len(items.values)})
    limits = MapRunLimits(
        limit,
        tolerated_count(frame, state.tolerated_count, data),
        tolerated_percentage(frame, state.tolerated_percentage, data),
    )
    map_run = frame.progress.map_run
    if not isinstance(map_run, MapRun):
        map_run = frame.progress.map_run = MapRun(frame, state, data, limits)
        cursor.add("MapRunStarted", {"mapRunArn": map_run.arn})
    else:
        map_run.redrive(frame, data, limits)
        cursor.add("MapRunRedriven", {"mapRunArn": map_run.arn, "redriveCount": map_run.redrives})
    started = cursor.last
    cursor.inner = _MapRunOf(cursor)
    try:
        if state.item_reader is not None:
            map_run.tell(None)
            items = await read_items(frame, state.item_reader, data)
        result = await map_run.run(items)
    except StateFailure as failure:
        cursor.inner = None
        cursor.add("MapRunFailed", named(failure.error, failure.cause))
        raise
    cursor.inner = None
    cursor.add("MapRunSucceeded")
    end = finish_after(frame, "MapStateSucceeded", result, state.next)
    cursor.last = started  # MapStateExited follows the start, as in all recordings of LocalStack since November 2024
    return end


class _MapRunOf:
    """The running Map Run of a line of events that is cut short."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def cut(self, previous: int) -> None:
        """Write that it is aborted."""
        self._cursor.follow(previous, "MapRunAborted")


class MapRun:
    """The children of one Map Run."""

    def __init__(self, frame: Frame, state: MapState, data: Json, limits: MapRunLimits) -> None:
        self._frame = frame
        self._state = state
        self._data = data
        self._limits = limits
        self._lanes: Lanes | None = None
        self._failed = 0
        self._total = 0
        self._results: Results | None = None
        self._sources = STATE_DATA
        self.redrives = 0
        machine = str(frame.run.context["StateMachine"]["Id"])
        parent = machine.rsplit(":", 1)[-1].split("/", maxsplit=1)[0]
        self._head = ":".join(machine.split(":")[:5])
        self._label = f"{parent}/{state.label or uuid.uuid4()}"
        self.arn = f"{self._head}:mapRun:{self._label}:{uuid.uuid4()}"

    def redrive(self, frame: Frame, data: Json, limits: MapRunLimits) -> None:
        """The execution is redriven: children that succeeded keep their results, the others run again."""
        self._frame, self._data, self._limits = frame, data, limits
        self._failed = 0
        self._lanes = None
        self.redrives += 1

    def close(self) -> None:
        """Free the results."""
        if self._results is not None:
            self._results.close()
            self._results = None

    async def run(self, over: Items) -> Json:
        """Run a child for each item or batch that has no result yet. Returns the Map's result."""
        items, self._sources = over.values, over.sources
        writer = self._state.result_writer
        if self._results is None:
            form = (writer.transformation if writer else None) or _default_form(self._state)
            self._results = Results(len(items), form)
        results = self._results
        work = (child_input for child_input in self._inputs(items) if not results.succeeded(child_input[0]))
        self._total = len(items)
        self.tell(self._total)
        if items:
            self._lanes = Lanes(self._frame.run.loop, partial(self._lane, work, results), self._most)
        try:
            if self._lanes is not None:
                await self._lanes.run()
        except StateFailure:
            if (
                writer is not None and writer.resource is not None
            ):  # failed children are written too (developer guide, "ResultWriter")
                with contextlib.suppress(StateFailure):
                    await export(self._frame, writer, self._data, results, self.arn, _pending(work))
            raise
        if writer is not None and writer.resource is not None:
            result = await export(self._frame, writer, self._data, results, self.arn)
        elif results.size > MOST_BYTES:
            raise data_limit(self._state.name)
        else:
            result = output_of(results)
        self._frame.progress.forget()
        return result

    @property
    def _most(self) -> int:
        """How many children may run at once."""
        return min(self._limits.max_concurrency or MOST_CHILDREN, MOST_CHILDREN, self._total)

    def update(self, limits: MapRunLimits) -> None:
        """Change the limits, from any thread. The next failure sees the tolerance, even if the loop is busy with a handler."""
        self._limits = limits
        self._frame.run.loop.post(self._resize)

    def _resize(self) -> None:
        if self._lanes is not None:
            self._lanes.resize(self._most)

    def tell(self, items: int | None) -> None:
        """Tell the listener about this Map Run."""
        listener = self._frame.run.map_run_listener
        if listener is None:
            return
        parent = str(self._frame.run.context["Execution"]["Id"])
        machine = f"{self._head}:stateMachine:{self._label}"
        listener(MapRunStart(self.arn, parent, machine, items, self._limits, self.redrives, self.update))

    def _inputs(self, items: Sequence[Json]) -> Iterator[tuple[int, int, Json]]:
        """(place, number of items, input) of each child."""
        batcher = self._state.item_batcher
        if batcher is None:
            for index in range(len(items)):
                value, _ = item_input(self._frame, self._state, self._data, index, items[index], self._sources)
                yield index, 1, value
            return
        environment = self._frame.environment(self._data)
        most_items = self._batch_limit(batcher.max_items, len(items))
        most_bytes = self._batch_limit(batcher.max_bytes, MOST_BYTES)
        shared = None if batcher.batch_input is None else batcher.batch_input.evaluate(environment)
        head: dict[str, Json] = {} if batcher.batch_input is None else {"BatchInput": shared}
        overhead = len(dumps({**head, "Items": []}).encode(errors="surrogatepass"))
        batch: list[Json] = []
        size = overhead
        for index in range(len(items)):
            value, _ = item_input(self._frame, self._state, self._data, index, items[index], self._sources)
            length = len(dumps(value).encode(errors="surrogatepass")) + 1
            if batch and (len(batch) >= most_items or size + length > most_bytes):
                yield index - len(batch), len(batch), {**head, "Items": batch}
                batch, size = [], overhead
            batch.append(value)
            size += length
        if batch:
            yield len(items) - len(batch), len(batch), {**head, "Items": batch}

    def _batch_limit(self, field: Field | None, default: int) -> int:
        if field is None:
            return max(1, default)
        value = number_of(field, field_value(field, self._frame.environment(self._data)), "integer")
        most = MOST_BYTES if field.name.startswith("MaxInputBytes") else value
        if not 1 <= value <= most:
            span = f"from 1 to {MOST_BYTES}" if most is not value else "at least 1"
            raise RuntimeFailure(f"{field.name} must be {span}, not {value_text(value)}")
        return int(value)

    async def _lane(self, work: Iterator[tuple[int, int, Json]], results: Results, lanes: Lanes) -> None:
        for place, count, value in work:
            record = await self._child(place, count, Payload(value))
            results.put(place, record)
            if record.output is None:
                self._failed += count
                if self._limits.exceeded(self._failed, self._total):
                    raise StateFailure(_EXCEEDED.error, _EXCEEDED.cause)
            if lanes.too_many:
                return

    async def _child(self, place: int, count: int, payload: Payload) -> ChildRecord:
        """Run one child execution to its end."""
        parent = self._frame.run
        clock = parent.loop.clock
        name = str(uuid.UUID(int=parent.random.getrandbits(128), version=4))
        machine_arn = f"{self._head}:stateMachine:{self._label}"
        arn = f"{self._head}:execution:{self._label}:{name}"
        started = instant_text(clock.now())
        about = {**parent.context["Execution"], "Id": arn, "Input": payload.value, "Name": name, "StartTime": started}
        label = self._label.rsplit("/", 1)[-1]
        machine_name = f"{parent.context['StateMachine']['Name'].split('/')[0]}/{label}"
        context = {"Execution": about, "StateMachine": {"Id": machine_arn, "Name": machine_name}}
        listener = None
        if parent.child_events is not None:
            listener = parent.child_events(ChildStart(self.arn, name, arn, count))
        history = History(clock, listener)
        run = parent.child(history, context)

        def tell(status: str) -> None:
            if parent.child_listener is not None:
                parent.child_listener(ChildExecution(self.arn, name, arn, status, history.events(), count))

        output, error, cause = None, None, None
        progress = self._frame.progress.at(place)
        try:
            output = (await self._interpret(run, payload, history, progress)).text
            self._frame.progress.inner.pop(place, None)
        except StateFailure as failure:
            error, cause = failure.error, failure.cause
        except Fatal as fatal:
            error, cause = fatal.error, fatal.cause
        except Cancelled:  # the execution was stopped, or too many other children failed
            tell("ABORTED")
            if self._results is not None:
                stopped, nothing = instant_text(clock.now()), (None, None, None)
                record = ChildRecord(name, arn, machine_arn, payload.text, *nothing, started, stopped, "ABORTED")
                self._results.put(place, record)
            raise
        tell("SUCCEEDED" if output is not None else "FAILED")
        stopped = instant_text(clock.now())
        return ChildRecord(name, arn, machine_arn, payload.text, output, error, cause, started, stopped)

    async def _interpret(self, run: Run, payload: Payload, history: History, progress: Progress | Done) -> Payload:
        details = {"input": payload.text, "inputDetails": NOT_TRUNCATED}
        history.add("ExecutionStarted", 0, details)
        cursor = Cursor(history, 0)
        assert isinstance(progress, Progress)  # noqa: S101 - a child that is done is not run
        try:
            output = await run.branch(self._state.processor, payload, Scope(), run.context, cursor, progress)
        except (StateFailure, Fatal) as failure:
            previous = failure.previous if isinstance(failure, Fatal) else cursor.last
            history.end("ExecutionFailed", previous, named(failure.error, failure.cause))
            raise
        except Cancelled:
            history.end("ExecutionAborted", 0, {})
            raise
        history.end("ExecutionSucceeded", cursor.last, {"output": output.text, "outputDetails": NOT_TRUNCATED})
        return output


def _pending(work: Iterator[tuple[int, int, Json]]) -> Iterator[str]:
    """The children that did not start, as a recorded PENDING file has them (a replay of AWS's S3 objects in public tests)."""
    with contextlib.suppress(StateFailure, RuntimeFailure):  # an ItemSelector that fails has no further inputs
        for _, _, value in work:
            yield dumps({"Input": dumps(value), "InputDetails": {"Included": True}, "Status": "PENDING"})


def _default_form(state: MapState) -> str:
    """Exported results are complete descriptions; results that stay in the execution are outputs only."""
    exported = state.result_writer is not None and state.result_writer.resource is not None
    return "NONE" if exported else "COMPACT"
