"""Every distribution builds a wheel, which works with what it declares and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from email import message_from_bytes
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = {
    "extract-sfn": (".", "extract_core"),
    "extract-sfn-glue": ("plugins/glue", "extract_glue"),
    "extract-sfn-emr": ("plugins/emr", "extract_emr"),
    "extract-sfn-ecs": ("plugins/ecs", "extract_ecs"),
    "extract-sfn-local": ("plugins/local", "extract_local"),
    "extract-sfn-openlineage": ("plugins/openlineage", "extract_openlineage"),
    "extract-sfn-iceberg": ("plugins/iceberg", "extract_iceberg"),
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


def requirements(name: str, wheels: Path, extras: frozenset[str]) -> Iterator[Requirement]:
    """What a distribution declares for these extras: a member in its wheel, any other as it is installed."""
    if name in DISTRIBUTIONS:
        (wheel,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
        with ZipFile(wheel) as archive:
            (path,) = (entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
            declared = message_from_bytes(archive.read(path)).get_all("Requires-Dist", [])
    else:
        declared = metadata.distribution(name).requires or []
    for text in declared:
        requirement = Requirement(text)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield requirement


def closure(name: str, wheels: Path, extras: frozenset[str] = frozenset()) -> set[str]:
    """The names of all distributions that pip would install for this one: itself, and what is declared, to the end."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, extras)]
    while waiting:
        entry = waiting.pop()
        if entry not in seen:
            seen.add(entry)
            waiting += [
                (canonicalize_name(requirement.name), frozenset(requirement.extras))
                for requirement in requirements(entry[0], wheels, entry[1])
            ]
    return {name for name, _ in seen}


def site_of(names: Iterable[str], wheels: Path, folder: Path) -> Path:
    """A folder to import from that holds these distributions and nothing else."""
    folder.mkdir()
    for name in names:
        if name in DISTRIBUTIONS:
            (wheel,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
            ZipFile(wheel).extractall(folder)
        else:
            link([name], folder)
    return folder


def link(names: Iterable[str], folder: Path) -> None:
    """Links to the modules and the metadata of distributions that are installed here."""
    for name in names:
        installed = metadata.distribution(name)
        for top in {file.parts[0] for file in installed.files or () if file.parts[0] != ".."}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(installed.locate_file(top))))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_it_imports_with_what_it_declares_and_nothing_else(name, wheels, tmp_path):
    module = DISTRIBUTIONS[name][1]
    site = site_of(closure(name, wheels), wheels, tmp_path / "site")
    version = tomllib.loads((ROOT / DISTRIBUTIONS[name][0] / "pyproject.toml").read_text())["project"]["version"]
    code = (
        f"import sys; sys.path.append({str(site)!r}); import {module}, importlib.metadata as m; "
        f"print(m.version({name!r}), {module}.__file__)"
    )
    printed = run(sys.executable, "-I", "-S", "-c", code, cwd=tmp_path)
    assert printed.split() == [version, str(site / module / "__init__.py")]


def test_members_pin_one_another_exactly(wheels):
    """A looser bound would let pip fetch a name that somebody else registers."""
    for name, (folder, _) in DISTRIBUTIONS.items():
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        optional = project.get("optional-dependencies", {}).values()
        declared = [Requirement(text) for text in (*project["dependencies"], *(text for extra in optional for text in extra))]
        own = [requirement for requirement in declared if canonicalize_name(requirement.name) in DISTRIBUTIONS]
        assert [str(requirement) for requirement in own if str(requirement.specifier) != f"=={project['version']}"] == [], name


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_wheel_holds_types_licence_and_nothing_foreign(name, wheels):
    module = DISTRIBUTIONS[name][1]
    (wheel,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
    names = ZipFile(wheel).namelist()
    assert f"{module}/py.typed" in names
    assert any(entry.endswith("licenses/LICENSE") for entry in names)
    assert [entry for entry in names if entry.split("/")[0] != module and ".dist-info/" not in entry] == []


def test_all_extras_give_a_working_command(wheels, tmp_path):
    """Ours from the wheels alone, as docs/start.md says; what is not ours is there before, as far as it is declared."""
    venv.create(tmp_path / "venv", with_pip=False)
    programs = tmp_path / "venv" / "bin"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")}))
    names = closure("extract-sfn", wheels, frozenset({"all"})) - DISTRIBUTIONS.keys()
    link(names, packages)
    pip = [sys.executable, "-m", "pip", "--python", programs / "python", "install", "-q"]
    run(*pip, "--no-compile", "--no-index", "--find-links", wheels, "extract-sfn[all]")
    printed = run(programs / "extract", "plugins", "list", "--output", "json", cwd=tmp_path)
    for job_type in ("glue", "emr", "ecs"):
        assert f'"{job_type}"' in printed
    answer = run(programs / "extract", "demo", "--rows", "1000", "--output", "json", cwd=tmp_path)
    assert json.loads(answer)["ok"] is True
