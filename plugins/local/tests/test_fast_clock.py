"""The clock hurries through waits, and keeps this machine's time while something works."""

from __future__ import annotations

import time
from concurrent.futures import Future
from threading import Timer

from asl_toolkit import Services, Submitted, run
from extract_local.executions.fast_clock import FastClock


def passed(clock: FastClock, seconds: float) -> float:
    before = clock.now()
    time.sleep(seconds)
    return clock.now() - before


def test_it_hurries_only_while_nobody_works():
    clock = FastClock(100_000)
    assert passed(clock, 0.02) < 1_000  # nothing has begun: the execution's start is told by this machine's time
    clock.at_work(1)
    clock.at_work(-1)
    assert passed(clock, 0.02) >= 2_000
    assert 0 < clock.real_delay(clock.now() + 1_000_000) <= 10
    clock.at_work(1)
    assert passed(clock, 0.02) < 1_000
    assert clock.real_delay(clock.now() + 1_000_000) > 900_000
    clock.at_work(1)
    clock.at_work(-1)
    assert passed(clock, 0.02) < 1_000
    clock.at_work(-1)
    assert passed(clock, 0.02) >= 2_000


def test_it_never_goes_back():
    clock = FastClock(50)
    seen = [clock.now()]
    for number in range(200):
        clock.at_work(-1 if number % 2 else 1)
        seen.append(clock.now())
    assert seen == sorted(seen)


def test_a_wait_passes_and_a_job_keeps_its_time_limit():
    def job(request):
        time.sleep(0.1)  # a start takes its time, too
        completion = Future()
        Timer(0.2, lambda: completion.set_result({"took": 0.3})).start()
        return Submitted({}, completion)

    work = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "TimeoutSeconds": 60, "Next": "Rest"}
    machine = {"StartAt": "Work", "States": {"Work": work, "Rest": {"Type": "Wait", "Seconds": 86_400, "End": True}}}
    ended = run(machine, services=Services({("batch", "submitJob"): job}), clock=FastClock(1_000_000), timeout=60)
    assert (ended.status, ended.output) == ("SUCCEEDED", {"took": 0.3})


def test_a_job_over_its_time_limit_is_ended():
    cancelled = []
    work = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "TimeoutSeconds": 1, "End": True}
    services = Services({("batch", "submitJob"): lambda request: Submitted({}, Future(), lambda: cancelled.append(1))})
    ended = run({"StartAt": "Work", "States": {"Work": work}}, services=services, clock=FastClock(100), timeout=60)
    assert (ended.error, cancelled) == ("States.Timeout", [1])
