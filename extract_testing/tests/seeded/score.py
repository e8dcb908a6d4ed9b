"""`make kit-score`: how many of the seeded faults the kit reports, by family, and what it wrongly says of right plugins."""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import sys
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from seeded import Fault, Verdict, faults, judged_fault, judged_right, right_plugins

GOAL = 0.95
"""The share of the whole set that the kit must find."""


def _apart(job: tuple[str, Fault | str, bool]) -> tuple[str, Verdict]:
    name, what, to_the_end = job
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(folder)
        try:
            verdict = judged_right(what) if isinstance(what, str) else judged_fault(what, Path(folder), to_the_end=to_the_end)
        except ValueError as error:
            verdict = Verdict(crashes={"seed": str(error)})
    return name, verdict


def main() -> int:  # noqa: C901 - prints a table
    """0 if the goal is met without a false alarm, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", default="", help="only families that begin so")
    parser.add_argument("--only", default="", help="only these faults: numbers with commas")
    parser.add_argument("--show", action="store_true", help="show what the kit says of each")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    numbers = {number for number in options.only.split(",") if number}
    chosen = [fault for fault in faults() if fault.family.startswith(options.family) and (not numbers or fault.number in numbers)]
    jobs: list[tuple[str, Fault | str, bool]] = [(name, name, True) for name in right_plugins()] if not numbers else []
    jobs += [(fault.number, fault, options.show) for fault in chosen]
    warnings.simplefilter("ignore")  # pydantic's, about wrong settings of a fault
    with contextlib.redirect_stdout(io.StringIO()):
        judged_right("tidy_batch")  # imports what the kit needs, once for all processes
    with multiprocessing.get_context("fork").Pool(options.jobs, maxtasksperchild=1) as pool:
        verdicts = dict(pool.imap_unordered(_apart, jobs))
    by_family = defaultdict(list)
    for fault in chosen:
        by_family[fault.family].append(fault)
    caught = 0
    for family, members in by_family.items():
        hits = [fault for fault in members if verdicts[fault.number].breaches]
        caught += len(hits)
        print(f"{family:24} {len(hits):3} of {len(members)}")
        for fault in members:
            verdict = verdicts[fault.number]
            if not verdict.breaches:
                print(f"    missed {fault.number} ({fault.base}): {fault.says}")
            elif options.show:
                print(f"    {fault.number} ({fault.base}): {fault.says}")
                for name, text in verdict.breaches.items():
                    print(f"        {name}: {text[:400]}")
            for name, text in verdict.crashes.items():
                print(f"    CRASH  {fault.number} {name}: {text}")
    alarms = 0
    for name in right_plugins() if not numbers else []:
        verdict = verdicts[name]
        alarms += bool(verdict.breaches or verdict.crashes)
        print(
            f"right: {name:16} {len(verdict.left_out)} left out, {len(verdict.breaches)} alarms, {len(verdict.crashes)} crashes"
        )
        for kind in (verdict.breaches, verdict.crashes, verdict.left_out if options.show else {}):
            for check, text in kind.items():
                print(f"    {check}: {text[:600]}")
    share = caught / len(chosen) if chosen else 1.0
    print(f"caught {caught} of {len(chosen)} ({share:.1%}); right plugins with a false alarm: {alarms}")
    return int(share < GOAL or alarms > 0)


if __name__ == "__main__":
    sys.exit(main())
