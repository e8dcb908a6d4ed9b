"""`extract run --local`: wrong input, stops and crashes, and how the user continues after each."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extract_local.jobs import orphans

SLEEPER = """
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  tables:
    public.categories: {}
    public.customers: {}
    public.suppliers: {job_type: ecs}
"""


def tables(done) -> dict[str, str]:
    return {row["table"]: row["state"] for row in json.loads(done.stdout)["tables"]}


def test_a_run_of_some_tables(demo_project):
    done = demo_project.extract("run", "sales", "public.cat*", "crm.contacts", "--local", "--output", "json")
    assert tables(done) == {"crm.contacts": "SUCCEEDED", "public.categories": "SUCCEEDED"}
    run = json.loads(done.stdout)
    assert run["state"] == "SUCCEEDED"
    assert "✓ public.categories" in done.stderr
    shown = demo_project.extract("status", "--local", "--output", "json")
    assert json.loads(shown.stdout) == run


def test_a_pipeline_on_aws_runs_here_with_places_of_this_machine(demo_project):
    toml = demo_project.folder / "extract.toml"
    places = {"config_uri": "s3://b/config/", "data_uri": "s3://b/data/", "runs_uri": "s3://b/runs/", "tracking": "dynamodb://t"}
    text = toml.read_text()
    for name, place in places.items():
        text = re.sub(rf"(?m)^{name} *=.*\n", "", text).replace("[pipeline]\n", f'[pipeline]\n{name} = "{place}"\n')
    toml.write_text(text)
    done = demo_project.extract("run", "sales", "public.categories", "--local", "--run-id", "one")
    assert done.stderr.startswith(
        "note: extract.toml names places on AWS; on this machine, configs are in config/, rows in .extract/data/ and watermarks "
        "in .extract/tracking.db\n"
    )
    status = demo_project.extract("status", "--local", "--output", "json")
    assert tables(status) == {"public.categories": "SUCCEEDED"}
    (file,) = json.loads(demo_project.extract("data", "public.categories", "--local", "--output", "json").stdout)["files"]
    assert (demo_project.folder / ".extract/data").as_posix() in str(file)


def test_a_failed_run_names_its_tables_and_the_command_to_rerun_them(demo_project):
    done = demo_project.extract("run", "sales", "public.returns", "public.categories", "--local", "--run-id", "one", code=1)
    assert "database 'sales.db' has no table 'public.returns'" in done.stdout
    assert "1 of 2 tables did not succeed. What their jobs wrote: " in done.stderr
    again = "Fix the causes, then run just these again; the rerun reads the config as it is then:\n  extract rerun one --local\n"
    assert done.stderr.endswith(again)
    again = demo_project.extract("rerun", "one", "--local", "--output", "json", code=1)
    assert tables(again) == {"public.returns": "FAILED"}
    assert json.loads(again.stdout)["rerun_of"] == "one"


WRONG = {
    "unknown source": (
        ["run", "sale", "--local"],
        r"extract: there is no source 'sale': no sale\.yml in .*/config/; did you mean 'sales'\?",
    ),
    "unknown table": (
        ["run", "sales", "public.order", "--local"],
        r"extract: sales\.yml: there is no table 'public\.order'; did you mean 'public\.orders'",
    ),
    "unknown run": (["rerun", "nope", "--local"], r"extract: there is no run 'nope'"),
    "run id that is not a name": (
        ["run", "sales", "--local", "--run-id", "a b"],
        r"extract: run id 'a b' is not a valid execution name: 1 to 80 letters, digits, '_', '-' and '\.'",
    ),
    "unknown command": (["rnu"], r"Error: there is no command 'rnu'; did you mean 'run'"),
    "no source": (["run"], r"Missing argument 'SOURCE'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_exits_2_and_says_what_to_do(demo_project, case):
    arguments, message = WRONG[case]
    done = demo_project.extract(*arguments, code=2)
    assert re.search(message, done.stderr), done.stderr


def test_an_error_in_yaml_names_its_line(demo_project):
    demo_project.config("source_name: sales\nextract:\n  job_typ: glue\n  tables: {a: {}}\n")
    done = demo_project.extract("run", "sales", "--local", code=2)
    assert "extract: sales.yml:3:3: extract.job_typ: no such key here; did you mean 'job_type'?\n" in done.stderr


def test_a_run_id_is_used_once(demo_project):
    demo_project.extract("run", "sales", "public.categories", "--local", "--run-id", "one")
    done = demo_project.extract("run", "sales", "public.categories", "--local", "--run-id", "one", code=2)
    assert "extract: run 'one' was used before" in done.stderr


def test_an_unreadable_database_fails_its_tables_with_the_reason(demo_project):
    (demo_project.folder / "sales.db").write_bytes(b"this is not a database, whatever its name says" * 40)
    done = demo_project.extract("run", "sales", "public.categories", "--local", "--output", "json", code=1)
    (row,) = json.loads(done.stdout)["tables"]
    assert (row["state"], row["failure"]) == ("FAILED", "CONFIG")
    assert row["message"] == "database 'sales.db' is not a SQLite database"


def _slow_database(demo_project) -> sqlite3.Connection:
    """A lock on the source makes its jobs wait, so that a test can stop a run in the middle."""
    connection = sqlite3.connect(demo_project.folder / "sales.db", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def _jobs(demo_project) -> list[str]:
    """The logs that the project's living jobs write to."""
    logs = []
    for output in Path("/proc").glob("[0-9]*/fd/1"):
        with contextlib.suppress(OSError):
            logs.append(str(output.readlink()))
    return [log for log in logs if log.startswith(f"{demo_project.folder}/.extract/executions/")]


