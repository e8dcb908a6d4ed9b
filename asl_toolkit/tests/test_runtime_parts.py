"""The parts under the interpreter: loop, workers, clocks, choice patterns, JSON equality, timestamps."""

import threading
import time

import pytest

from asl_toolkit.choice.comparisons import matches
from asl_toolkit.clock import ScaledClock, SystemClock, VirtualClock
from asl_toolkit.intrinsics.java_text import java_text
from asl_toolkit.json_value import dumps, loads, same
from asl_toolkit.runtime.gather import Lanes, gather
from asl_toolkit.runtime.loop import Cancelled, Loop, Signal
from asl_toolkit.runtime.workers import Workers
from asl_toolkit.timestamps import instant_text, parse_instant


def run(main, clock=None):
    loop = Loop(clock or VirtualClock())
    fiber = loop.spawn(main(loop))
    loop.run(fiber)
    loop.close()
    return fiber.result()


def test_a_signal_happens_once():
    async def main(loop):
        signal = Signal(loop)
        loop.at(loop.clock.now() + 5, signal, "late")
        loop.at(loop.clock.now() + 1, signal, "early")
        return await signal

    assert run(main) == "early"


def test_a_post_wakes_a_sleeping_loop():
    async def main(loop):
        signal = Signal(loop)
        loop.expect()
        threading.Timer(0.05, lambda: loop.post(lambda: (loop.arrived(), signal.set("posted")))).start()
        loop.at(loop.clock.now() + 1, signal, "the clock should have stood still")
        return await signal

    assert run(main) == "posted"


def test_gather_keeps_order_and_ends_the_others_at_once():
    seen = []

    async def wait(loop, seconds, name, *, fails=False):
        signal = Signal(loop)
        loop.at(loop.clock.now() + seconds, signal, None)
        try:
            await signal
        except Cancelled:
            seen.append(f"{name} cancelled")
            raise
        if fails:
            raise ValueError(name)
        return name

    async def good(loop):
        return await gather(loop, [lambda: wait(loop, 2, "a"), lambda: wait(loop, 1, "b")])

    async def bad(loop):
        starts = [
            lambda: wait(loop, 1, "a"),
            lambda: wait(loop, 1, "b", fails=True),
            lambda: wait(loop, 1, "c"),
            lambda: wait(loop, 9, "d"),
        ]
        try:
            await gather(loop, starts)
        except ValueError as error:
            return str(error)

    assert run(good) == ["a", "b"]
    assert run(bad) == "b"
    assert seen == ["c cancelled", "d cancelled"]


@pytest.mark.parametrize(("seconds", "most_at_once"), [(0, 64), (1, 300)])
def test_fibers_that_wait_for_nothing_are_few_at_once(seconds, most_at_once):
    left, running, most = list(range(1_000)), [0], [0]

    async def main(loop):
        async def lane(_lanes):
            running[0] += 1
            while left:
                left.pop()
                most[0] = max(most[0], running[0])
                await loop.turn
                if seconds:
                    signal = Signal(loop)
                    loop.at(loop.clock.now() + seconds, signal, None)
                    await signal
            running[0] -= 1

        await Lanes(loop, lane, 300).run()
        return left

    assert run(main) == []
    assert (most[0], running[0]) == (most_at_once, 0)


def test_a_failure_ends_those_that_grew_and_no_more_begin():
    started = [0]

    async def main(loop):
        async def lane(_lanes):
            started[0] += 1
            place = started[0]
            signal = Signal(loop)
            loop.at(loop.clock.now() + 1, signal, None)
            await signal
            if place == 100:
                raise ValueError(place)

        await Lanes(loop, lane, 128).run()

    with pytest.raises(ValueError, match="100"):
        run(main)
    assert started[0] == 128


