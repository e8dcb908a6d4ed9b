"""Jobs whose runner was killed: reconcile ends them, and no other process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from extract_core import Outcome
from extract_local.jobs import orphans
from extract_local.jobs.orphans import stop_orphan

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
PLAIN = "import time; print('ready', flush=True); time.sleep(600)"


@pytest.fixture
def job():
    """A process as the runner starts jobs: in a separate group, with arguments that hold the place of its result."""
    started = []

    def start(code=PLAIN, *more):
        command = [sys.executable, "-c", code, "--result_uri", f"file:///runs/{len(started)}.json", *more]
        process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
        started.append(process)
        process.stdout.readline()
        return process, {"ProcessId": process.pid, "Command": command}

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_job_that_runs_is_ended(job):
    process, answer = job()
    assert stop_orphan(Outcome.succeeded(answer)) is True
    assert process.wait(10) == -signal.SIGTERM


def test_one_that_does_not_listen_is_killed(job, monkeypatch):
    monkeypatch.setattr(orphans, "GRACE_SECONDS", 0.1)
    process, answer = job(STUBBORN)
    assert stop_orphan(Outcome.succeeded(answer)) is True
    assert process.wait(10) == -signal.SIGKILL


def test_what_the_job_has_started_ends_with_it(job):
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {PLAIN!r}]); time.sleep(600)"
    process, answer = job(code)
    assert stop_orphan(Outcome.succeeded(answer)) is True
    process.wait(10)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    else:
        pytest.fail("a process of the job's group is left")


def test_a_process_that_has_the_number_of_a_job_by_now_is_left_alone(job):
    process, answer = job()
    assert not stop_orphan(Outcome.succeeded({**answer, "Command": [*answer["Command"][:-1], "file:///runs/other.json"]}))
    assert process.poll() is None


@pytest.mark.parametrize("answer", [None, "x", {}, {"ProcessId": 1, "Command": ["a", "b"]}, {"ProcessId": "4", "Command": []}])
def test_what_tells_of_no_process(answer):
    assert stop_orphan(Outcome.succeeded(answer)) is False


def test_a_job_that_has_ended_is_fine(job):
    process, answer = job()
    process.kill()
    process.wait()
    assert stop_orphan(Outcome.succeeded(answer)) is False
