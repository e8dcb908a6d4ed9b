"""The Dockerfile's install steps, run in an empty folder: the image itself needs Docker, which tests do not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "extract_job" / "Dockerfile"


def steps() -> list[str]:
    """The shell command of each RUN."""
    return re.findall(r"^RUN (.*)$", DOCKERFILE.read_text().replace("\\\n", ""), re.MULTILINE)


def test_what_is_copied_is_in_the_repository():
    copied = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    assert copied == ["requirements.lock", "extract_job/"]
    assert all((ROOT / name).exists() for name in copied)


def test_the_container_has_no_rights_and_runs_the_job():
    text = DOCKERFILE.read_text()
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert text.endswith('ENTRYPOINT ["/opt/job/bin/python", "-P", "-m", "extract_job"]\n')


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_the_install_steps_make_an_environment_in_which_the_job_starts(tmp_path):
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    shutil.copytree(ROOT / "extract_job", tmp_path / "extract_job", ignore=ignored)
    install = steps()[0].replace("/opt/job", str(tmp_path / "opt")).replace("python -m venv", f"{sys.executable} -m venv", 1)
    subprocess.run(["bash", "-eo", "pipefail", "-c", install], cwd=tmp_path, check=True)
    job = tmp_path / "opt" / "bin" / "python"
    modules = "import adbc_driver_postgresql, boto3, pymysql, pyarrow.parquet"
    subprocess.run([job, "-P", "-c", modules], cwd=tmp_path, check=True)
    done = subprocess.run([job, "-P", "-m", "extract_job"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith("extract_job: ")) == (2, True), done.stderr
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^ \\;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    listed = subprocess.run([job, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True).stdout
    installed = dict(line.split("==") for line in listed.splitlines())
    assert {name: installed[name] for name in ("boto3", "pyarrow")} == {name: locked[name] for name in ("boto3", "pyarrow")}
