"""A clock knows when work outside of an execution runs. Its time may run ahead when nothing works."""

from __future__ import annotations

import time
from concurrent.futures import Future
from threading import Timer

import pytest

from asl_toolkit import Services, Submitted, SystemClock, TaskFailed, inline, run


class Counting(SystemClock):
    def __init__(self):
        super().__init__()
        self.changes = []

    def at_work(self, change):
        self.changes.append(change)


def test_each_beginning_of_work_has_its_end():
    def job(request):
        if request.input["n"] == 2:
            raise TaskFailed("No", "")
        completion = Future()
        if request.input["n"] == 1:
            completion.set_result(None)
        return Submitted({}, completion)  # n 3: never ends, and is over its time

    task = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "TimeoutSeconds": 1, "End": True}
    task["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Rest"}]
    states = {"Work": task, "Rest": {"Type": "Pass", "End": True}}
    one = {"Type": "Map", "ItemProcessor": {"StartAt": "Work", "States": states}, "End": True}
    clock = Counting()
    ended = run({"StartAt": "Each", "States": {"Each": one}}, [{"n": 1}, {"n": 2}, {"n": 3}],
                services=Services({("batch", "submitJob"): job}), clock=clock, timeout=30)  # fmt: skip
    assert ended.status == "SUCCEEDED"
    assert (clock.changes.count(1), sum(clock.changes)) == (8, 0)


class Idling(SystemClock):
    """Skips an hour whenever nothing works: what a fast clock does if the loop's thread gets no CPU time just then."""

    def __init__(self):
        super().__init__()
        self.working = self.skipped = 0

    def now(self):
        now = super().now() + self.skipped
        if not self.working:
            self.skipped += 3600
        return now

    def at_work(self, change):
        self.working += change
        if not self.working:
            self.skipped += 3600


@pytest.mark.parametrize("mark", [inline, lambda handler: handler])
def test_time_never_runs_ahead_between_a_tasks_start_and_its_end(mark):
    @mark
    def job(request):
        completion = Future()
        Timer(0.05, lambda: completion.set_result(request.input + 1)).start()
        return Submitted({}, completion)

    work = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "TimeoutSeconds": 60}
    machine = {"StartAt": "First", "States": {"First": {**work, "Next": "Second"}, "Second": {**work, "End": True}}}
    ended = run(machine, 0, services=Services({("batch", "submitJob"): job}), clock=Idling(), timeout=30)
    assert (ended.status, ended.output) == ("SUCCEEDED", 2)


def test_time_never_runs_ahead_when_another_thread_takes_the_loop_over():
    """Slow handlers move to other threads. From their call to the end of their job, some work is counted all the time."""

    def slow(request):
        time.sleep(0.03)
        completion = Future()
        Timer(0.03, lambda: completion.set_result(request.input)).start()
        return Submitted({}, completion)

    work = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "TimeoutSeconds": 60}
    steps = {"First": {**work, "Next": "Second"}, "Second": {**work, "End": True}}
    map_state = {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": {"StartAt": "First", "States": steps}, "End": True}
    services = Services({("batch", "submitJob"): slow})
    ended = run({"StartAt": "Each", "States": {"Each": map_state}}, [1, 2, 3, 4], services=services, clock=Idling(), timeout=60)
    assert (ended.status, ended.output) == ("SUCCEEDED", [1, 2, 3, 4])
