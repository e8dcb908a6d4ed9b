"""Small tables that share jobs: the processor time of `extract run --local`, and the bill of a night on AWS.

Runs. 200 tables of 10 rows (SQLite), with shared jobs and with a job each; with `--peers` also by sling and dlt,
which are installed into temporary environments from the package index. Then 2,000 tables of
50 rows. Processor time is that of all processes. Goals: at most that of sling; 60 s for 2,000 tables on two processors.

The bill. 2,000 tables with rows by a log-normal distribution (median 5,000, sigma 2.5: a few of them have tens of millions), read
at 100,000 rows per second after 0.2 s. A job is billed from its start on (`start_seconds` of the job type), per second, and a
minute at least. Prices of us-east-1, without free tiers:

- Glue: $0.44 per DPU-hour, a minute at least (https://aws.amazon.com/glue/pricing/; read in
  https://awsnegotiations.com/glue-job-cost-optimization.html on 2026-11-30). A job has two G.1X workers.
- Fargate: $0.04048 per vCPU-hour and $0.004445 per GB-hour, from the pull of the image on, a minute at least
  (https://aws.amazon.com/fargate/pricing/; read in https://www.vantage.sh/blog/fargate-pricing on 2026-11-30). 1 vCPU, 2 GB.
- EMR Serverless: per second, a minute at least per worker (https://aws.amazon.com/emr/pricing/; read in
  https://awsnegotiations.com/emr-serverless-cost-optimization on 2026-11-30). Only the ratio is computed: no price was read.

Goal: at most a fifth of the bill of single jobs.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from extract_core.registry.loading import discover
from extract_core.runs.groups import SMALL, Candidate, packed

TOML = """
[pipeline]
name = "bench"
[job_types.ecs]
cluster = "extract"
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d4e5f60718"]
"""
DLT = """
import sys, dlt
from dlt.sources.sql_database import sql_database
source = sql_database("sqlite:///sales.db", backend="pyarrow")
pipeline = dlt.pipeline("bench", destination=dlt.destinations.filesystem("file://" + sys.argv[1]), pipelines_dir=sys.argv[2])
pipeline.run(source, loader_file_format="parquet")
"""
SLING = """
import os, sys
from sling import Replication, ReplicationStream
os.environ["SALES"] = "sqlite://" + os.path.abspath("sales.db")
streams = {"main.*": ReplicationStream(object="file://" + sys.argv[1] + "/{stream_table}.parquet", mode="full-refresh")}
Replication(source="SALES", target="LOCAL", streams=streams).run()
"""
PEERS = {"dlt": (DLT, ("dlt[sql_database,parquet,filesystem]",)), "sling": (SLING, ("sling==1.2.24",))}
SHARE_TABLES, SHARE_SECONDS = 50, 600
PRICED = {
    "glue": ({"worker_type": "G.1X", "worker_no": 2}, {"dpu_seconds": 0.44 / 3600}),
    "ecs": ({"cpu": 1024, "memory": 2048}, {"vcpu_hours": 0.04048, "memory_gb_hours": 0.004445}),
    "emr_serverless": ({}, {}),
}


def project(folder: Path, tables: int, rows: int, *, share: bool) -> None:
    """A project of so many small tables of SQLite."""
    (folder / "config").mkdir(parents=True)
    with sqlite3.connect(folder / "sales.db") as connection:
        for number in range(tables):
            connection.execute(
                f"CREATE TABLE t{number:04} (id INTEGER PRIMARY KEY, name TEXT, amount DECIMAL(10,2), at TIMESTAMP)"
            )
            values = [(row, f"n{row}", row * 1.5, "2024-01-01 00:00:00") for row in range(rows)]
            connection.executemany(f"INSERT INTO t{number:04} VALUES (?, ?, ?, ?)", values)  # noqa: S608 - a number
    connection.close()
    (folder / "extract.toml").write_text(TOML, encoding="utf-8")
    names = "".join(f"    t{number:04}: {{}}\n" for number in range(tables))
    database = "  db_engine: sqlite\n  db_name: sales.db\n"
    head = f"source_name: sales\nsource_type: jdbc\nextract:\n  job_type: ecs\n{database}  share: {str(share).lower()}\n"
    (folder / "config/sales.yml").write_text(f"{head}  tables:\n{names}", encoding="utf-8")


def measured(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds of processor time of all processes of a command, and of the clock."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


def ours(tables: int, rows: int, *, share: bool) -> tuple[float, float]:
    """A first run of these tables."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        project(folder, tables, rows, share=share)
        return measured([str(Path(sys.executable).with_name("extract")), "run", "sales", "--local"], folder)


