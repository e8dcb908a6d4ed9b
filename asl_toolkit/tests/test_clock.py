"""A clock is told when something outside works for an execution: one may go otherwise meanwhile."""

from __future__ import annotations

from concurrent.futures import Future

from asl_toolkit import Services, Submitted, SystemClock, TaskFailed, run


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
    assert (clock.changes.count(1), sum(clock.changes)) == (5, 0)
