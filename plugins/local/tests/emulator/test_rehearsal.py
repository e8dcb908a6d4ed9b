"""The rehearsal of docs/deploy.md: its commands are run unchanged, and print what the page shows."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from asl_generator.bundle.target import this_machine

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[4]
VARYING = re.compile(r"shop-\d{8}T\d{6}-\w{4}|\b\d+\.\d\b|\s+")
REGION, MACHINE = "eu-central-1", "arn:aws:states:eu-central-1:123456789012:stateMachine:shop"


def steps() -> list[tuple[str, list[str]]]:
    """The `sh` blocks of the section, each with the lines of output that follow it."""
    section = (ROOT / "docs" / "deploy.md").read_text().partition("\n## Rehearse without an account\n")[2].partition("\n## ")[0]
    blocks = re.split(r"^```sh\n", section, flags=re.MULTILINE)[1:]
    parsed = []
    for block in blocks:
        commands, _, rest = block.partition("```\n")
        shown = re.match(r"\n*((?: {4}.*\n|\n)*)", rest)
        parsed.append((commands, [line[4:] for line in shown[1].splitlines() if line.strip()]))
    return parsed


def same(line: str) -> str:
    """A line without run names, seconds and the width of columns."""
    return VARYING.sub(" ", line).strip()


class Terminal:
    """A shell with the project as its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}
        for name in [name for name in self.environ if name.startswith("AWS_")]:
            del self.environ[name]

    def run(self, commands: str, shown: list[str], code: int = 0) -> str:
        command = ["bash", "-c", commands]
        done = subprocess.run(command, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        assert done.returncode == code, output
        printed = {same(line) for line in output.splitlines()}
        assert [line for line in shown if same(line) not in printed] == [], output
        return output


@pytest.fixture
def terminal(tmp_path):
    return Terminal(tmp_path)


def free_ports() -> int:
    """The first of two ports, one after the other."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@contextmanager
def emulated(terminal, command, port, monkeypatch, notes=0):
    """The emulator, with its environment in the terminal and here. Yields what it printed; later it prints `notes` lines."""
    process = subprocess.Popen(
        [*command.split(), "--port", str(port)],
        cwd=terminal.folder, env=terminal.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        exports = [process.stdout.readline().strip() for _ in range(5)]
        for line in exports:
            name, _, value = line.removeprefix("export ").partition("=")
            terminal.environ[name] = value
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
        yield [*exports, process.stderr.readline().strip()]
    finally:
        process.terminate()
        left = process.communicate(timeout=60)[1].splitlines()
    assert (process.returncode, len(left)) == (0, notes), left
    assert all("is not for this machine, so the functions run from the packages that are installed here" in line for line in left)


def test_the_rehearsal_of_the_page(terminal, monkeypatch):
    project, emulate, up, run, rerun, down = steps()
    here, port = this_machine(), free_ports()
    project_text = project[0].replace("x86_64", here.architecture).replace("python3.13", f"python{here.python}")
    terminal.run(project_text, project[1])
    terminal.folder /= "shop"

    with emulated(terminal, emulate[0].strip(), port, monkeypatch) as printed:
        shown = [line.replace(str(port), "5000").replace(str(port + 1), "5001") for line in printed]
        assert shown == emulate[1]
        terminal.run(*up)
        deployed, run_here = boto3.client("stepfunctions", endpoint_url=f"http://localhost:{port}"), boto3.client("stepfunctions")
        of_stack, of_emulator = (states.describe_state_machine(stateMachineArn=MACHINE) for states in (deployed, run_here))
        assert of_stack["definition"] == of_emulator["definition"]
        assert boto3.client("events").describe_rule(Name="shop-reconcile")["State"] == "ENABLED"
        terminal.run(*run, code=1)
        (bundle,) = (terminal.folder / ".extract" / "emulator" / "bundles").iterdir()
        assert {path.name for path in bundle.iterdir()} == {"task", "runtime"}
        terminal.run(*rerun)
        rows = boto3.client("dynamodb").scan(TableName="shop")["Items"]
        assert len([row for row in rows if row["sk"]["S"] == "STATE"]) == 2
        assert "nothing to change" in terminal.run("extract deploy up --yes", [])
        assert terminal.run("extract deploy diff", []) == "nothing would change\n"
        terminal.run(*down)
        assert "there is no state machine" in terminal.run("extract run shop", [], code=2)
        second = terminal.run(f"extract emulate --port {port}", [], code=2)
        assert second == (
            f"extract: the emulator cannot listen on port {port + 1}: Address already in use; choose another one: "
            "extract emulate --port NUMBER\n"
        )
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))  # moto's server has ended too


def test_a_project_of_init_needs_no_places(terminal, monkeypatch):
    """The first `up` makes the places, and writes them into extract.toml. The bundle is for another machine: a note says so."""
    make = "import sqlite3; sqlite3.connect('shop.db').execute('CREATE TABLE items (id INTEGER PRIMARY KEY)')"
    terminal.run(f'python -c "{make}" && extract init --from-database sqlite:///shop.db', [])
    python = "3.12" if this_machine().python != "3.12" else "3.13"
    with (terminal.folder / "extract.toml").open("a") as file:
        file.write(f'\n[deploy]\nruntime = "python{python}"\n')
    port = free_ports()
    with emulated(terminal, "extract emulate", port, monkeypatch, notes=1):
        refusal = terminal.run("extract deploy up < /dev/null", [], code=2)
        assert "extract.toml names places of this machine, which AWS cannot reach. Make the bucket " in refusal
        terminal.run("extract deploy up --yes", ["extract run shop items"])
        text = (terminal.folder / "extract.toml").read_text()
        name = tomllib.loads(text)["pipeline"]["name"]
        places = {"config": "config_uri", "data": "data_uri", "runs": "runs_uri"}
        bucket = boto3.client("s3").list_objects_v2(Bucket=f"{name.lower().replace('_', '-')}-123456789012-us-east-1")["Name"]
        for folder, key in places.items():
            assert f'{key} = "s3://{bucket}/{folder}/"' in text
        terminal.run("extract run shop", ["items   glue   SUCCEEDED   0   0.1"])
        assert terminal.run("extract deploy diff", []) == "nothing would change\n"