def peer(name: str, python: str) -> tuple[float, float]:
    """The same 200 tables to Parquet by another tool."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        project(folder, 200, 10, share=True)
        return measured([python, "-c", PEERS[name][0], str(folder / "out"), str(folder / "state")], folder)


def environment(name: str, scratch: Path) -> str:
    """The Python of an environment that has this peer."""
    venv.create(scratch / name, with_pip=True)
    python = str(scratch / name / "bin" / "python")
    install = [python, "-m", "pip", "-q", "--disable-pip-version-check", "install", *PEERS[name][1]]
    subprocess.run(install, check=True, capture_output=True)
    return python


def bill() -> bool:
    """Print the bill of a night per service; return whether the goal is reached."""
    chance = random.Random(1)  # noqa: S311 - sizes of tables
    turns = [0.2 + chance.lognormvariate(8.517, 2.5) / 100_000 for _ in range(2_000)]
    registry, reached = discover(), True
    small = [seconds for seconds in turns if seconds * SMALL <= SHARE_SECONDS]
    jobs = packed([Candidate(seconds, False, "") for seconds in small], SHARE_TABLES, SHARE_SECONDS)  # noqa: FBT003 - not new
    print(f"bill of 2,000 tables: {sum(turns):,.0f} s of work; {len(small)} are small and share {len(jobs)} jobs")
    for name, (settings, prices) in PRICED.items():
        job_type = registry.job_type(name)
        minute = job_type.minute_cost(job_type.settings().model_validate(settings))

        def minutes(seconds: float, start: int = job_type.start_seconds) -> float:
            return max(1.0, (start + seconds) / 60)

        single = sum(map(minutes, turns))
        rest = sum(minutes(seconds) for seconds in turns if seconds * SMALL > SHARE_SECONDS)
        shared = rest + sum(minutes(sum(candidate.seconds for candidate in job)) for job in jobs)
        usd = sum(amount * prices.get(unit, 0.0) for unit, amount in minute.items())
        money = f", ${single * usd:,.2f} and ${shared * usd:,.2f}" if usd else ""
        print(f"  {name:<15} single {single:8,.0f} job minutes, shared {shared:6,.0f}: 1/{single / shared:.1f}{money}")
        reached = reached and shared * 5 <= single
    return reached


def main(argv: list[str]) -> int:
    """Print the figures. Exit code 1 if a goal is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", action="store_true", help="install sling and dlt and measure them")
    parser.add_argument("--bill", action="store_true", help="only the bill")
    options = parser.parse_args(argv)
    reached = bill()
    if not options.bill:
        figures = {f"ours, {word}": ours(200, 10, share=share) for word, share in (("shared", True), ("a job each", False))}
        for name in PEERS if options.peers else ():
            with tempfile.TemporaryDirectory() as scratch:
                try:
                    figures[name] = peer(name, environment(name, Path(scratch)))
                except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
                    print(f"{name} not measured: {error}")
        for name, (cpu, seconds) in figures.items():
            print(f"200 tables of 10 rows: {name:<16} {cpu:6.1f} s of processor time, {seconds:6.1f} s")
        cpu, seconds = ours(2_000, 50, share=True)
        processors = os.cpu_count()
        print(
            f"2,000 tables of 50 rows: {cpu:.1f} s of processor time, {seconds:.1f} s with {processors} processors (goal: 60 s)"
        )
        reached = reached and seconds <= 60 and ("sling" not in figures or figures["ours, shared"][0] <= figures["sling"][0])
    print(f"goals: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
