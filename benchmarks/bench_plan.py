"""From YAML bytes to finished items, against PyYAML's CSafeLoader alone on the same bytes, with Python's default collector.

Goals: at most 1.5 times its time at 1,000, 10,000 and 50,000 tables; at most 1/6 of pure `safe_load` and a plain dict loop;
50,000 at most 60 times 1,000; peak memory at most the same (desired: half); a list of 10,000 names costs the same as "*".
Each figure is the median of alternating measurements in separate processes; times exclude imports. Memory is the peak of the
process above its memory after the imports and a plan of ten tables.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

SIZES = (1_000, 10_000, 50_000)
PAIRS = {1_000: 9, 10_000: 5, 50_000: 3}
MACHINE = {
    "name": "extract",
    "map": "DISTRIBUTED",
    "max_concurrency": 1_000,
    "retry_loop": False,
    "contract": [1, 0],
    "versions": {},
    "job_types": {"glue": {"job_name": "extract-jdbc"}},
}
PLACES = ("s3://extract-data/", "s3://extract-runs/")


def config(tables: int, shape: str = "full") -> bytes:
    """A typical config: most tables have their own keys (full), or most have few or none (short)."""
    lines = [
        "source_name: sales",
        "source_type: jdbc",
        "extract:",
        "  job_type: glue",
        "  script_name: jdbc_extract_job.py",
        '  default_arguments: {num_partitions: "4", fetchsize: "1000", extract_type: FE, worker_no: "2", worker_type: G.1X}',
        "  db_engine: postgres",
        "  db_secret: postgres/sales",
        '  db_port: "5432"',
        "  db_name: sales",
        "  tables:",
    ]
    incremental = ["extract_type: PE", "hwm_col_name: updated_at", "hwm_column_type: TimestampType"]
    for number in range(tables):
        name = f"    public.table_{number:05d}:"
        bounds = ["partition_column: id", 'lower_bound: "1"', f'upper_bound: "{number + 1}000"', 'num_partitions: "8"']
        sizes = ['fetchsize: "5000"', f'worker_no: "{number % 7 + 2}"', "worker_type: G.2X"]
        own = [*incremental, *bounds, *sizes] if shape == "full" else [incremental, bounds, []][number % 3]
        if shape == "full" and number % 4 == 3:
            own = sizes
        lines += [name, *(f"      {line}" for line in own)] if own else [name + " {}"]
    return ("\n".join(lines) + "\n").encode()


def c_loader(tables: int) -> dict[str, float]:
    """Only `yaml.load(…, CSafeLoader)`."""
    import yaml

    return _measured(lambda data: yaml.load(data, yaml.CSafeLoader), tables)


def pure_loader(tables: int) -> dict[str, float]:
    """`yaml.safe_load` and a loop that merges defaults and table, as the pipeline before this project did."""
    import yaml

    def load(data: bytes) -> list[dict[str, object]]:
        extract = yaml.safe_load(data)["extract"]
        common = {key: value for key, value in extract.items() if key not in ("tables", "default_arguments")}
        return [
            {**common, **extract["default_arguments"], **own, "extract_table": name} for name, own in extract["tables"].items()
        ]

    return _measured(load, tables)


def ours(tables: int, *, names: bool = False, keep: bool = False) -> dict[str, float]:
    """Read, select and plan, item by item. `keep`: all items stay in a list. `names`: an event with all names instead of "*"."""
    from extract_core.config.read import read_source_config
    from extract_core.plan.event import read_event
    from extract_core.plan.places import Attempt, Places
    from extract_core.plan.run_context import RunContext
    from extract_core.plan.select import select_tables
    from extract_core.plan.source_planner import stream_tables
    from extract_core.registry.loading import discover

    registry = discover()
    run = RunContext(run_id="sales-20260301T060000-0000", execution_id="e", started_at="2026-03-01T06:00:00+00:00")
    attempt = Attempt(run=run, number=1, places=Places(data_uri=PLACES[0], runs_uri=PLACES[1]))

    def plan(data: bytes, tables_of_event: object) -> object:
        source = read_source_config(data, file="sales.yml")
        event = read_event({"source": "sales", "tables": tables_of_event})
        chosen = select_tables(source, event)
        planned = stream_tables(source, chosen, attempt=attempt, machine=MACHINE, registry=registry, marks={})
        items = (table.item for table in planned)
        if keep:
            all_items = list(items)
            assert len(all_items) == len(chosen)
            return all_items
        assert sum(1 for item in items if "plan_error" not in item) == len(chosen)
        return None

    tables_of_event = [f"public.table_{number:05d}" for number in range(tables)] if names else "*"
    return _measured(lambda data: plan(data, tables_of_event if len(data) > 10_000 else "*"), tables)


def _measured(work: object, tables: int) -> dict[str, float]:
    import time

    assert callable(work)
    work(config(10))
    data = config(tables, os.environ.get("BENCH_SHAPE", "full"))
    before = _memory("VmRSS")
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:  # noqa: PTH123 - sets VmHWM back to now (man 5 proc)
        file.write("5")
    started = time.process_time()
    result = work(data)
    seconds = time.process_time() - started
    del result
    return {"seconds": seconds, "megabytes": (_memory("VmHWM") - before) / 1024, "process": _memory("VmHWM") / 1024}


def _memory(name: str) -> int:
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123
        return next(int(line.split()[1]) for line in file if line.startswith(name))


WORKS = {
    "c": c_loader,
    "pure": pure_loader,
    "ours": ours,
    "names": lambda tables: ours(tables, names=True),
    "kept": lambda tables: ours(tables, keep=True),
}


def run(work: str, tables: int, shape: str) -> dict[str, float]:
    """One measurement in a separate process."""
    environ = {**os.environ, "BENCH_SHAPE": shape}
    done = subprocess.run([sys.executable, __file__, work, str(tables)], check=True, capture_output=True, text=True, env=environ)
    return json.loads(done.stdout)


def compare(
    work: str, other: str, tables: int, pairs: int, shape: str = "full"
) -> tuple[dict[str, float], dict[str, float], float]:
    """The medians of both, and the median ratio of the times, from alternating pairs."""
    measured = [(run(work, tables, shape), run(other, tables, shape)) for _ in range(pairs)]
    medians = [{key: statistics.median(pair[side][key] for pair in measured) for key in measured[0][0]} for side in (0, 1)]
    return medians[0], medians[1], statistics.median(mine["seconds"] / theirs["seconds"] for mine, theirs in measured)


def main() -> int:
    """Print the figures."""
    quick = "--quick" in sys.argv
    times = {}
    for tables in SIZES[:1] if quick else SIZES:
        pairs = 3 if quick else PAIRS[tables]
        mine, theirs, ratio = compare("ours", "c", tables, pairs)
        times[tables] = mine["seconds"]
        print(
            f"{tables:>6,} tables  ours {mine['seconds'] * 1000:7.0f} ms  CSafeLoader {theirs['seconds'] * 1000:7.0f} ms  "
            f"ratio {ratio:.2f} (goal: at most 1.5)"
        )
        memory = mine["megabytes"] / theirs["megabytes"]
        print(
            f"       memory  ours {mine['megabytes']:7.1f} MB  CSafeLoader {theirs['megabytes']:7.1f} MB  ratio {memory:.2f} "
            f"(goal: at most 1, wanted 0.5)   whole process {mine['process']:.0f} and {theirs['process']:.0f} MB"
        )
        held, _, ratio = compare("kept", "c", tables, 1 if quick else max(1, pairs // 2))
        memory = held["megabytes"] / theirs["megabytes"]
        print(f"       all items held in a list: time ratio {ratio:.2f}, memory {held['megabytes']:.1f} MB, ratio {memory:.2f}")
    if not quick:
        print(f"50,000 tables take {times[50_000] / times[1_000]:.1f} times what 1,000 take (goal: at most 60)")
        listed, everything, ratio = compare("names", "ours", 10_000, 5)
        print(
            f"10,000 names in a list: {listed['seconds'] * 1000:.0f} ms, '*': {everything['seconds'] * 1000:.0f} ms, "
            f"ratio {ratio:.2f}"
        )
        _, _, ratio = compare("ours", "c", 10_000, 5, "short")
        print(f"10,000 short tables (most with few keys or none): ratio to CSafeLoader {ratio:.2f}")
    tables = 1_000
    _, theirs, ratio = compare("ours", "pure", tables, 3)
    print(f"{tables:,} tables, pure safe_load and a loop: {theirs['seconds'] * 1000:.0f} ms, ratio {ratio:.3f} (goal: 0.167)")
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 3:
        os.write(1, json.dumps(WORKS[sys.argv[1]](int(sys.argv[2]))).encode())
    else:
        sys.exit(main())