@pytest.mark.parametrize(("first", "then"), [(4, 2), (2, 5), (3, 3), (1, 100)])
def test_lanes_grow_and_shrink_while_they_run(first, then):
    left, running, most = list(range(60)), [0], {}

    async def main(loop):
        async def lane(lanes):
            while left and not lanes.too_many:
                left.pop()
                running[0] += 1
                half = "first" if len(left) >= 40 else "then" if len(left) < 25 else "between"
                most[half] = max(most.get(half, 0), running[0])
                signal = Signal(loop)
                loop.at(loop.clock.now() + 1, signal, None)
                await signal
                running[0] -= 1
                if len(left) == 36 or (len(left) < 36 and not changed):
                    changed.append(True)
                    lanes.resize(then)

        changed = []
        await Lanes(loop, lane, first).run()
        return left

    assert run(main) == []
    assert (most["first"], most["then"]) == (first, min(then, 36))


def test_old_timers_are_forgotten():
    async def main(loop):
        for _ in range(5_000):
            signal = Signal(loop)
            loop.at(loop.clock.now() + 1e6, signal, None)
            signal.set(None)
        return len(loop._timers)

    assert run(main) < 1_000


def test_workers_are_bounded_and_end():
    workers, gate, running, most = Workers(3, "w"), threading.Event(), [0], [0]
    lock, done = threading.Lock(), threading.Semaphore(0)

    def job():
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        gate.wait(10)
        with lock:
            running[0] -= 1
        done.release()

    before = threading.active_count()
    for _ in range(10):
        workers.submit(job)
    gate.set()
    for _ in range(10):
        assert done.acquire(timeout=10)
    workers.close()
    deadline = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert most[0] <= 3
    assert threading.active_count() == before


def test_clocks():
    system, scaled, virtual = SystemClock(), ScaledClock(100), VirtualClock(5)
    assert abs(system.now() - time.time()) < 1
    assert 0.9 < system.real_delay(system.now() + 1) <= 1
    assert 0 < scaled.real_delay(scaled.now() + 100) <= 1
    virtual.idle_until(9)
    virtual.idle_until(7)
    assert (virtual.now(), virtual.real_delay(1e9)) == (9, 0)
    with pytest.raises(ValueError, match="ScaledClock needs a factor above 0, not 0"):
        ScaledClock(0)


@pytest.mark.parametrize(
    ("text", "pattern", "holds"),
    [
        ("log-1.txt", "log-*.txt", True),
        ("log-.txt", "log-*.txt", True),
        ("log.txt", "log-*.txt", False),
        ("abc", "*b*", True),
        ("abab", "ab*ab", True),
        ("ab", "ab*ab", False),
        ("a*b", "a\\*b", True),
        ("axb", "a\\*b", False),
        ("a\\b", "a\\\\b", True),
        ("", "*", True),
        ("x", "", False),
    ],
)
def test_patterns(text, pattern, holds):
    assert matches(text, pattern) is holds


def test_json_equality_and_text():
    assert same({"a": [1, None]}, {"a": [1.0, None]})
    assert not same([True], [1])
    assert not same({"a": 1}, {"a": 1, "b": 2})
    assert not same(None, False)
    assert dumps({"é": 1.0}) == '{"é":1.0}'
    for bad in ("NaN", "Infinity", "{", "[" * 100_000):
        with pytest.raises(ValueError):  # noqa: PT011 - any reason
            loads(bad)


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1.0"), (1e10, "1.0E10"), (1.5e-5, "1.5E-5"), (12345678.9, "1.23456789E7"), (3, "3")]
)
def test_numbers_as_java_prints_them(value, text):
    assert java_text(value) == text


def test_instants():
    assert parse_instant("2016-03-14T01:59:00Z") == parse_instant("2016-03-14T03:59:00.000+02:00")
    for bad in ("2016-13-05T21:29:29Z", "2016-12-05T21:29:29", "05-12-2016T21:29:29Z", "2016-12-05 21:29:29Z", "x"):
        assert parse_instant(bad) is None
    assert instant_text(1_700_000_000.1239) == "2023-11-14T22:13:20.123Z"