def _receive_sighup() -> None:
    """In the new process: receive SIGHUP, even if these tests run under nohup, whose children ignore it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _started(demo_project, *arguments: str, until: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        demo_project.command(*arguments),
        cwd=demo_project.folder,
        env=demo_project.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_receive_sighup,  # noqa: PLW1509 - this process has no threads
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(until in path.read_text() for path in demo_project.folder.glob(".extract/executions/*/events.jsonl")):
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError(f"never saw {until}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_ends_the_jobs_records_the_tables_and_allows_a_rerun(demo_project, number):
    demo_project.config(SLEEPER)
    lock = _slow_database(demo_project)
    process = _started(demo_project, "run", "sales", "--local", "--run-id", "one", until="TaskSubmitted")
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    assert "stopping: the jobs are being ended" in stderr
    assert "Traceback" not in stderr, stderr
    assert _jobs(demo_project) == []
    shown = demo_project.extract("status", "one", "--local", "--output", "json", code=1)
    run = json.loads(shown.stdout)
    assert run["state"] == "STOPPED", (stderr, shown.stdout)
    assert set(tables(shown).values()) == {"STOPPED"}
    assert all(signal.Signals(number).name in row["message"] for row in run["tables"])
    assert list((demo_project.folder / ".extract/data").rglob("*.parquet")) == []
    lock.close()
    again = demo_project.extract("rerun", "one", "--local", "--output", "json")
    assert tables(again) == {"public.categories": "SUCCEEDED", "public.customers": "SUCCEEDED", "public.suppliers": "SUCCEEDED"}


def test_a_killed_run_is_reported_and_its_tables_can_run_again(demo_project):
    demo_project.config(SLEEPER)
    lock = _slow_database(demo_project)
    process = _started(demo_project, "run", "sales", "--local", "--run-id", "one", until="TaskSubmitted")
    assert json.loads(demo_project.extract("status", "one", "--local", "--output", "json").stdout)["state"] == "RUNNING"
    refused = demo_project.extract("rerun", "one", "--local", code=2)
    assert refused.stderr == "extract: run 'one' is still running; see: extract status one\n"
    held = demo_project.extract("run", "sales", "public.customers", "--local", code=2)
    assert "'public.customers' is held by run 'one' since" in held.stderr
    process.kill()
    process.communicate()
    lock.close()
    assert json.loads(demo_project.extract("runs", "--local", "--output", "json").stdout)[-1]["state"] == "DIED"
    again = demo_project.extract("rerun", "one", "--local", "--output", "json")
    assert set(tables(again).values()) == {"SUCCEEDED"}
    assert len(tables(again)) == 3
    assert json.loads(demo_project.extract("status", "one", "--local", "--output", "json", code=1).stdout)["state"] == "STOPPED"


def test_a_closed_terminal_stops_the_run_cleanly(demo_project):
    """Its writes fail from then on, but the tables must still be recorded."""
    demo_project.config(SLEEPER)
    lock = _slow_database(demo_project)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        demo_project.command("run", "sales", "--local", "--run-id", "one"),
        cwd=demo_project.folder, env=demo_project.environ(), stdout=theirs, stderr=theirs,
        preexec_fn=_receive_sighup,  # noqa: PLW1509 - this process has no threads
    )  # fmt: skip
    os.close(theirs)
    until = time.monotonic() + 60
    while not any("TaskSubmitted" in path.read_text() for path in demo_project.folder.glob(".extract/executions/*/events.jsonl")):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)  # from the shell and from the kernel
    os.close(ours)
    assert process.wait(60) == 1
    lock.close()
    shown = demo_project.extract("status", "one", "--local", "--output", "json", code=1)
    assert set(tables(shown).values()) == {"STOPPED"}
    assert all("SIGHUP at the command line" in row["message"] for row in json.loads(shown.stdout)["tables"])


def test_a_new_run_ends_the_jobs_of_a_dead_one_before_it_takes_its_tables(demo_project, monkeypatch):
    monkeypatch.setattr(orphans, "GRACE_SECONDS", 0.2)
    demo_project.config(SLEEPER)
    lock = _slow_database(demo_project)
    process = _started(
        demo_project, "run", "sales", "public.customers", "public.suppliers", "--local", "--run-id", "one", until="TaskSubmitted"
    )
    process.kill()
    process.communicate()
    _await(lambda: _jobs(demo_project))

    def unlock() -> None:
        _await(lambda: not any("/one/jobs/" in job for job in _jobs(demo_project)))
        lock.close()

    with ThreadPoolExecutor(1) as pool:
        unlocked = pool.submit(unlock)
        demo_project.extract("run", "sales", "public.customers", "--local", "--run-id", "two")
        unlocked.result()
    assert set(tables(demo_project.extract("status", "one", "--local", "--output", "json", code=1)).values()) == {"STOPPED"}


def _await(condition) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_status_of_a_killed_run_records_an_end_for_its_open_tables(demo_project):
    demo_project.config(SLEEPER)
    lock = _slow_database(demo_project)
    process = _started(demo_project, "run", "sales", "--local", "--run-id", "one", until="TaskSubmitted")
    process.kill()
    process.communicate()
    shown = demo_project.extract("status", "one", "--local", code=1)
    lock.close()
    assert "run one: STOPPED" in shown.stdout
    assert ": the process that ran it died; its job is stopped\n" in shown.stdout  # of those whose start was told by then
    assert shown.stderr.splitlines()[0].startswith("3 of 3 tables did not succeed. What their jobs wrote: ")


def test_after_an_impossible_option_no_rerun_is_suggested(demo_project):
    done = demo_project.extract("run", "sales", "public.categories", "--backfill-to", "9", "--local", "--run-id", "one", code=1)
    assert done.stderr.endswith("What this run asked of these tables is not possible: fix the config, or start another run.\n")
    assert "extract rerun" not in done.stderr


def test_a_rerun_with_nothing_to_do_succeeds(demo_project):
    demo_project.extract("run", "sales", "public.categories", "--local", "--run-id", "one")
    done = demo_project.extract("rerun", "one", "--local", "--run-id", "again", "--output", "json")
    assert done.stderr.endswith("extract: nothing of run 'one' is left to run again: 1 table succeeded in it\n")
    assert json.loads(done.stdout)["state"] == "REFUSED"
    assert "run one: SUCCEEDED" in demo_project.extract("status", "--local").stdout


def test_latest_is_the_newest_run_that_had_something_to_run(demo_project):
    demo_project.extract("run", "sales", "public.returns", "--local", "--run-id", "one", code=1)
    demo_project.extract("run", "sales", "public.retuns", "--local", "--run-id", "typo", code=2)
    assert "run one: FAILED" in demo_project.extract("status", "--local", code=1).stdout
    shown = demo_project.extract("status", "typo", "--local", code=1)
    assert shown.stdout == "run typo: REFUSED\n"
    assert shown.stderr.startswith("extract: sales.yml: there is no table 'public.retuns'; did you mean 'public.returns'")
    states = {
        row["run_id"]: row["state"] for row in json.loads(demo_project.extract("runs", "--local", "--output", "json").stdout)
    }
    assert states == {"one": "FAILED", "typo": "REFUSED"}
    refused = demo_project.extract("rerun", "typo", "--local", code=2)
    assert refused.stderr.startswith(
        "extract: run 'typo' was never planned, so it has no tables to run again; start a new run: extract run sales --local\n"
        "extract: why it was not planned: sales.yml: there is no table 'public.retuns'"
    )
    a_run = demo_project.extract("history", "one", "--local", code=2)
    assert a_run.stderr == (
        "extract: 'one' is a run, and this command takes a table; for the tables of the run, see: extract status one\n"
    )
    again = demo_project.extract("rerun", "latest", "--local", "--output", "json", code=1)
    assert json.loads(again.stdout)["rerun_of"] == "one"


def test_a_run_continues_if_its_progress_cannot_be_written(demo_project):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            demo_project.command("run", "sales", "public.categories", "crm.contacts", "--local", "--run-id", "one"),
            cwd=demo_project.folder, env=demo_project.environ(), stderr=full, stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert set(tables(demo_project.extract("status", "one", "--local", "--output", "json")).values()) == {"SUCCEEDED"}


@pytest.fixture(scope="module")
def odd_name_ran(shared_project):
    """A run of a table whose name is not ASCII."""
    text = 'source_name: sales\nextract:\n  job_type: glue\n  tables: {"\u0442\u043e\u0432\u0430\u0440": {}}\n'
    shared_project.config(text + "  db_engine: sqlite\n  db_name: sales.db\n")
    with sqlite3.connect(shared_project.folder / "sales.db") as connection:
        connection.execute('CREATE TABLE "\u0442\u043e\u0432\u0430\u0440" (id INTEGER)')
    connection.close()
    shared_project.extract("run", "sales", "--local", "--run-id", "one")
    return shared_project


@pytest.mark.parametrize(
    ("shell", "code", "stderr"),
    [
        ("{} > /dev/full", 1, "extract: No space left on device\n"),
        ("{} >&-", 0, ""),
        ("PYTHONIOENCODING=ascii {}", 0, ""),
        ("{} --output json | head -1", 0, ""),
    ],
)
def test_an_output_that_cannot_be_written_causes_no_traceback(odd_name_ran, shell, code, stderr):
    command = " ".join(f"'{part}'" for part in odd_name_ran.command("status", "one"))
    done = subprocess.run(["bash", "-c", shell.format(command)], cwd=odd_name_ran.folder, env=odd_name_ran.environ(),
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (code, stderr)


@pytest.mark.parametrize("arguments", [["status", "nope"], ["rerun", "nope"], ["run", "sales", "--run-id", "a b"], ["rnu"]])
def test_under_json_an_error_is_json_too(demo_project, arguments):
    done = demo_project.extract(*arguments, "--output", "json", code=2)
    error = json.loads(done.stdout)
    assert set(error) == {"error", "message"}
    assert error["message"] in done.stderr


def test_a_file_is_not_a_source(demo_project):
    done = demo_project.extract("run", "config/sales.yml", "--local", code=2)
    assert done.stderr == "extract: SOURCE is the name of a source, not a file; did you mean 'sales'?\n"
