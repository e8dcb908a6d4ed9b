"""Kills the process of a run at random moments until all its tables are extracted, again and again. Started by `test_kills`.

    python tests/scale/killing.py FOLDER --kills 200 --tables 500 --seed 1 [--pool SIZE | --share TABLES]

A chain begins with a run of all tables. If its process is killed, the next process cleans up after it and reruns its tables,
and may be killed as well, until one comes to its end. Then each table must have exactly one success in the chain, whose files
its manifest names, and no lease. With ``--share``, so many tables share a job. With ``--pool``, all tables share a pool of this
size, and no slot may be held. Half of the kills come at a random event of the run, the others after a random time, so that they
also hit the clean-up and the plan. `more` of `Chain` is for what else must hold at the end of a chain.

The processes are forks of this one, which has imported everything and has no thread. The last line of stdout is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from shared_fixtures.shell_job import ShellJob, write_project

import asl_generator
import asl_toolkit.runtime.execution
import extract_local.executions.execution
import extract_local.jobs.starting
import extract_local.services
from extract_core.contract import JobState
from extract_core.errors import RunNotFound, UsageError
from extract_core.objects.files import file_uri
from extract_core.objects.routed import open_objects
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.installed import Registry
from extract_core.status.live_files import live_attempts
from extract_core.tracking.open import open_tracking
from extract_local.engine import LocalEngine

EVENTS_OF_A_TABLE = 22  # about: where a kill at a random event falls
SECONDS = 0.02  # per table, and half a second more: up to where a kill after a random time falls

_ = (asl_generator, asl_toolkit, extract_local)  # imported here, so that the forks need not


class Chain:
    """A project, and the processes that run its tables. `more` checks the folder at the end of a chain, and raises."""

    def __init__(
        self,
        folder: Path,
        tables: int,
        chance: random.Random,
        *,
        more: Callable[[Path], None] | None = None,
        table: str = "{}",
        share: int = 1,
    ) -> None:
        self.folder = folder
        self.tables = write_project(folder, tables, table=table)
        self.kills: Counter[str] = Counter()
        self._chance = chance
        self._share = share
        self._more = more
        self._runs = 0

    def go(self, most: int) -> None:
        """Run all tables once, with at most so many kills."""
        before: str | None = None
        chain: list[str] = []
        left = len(self.tables)
        while True:
            self._runs += 1
            run = f"r{self._runs:05}"
            chain.append(run)
            by_event = self._chance.random() < 0.5
            kill_at = self._chance.randrange(1, max(40, left * EVENTS_OF_A_TABLE // self._share)) if by_event else None
            seconds = None if by_event else self._chance.uniform(0, 0.5 + left * SECONDS / min(self._share, 4))
            if sum(self.kills.values()) >= most:
                kill_at = seconds = None
            killed = self._process(run, before, kill_at, seconds)
            if not killed:
                break
            left, planned = self._left(run)
            self.kills[("at an event" if by_event else "after a time") + (", planned" if planned else ", not planned")] += 1
            before = run if planned else before
        self._check(chain)

    def _process(self, run: str, before: str | None, kill_at: int | None, seconds: float | None) -> bool:
        """Run the tables, or those that the run before has left, in a process. Returns whether it was killed."""
        process = os.fork()
        if process == 0:
            code = 70
            try:
                code = _work(self.folder, run, before, kill_at)
            except BaseException:  # noqa: BLE001 - a fork must not go on in the parent's code
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(code)
        if seconds is not None:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                ended, status = os.waitpid(process, os.WNOHANG)
                if ended:
                    return self._killed(status)
                time.sleep(0.005)
            os.kill(process, signal.SIGKILL)
        return self._killed(os.waitpid(process, 0)[1])

    @staticmethod
    def _killed(status: int) -> bool:
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, -signal.SIGKILL):
            raise AssertionError(f"a process of a run ended with {code}")
        return code != 0

    def _left(self, run: str) -> tuple[int, bool]:
        """How many tables have no success yet, and whether the run was planned."""
        with open_tracking(str(self.folder / "tracking.db")) as tracking:
            states = tracking.states("s", self.tables)
            done = sum(state.last_state is JobState.SUCCEEDED for state in states.values())
            with suppress(RunNotFound):
                return len(self.tables) - done, tracking.run(run).planned is not None
        return len(self.tables), False

    def _check(self, chain: list[str]) -> None:
        """Each table has one success in this chain, whose files its manifest names, and no lease."""
        with open_tracking(str(self.folder / "tracking.db")) as tracking:
            rows = [row for run in chain for row in _attempts(tracking, run)]
            states = tracking.states("s", self.tables)
        successes = Counter(row.table for row in rows if row.state is JobState.SUCCEEDED)
        wrong = {table: successes[table] for table in self.tables if successes[table] != 1}
        assert not wrong, f"tables without exactly one success: {wrong}"
        held = {table: state.owner for table, state in states.items() if state.owner is not None}
        assert not held, f"tables that are still held: {held}"
        committed = {row.table: (row.run_id, row.attempt) for row in rows if row.state is JobState.SUCCEEDED}
        objects, data = open_objects(), file_uri(self.folder / "data") + "/"
        for table in self.tables:
            (live,) = live_attempts(objects, data, "s", table)
            assert (live.run_id, live.attempt) == committed[table], f"the manifest of {table} names {live}"
        if self._more is not None:
            self._more(self.folder)


def _attempts(tracking: Any, run: str) -> list[Any]:
    with suppress(RunNotFound):
        return list(tracking.attempts(run))
    return []


def _work(folder: Path, run: str, before: str | None, kill_at: int | None) -> int:
    """What a process does: clean up after the run before, then run its tables, or all."""
    engine = LocalEngine(read_pipeline(folder), Registry.of(ShellJob()))
    event: dict[str, Any] = {"source": "s", "tables": "*"}
    if before is not None:
        engine.reconcile(before)
        event = {"source": "s", "rerun_of": before}
    execution = engine.start(event, run_id=run)
    for number, _event in enumerate(execution.events(), start=1):
        if number == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    end = execution.end()
    if end.status == "SUCCEEDED":
        return 0
    if before is not None and "is left to run again" in str(end.cause):
        return 0
    raise UsageError(f"{run}: {end.status}: {end.error}: {end.cause}")


def no_slot_is_held(folder: Path) -> None:
    """Each slot of the pool was given back."""
    with open_tracking(str(folder / "tracking.db")) as tracking:
        held = tracking.slots("db")
    assert not held, f"slots that are still held: {', '.join(map(str, held))}"


def main(argv: list[str]) -> int:
    """Kill, check, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pool", type=int)
    parser.add_argument("--share", type=int)
    options = parser.parse_args(argv)
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    if options.share is not None:
        chain = Chain(options.folder, options.tables, chance, table="{share: true}", share=options.share)
        file = options.folder / "extract.toml"
        section = f"[machine]\nshare = true\nshare_tables = {options.share}\n"
        file.write_text(file.read_text(encoding="utf-8").replace("[machine]\n", section), encoding="utf-8")
    elif options.pool is None:
        chain = Chain(options.folder, options.tables, chance)
    else:
        chain = Chain(options.folder, options.tables, chance, more=no_slot_is_held, table="{pool: db}")
        with (options.folder / "extract.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[pools]\ndb = {options.pool}\n")
    began, chains = time.monotonic(), 0
    while sum(chain.kills.values()) < options.kills:
        chain.go(options.kills)
        chains += 1
        sys.stderr.write(f"{chains} chains, {dict(chain.kills)}\n")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    jobs = (options.folder / "started").read_text(encoding="utf-8").count("\n")
    figures = {
        "kills": dict(chain.kills), "chains": chains, "tables": options.tables, "jobs": jobs,
        "seconds": round(time.monotonic() - began), "cpu_seconds": round(used.ru_utime + used.ru_stime),
    }  # fmt: skip
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
