"""The pages of `extract ui` for a source and a run of 100,000 tables: seconds to the first answer, the whole page, and again.

The app runs in this process behind starlette's client; its stores are files. `python benchmarks/bench_ui.py [TABLES]`.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench_tracking import names, run
from starlette.testclient import TestClient

from extract_cli.ui.app import make_app
from extract_cli.ui.site import Site
from extract_core.tracking.sqlite import SQLiteTracking

TOML = '[pipeline]\nname = "extract-sales"\n\n[job_types.glue]\njob_name = "extract-jdbc"\n'
HEAD = (
    "source_name: sales\nextract:\n  job_type: glue\n  script_name: job.py\n  db_engine: sqlite\n  db_name: sales.db\n  tables:\n"
)
TOKEN = "of-this-benchmark"  # noqa: S105 - of no one else
START = datetime(2026, 3, 1, 6, tzinfo=UTC)


def fill(store: SQLiteTracking, tables: int) -> None:
    """A run of so many tables: one is recorded, the others are made of its rows. 200 run at once; one of 50 failed."""
    for _ in run(store, names(1)):
        pass
    connection = store._database._connection  # noqa: SLF001 - only filled here, not measured
    connection.execute("BEGIN")
    for name in ("table_states", "attempts"):
        columns = [f'"{column[1]}"' for column in connection.execute(f"PRAGMA table_info({name})") if column[1] != "table"]
        connection.execute(
            "WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n LIMIT ?) "  # noqa: S608 - names of columns
            f'INSERT INTO {name} ("table", {", ".join(columns)}) '
            f"SELECT printf('public.table_%06d', n), {', '.join(columns)} FROM {name}, n",
            (tables - 1,),
        )
    connection.executemany(
        'UPDATE attempts SET started_at = ?, ended_at = ?, state = ?, failure = ?, message = ? WHERE run_id = ? AND "table" = ?',
        [(*times(number), "run-1", name) for number, name in enumerate(names(tables))],
    )
    connection.execute("UPDATE runs SET planned = ?", (tables,))
    connection.execute("COMMIT")
    ended = (START + timedelta(hours=8)).isoformat()
    store.put_summary("run-1", {"state": "FAILED", "ended_at": ended, "failed": tables // 50})


def times(number: int) -> tuple[str, str, str, str | None, str | None]:
    """Start, end, state, class of failure and message of an attempt of 20 to 79 seconds."""
    begun = START + timedelta(seconds=number // 200 * 50 + number % 200 * 0.2)
    ended = begun + timedelta(seconds=20 + number * 7 % 60)
    failed = ("FAILED", "CAPACITY", f"no capacity in zone {number % 3}") if number % 50 == 7 else ("SUCCEEDED", None, None)
    return begun.isoformat(), ended.isoformat(), *failed


def main(tables: int) -> None:
    """Make the stores, read each page twice."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "extract.toml").write_text(TOML)
        (folder / "config").mkdir()
        with folder.joinpath("config", "sales.yml").open("w") as file:
            file.write(HEAD)
            file.writelines(f"    {name}: {{}}\n" for name in names(tables))
        (folder / ".extract").mkdir()
        with SQLiteTracking(folder / ".extract" / "tracking.db") as store:
            fill(store, tables)
        client = TestClient(make_app(Site(folder, local=True), token=TOKEN, port=80), base_url="http://127.0.0.1")
        client.get(f"/?token={TOKEN}")
        last = f"public.table_{tables - 1:06}"
        print(f"{tables:,} tables                          answer    whole    again    bytes")
        for path in (
            "/", "/run?run=run-1", "/run?run=run-1&sort=seconds&page=500", "/run?run=run-1&find=table_0999&state=FAILED",
            f"/run/table?run=run-1&table={last}", "/sources", "/tables?source=sales&page=700",
            f"/table?source=sales&table={last}",
            "/plan?source=sales&page=3", "/config?source=sales&page=50", "/plugins", "/pools",
        ):  # fmt: skip
            took, whole = [], []
            for _ in range(2):
                began = time.perf_counter()
                answer = client.get(path)
                took.append(time.perf_counter() - began)
                assert answer.status_code == 200, answer.text
                while 'http-equiv="refresh"' in answer.text:
                    time.sleep(0.1)
                    answer = client.get(path)
                whole.append(time.perf_counter() - began)
            print(f"{path:<45} {took[0]:6.2f} s {whole[0]:6.2f} s {whole[1]:6.2f} s {len(answer.content):>8,}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
