"""Every distribution builds a wheel, and works from it in an environment that holds nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = {
    "extract-sfn": (".", "extract_core"),
    "extract-sfn-glue": ("plugins/glue", "extract_glue"),
    "extract-sfn-emr": ("plugins/emr", "extract_emr"),
    "extract-sfn-ecs": ("plugins/ecs", "extract_ecs"),
    "extract-sfn-local": ("plugins/local", "extract_local"),
    "extract-sfn-cli": ("extract_cli", "extract_cli"),
    "extract-sfn-testing": ("extract_testing", "extract_testing"),
    "extract-sfn-generator": ("asl_generator", "asl_generator"),
    "asl-toolkit": ("asl_toolkit", "asl_toolkit"),
    "extract-sfn-job": ("extract_job", "extract_job"),
}
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("wheels")]


def run(*command: object, **more) -> str:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env=environ, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> Path:
    house = tmp_path_factory.mktemp("wheels")
    folders = [ROOT / folder for folder, _ in DISTRIBUTIONS.values()]
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", house, *folders)
    return house


@pytest.fixture(scope="module")
def constraints(tmp_path_factory) -> Path:
    """The pins of the lock without its hashes, which pip takes for requirements only."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    path = tmp_path_factory.mktemp("pins") / "constraints.txt"
    path.write_text("\n".join(line.split(" \\")[0] for line in lines if line and not line.startswith((" ", "#"))))
    return path


def install(folder: Path, wheels: Path, constraints: Path, requirement: str) -> Path:
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--prefer-binary"]
    run(*pip, "--find-links", wheels, "-c", constraints, requirement)
    return python


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_it_installs_alone_and_imports(name, wheels, constraints, tmp_path):
    module = DISTRIBUTIONS[name][1]
    python = install(tmp_path / "venv", wheels, constraints, name)
    version = tomllib.loads((ROOT / DISTRIBUTIONS[name][0] / "pyproject.toml").read_text())["project"]["version"]
    code = f"import {module}, importlib.metadata as m; print(m.version({name!r}), {module}.__file__)"
    printed = run(python, "-I", "-c", code, cwd=tmp_path)
    assert printed.split()[0] == version
    assert str(tmp_path) in printed


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_wheel_holds_types_licence_and_nothing_foreign(name, wheels):
    module = DISTRIBUTIONS[name][1]
    (wheel,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
    names = ZipFile(wheel).namelist()
    assert f"{module}/py.typed" in names
    assert any(entry.endswith("licenses/LICENSE") for entry in names)
    assert [entry for entry in names if entry.split("/")[0] != module and ".dist-info/" not in entry] == []


def test_all_extras_give_a_working_command(wheels, constraints, tmp_path):
    python = install(tmp_path / "venv", wheels, constraints, "extract-sfn[all]")
    printed = run(python.parent / "extract", "plugins", "list", "--output", "json", cwd=tmp_path)
    for job_type in ("glue", "emr", "ecs"):
        assert f'"{job_type}"' in printed
    told = run(python.parent / "extract", "demo", "--rows", "1000", "--output", "json", cwd=tmp_path)
    assert json.loads(told)["ok"] is True
