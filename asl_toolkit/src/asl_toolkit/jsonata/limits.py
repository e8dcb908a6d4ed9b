"""The limits of an expression: time, depth and memory.

AWS refuses an expression that takes over a second, is nested over 100 deep, or uses too much memory (floci-io/floci, pull 2783);
its measure of memory is not public. Here the bytes of the texts, arrays and objects that one evaluation makes are counted. A
value that holds one part many times is small in memory and may be endless as text, so it is measured before it is written.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from asl_toolkit.json_value import longer_than
from asl_toolkit.jsonata.library import JException, Utils
from asl_toolkit.jsonata.messages import MEMORY, LimitReached

LONGEST: Final = 6_990_256  # characters of a text: AWS accepts 2²² and refuses 2²³ (floci, pull 2783)
DEEPEST: Final = 100
BYTES_PER_MATCH: Final = 600  # the object that $match makes of a match
_BYTES_PER_NUMBER: Final = 40  # an element of a range: its place and its number
_BYTES_PER_PLACE: Final = 8
_BYTES_PER_ROW: Final = 400  # a row of `@`, `#` or `%`
_MOST_BYTES: Final = 512 * 1024 * 1024
_MOST_SECONDS: Final = 5.0  # of processor time
_LOOK_EVERY: Final = 32  # evaluations between looks at the clock


class _Used:
    """What the evaluation that holds the lock has used, and the step of a path that it repeats."""

    bytes = 0
    step: Any = None  # a node of the library's tree
    repeated = False
    bytes_per_element = 0


_used = _Used()


def charge(count: int) -> None:
    """Count bytes. Raises LimitReached if the evaluation has made too much."""
    _used.bytes += count
    if _used.bytes > _MOST_BYTES:
        raise LimitReached(MEMORY)


def charge_value(value: Any) -> None:  # the library's values
    """Count a new text, array or object, without its parts."""
    if isinstance(value, (str, list, dict)):
        charge(sys.getsizeof(value))


def charge_range(length: int) -> None:
    """Count the numbers of a range."""
    charge(length * _BYTES_PER_NUMBER)


def charge_match(_match: object) -> None:
    """Count a match of a regular expression."""
    charge(BYTES_PER_MATCH)


def fitting(length: float) -> None:
    """Raises LimitReached if a text of this length is too long: before it is made."""
    if length > LONGEST:
        raise LimitReached(MEMORY)


def measured(*values: Any) -> None:  # the library's values
    """Raises LimitReached if a value is too long when it is written out."""
    for value in values:
        if isinstance(value, (list, dict)) and longer_than(value, LONGEST):
            raise LimitReached(MEMORY)


@contextmanager
def repeating(step: Any, *, rows: bool) -> Iterator[None]:  # a node of the library's tree
    """The evaluation of a step for each value before it: its arrays are joined, or each element becomes a row."""
    before = (_used.step, _used.repeated, _used.bytes_per_element)
    _used.step, _used.repeated, _used.bytes_per_element = step, rows, _BYTES_PER_ROW if rows else _BYTES_PER_PLACE
    try:
        yield
    finally:
        _used.step, _used.repeated, _used.bytes_per_element = before


class Watch:
    """The callbacks of one evaluation. They replace the library's Timebox, which looks at the clock twice per node."""

    def __init__(self, frame: Any) -> None:  # the library's frame
        _used.bytes, _used.step = 0, None
        self._depth = 0
        self._steps = 0
        self._end = time.thread_time() + _MOST_SECONDS
        frame.set_evaluate_entry_callback(self._enter)
        frame.set_evaluate_exit_callback(self._leave)

    def _enter(self, _node: Any, _value: Any, frame: Any) -> None:
        if not frame.is_parallel_call:  # as the library counts, whose depths agree with AWS's
            self._depth += 1
            if self._depth > DEEPEST:
                raise JException("D1011", -1)
        self._steps += 1
        if not self._steps % _LOOK_EVERY:
            self._look()

    def _leave(self, node: Any, _value: Any, frame: Any, result: Any) -> None:
        if not frame.is_parallel_call:
            self._depth -= 1
        if node.type == "function":
            self._look()
        if isinstance(result, (list, dict)):
            self._count(node, result)

    def _look(self) -> None:
        if time.thread_time() > self._end:
            raise JException("D1012", -1)

    def _count(self, node: Any, result: Any) -> None:
        if node.type == "unary" or (node.type == "path" and Utils.is_sequence(result)):
            charge_value(result)
        if node is _used.step and isinstance(result, list):
            if _used.repeated:  # a single array of a path is not copied
                charge(len(result) * _used.bytes_per_element)
            _used.repeated = True
