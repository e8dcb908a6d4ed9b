"""What `extract plugins new` writes installs with pip, passes its own tests, keeps the contract and runs on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("scaffold")]

EXTRACT = "from extract_cli import main; main()"


def run(*command: object, code: int = 0, **more) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "EXTRACT_", "PYTEST_"))}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env=environ, **more)
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The interpreter of a fresh environment, which sees all that is installed in this one."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(folder, with_pip=False)
    site = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    here = sysconfig.get_path("purelib")
    Path(site, "workspace.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def generated(python, tmp_path_factory) -> Path:
    """A generated package, installed."""
    house = tmp_path_factory.mktemp("plugins")
    run(python, "-c", EXTRACT, "plugins", "new", "night_farm", cwd=house)
    folder = house / "extract-sfn-night-farm"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-build-isolation"]
    run(*pip, "-e", folder, cwd=house)
    return folder


def test_its_tests_pass_as_generated(python, generated):
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", cwd=generated)
    assert "50 passed" in done.stdout
    assert "skipped" not in done.stdout


def test_it_is_listed_and_keeps_the_contract(python, generated):
    listed = json.loads(run(python, "-c", EXTRACT, "plugins", "list", "--output", "json", cwd=generated).stdout)
    assert {
        "plugin": "night_farm",
        "version": "0.1.0",
        "distribution": "extract-sfn-night-farm",
        "job_types": ["night_farm"],
        "hooks": ["extract_job_types"],
    } in listed["plugins"]
    checked = run(python, "-c", EXTRACT, "plugins", "check", "night_farm", cwd=generated)
    assert checked.stdout == (
        "night_farm: plugin 'night_farm' of extract-sfn-night-farm 0.1.0, tried with the example of NightFarmDeployment\n"
        "  passed    45 of 45 checks\n"
    )


def test_it_runs_on_this_machine(python, generated):
    run(python, "example/make_database.py", cwd=generated)
    command = [python, "-c", EXTRACT, "run", "demo", "--local", "--pipeline", "example", "--output", "json"]
    tables = json.loads(run(*command, cwd=generated).stdout)["tables"]
    by_table = {table["table"]: (table["job_type"], table["state"], table["rows"]) for table in tables}
    assert by_table == {"cities": ("night_farm", "SUCCEEDED", 3), "rivers": ("night_farm", "SUCCEEDED", 2)}


def test_its_section_of_extract_toml_is_what_is_checked(python, generated):
    checked = run(python, "-c", EXTRACT, "plugins", "check", "night_farm", "--pipeline", "example", cwd=generated)
    assert "tried with [job_types.night_farm] of extract.toml\n" in checked.stdout


def test_what_an_author_breaks_is_told(python, generated):
    module = generated / "src" / "extract_night_farm" / "job_type.py"
    whole = module.read_text()
    try:
        module.write_text(whole.replace('"job/*": ("batch:TerminateJob",),', ""))
        checked = run(python, "-c", EXTRACT, "plugins", "check", "night_farm", cwd=generated, code=1)
        failed = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=generated, code=1)
    finally:
        module.write_text(whole)
    breach = (
        "permissions(target), for state 'Night Farm Start Extract Job Run': no statement allows batch:TerminateJob; "
        "batch:submitJob.sync needs it: add a Statement (permissions() is made from rights, event_rule, roles(), role_service)"
    )
    assert checked.stdout == (
        "night_farm: plugin 'night_farm' of extract-sfn-night-farm 0.1.0, tried with the example of NightFarmDeployment\n"
        f"  broken    permissions_cover_the_branch: {breach}\n"
        "  passed    44 of 45 checks\n"
    )
    assert breach in failed.stdout


def test_ruff_and_mypy_have_nothing_against_it(generated):
    run(sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "130", ".", cwd=generated)
    run(sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "130", "--check", ".", cwd=generated)
    mypy = ["-m", "mypy", "--strict", "--no-incremental", "--config-file", os.devnull, "--ignore-missing-imports"]
    run(sys.executable, *mypy, "src", cwd=generated)


@pytest.mark.soak
def test_a_polled_plugin_passes_its_tests_and_the_linters(python, tmp_path):
    run(python, "-c", EXTRACT, "plugins", "new", "day_farm", "--polled", cwd=tmp_path)
    folder = tmp_path / "extract-sfn-day-farm"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-build-isolation"]
    run(*pip, "-e", folder, cwd=tmp_path)
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", cwd=folder)
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
    test_ruff_and_mypy_have_nothing_against_it(folder)


@pytest.mark.parametrize("folder", ["extract_cli/scaffold", "extract_testing/samples"])
def test_the_wheel_holds_the_templates_and_the_samples(folder, tmp_path):
    from zipfile import ZipFile

    package = folder.partition("/")[0]
    root = Path(__file__).parents[3] / package
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, root)
    (wheel,) = tmp_path.glob("*.whl")
    source = root / "src"
    files = {
        path.relative_to(source).as_posix() for path in (source / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"
    }
    assert files
    assert files <= set(ZipFile(wheel).namelist())
