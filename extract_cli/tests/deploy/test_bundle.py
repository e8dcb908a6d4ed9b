"""`extract deploy bundle`: the command. What is in the zip is tested in asl_generator/tests/bundle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asl_generator.bundle.target import this_machine

PIPELINE = """
[pipeline]
name = "night"
region = "eu-central-1"
account = "123456789012"
config_uri = "s3://acme-extract/config/"
data_uri = "s3://acme-extract/data/"
runs_uri = "s3://acme-extract/runs/"
tracking = "dynamodb://extract"
[deploy]
architecture = "x86_64"
[job_types.glue]
job_name = "extract"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "extract.toml").write_text(PIPELINE)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--architecture", "arm"), "architecture 'arm' is not valid; did you mean 'arm64'?; choose arm64, x86_64"),
        (("--python", "3.9"), "python '3.9' is not valid; choose 3.11, 3.12, 3.13, 3.14"),
    ],
)
def test_a_target_that_lambda_does_not_have_is_wrong_use(cli, folder, options, message):
    done = cli("deploy", "bundle", *options)
    assert (done.code, done.out, done.err) == (2, "", f"extract: {message}\n")
    assert [path.name for path in folder.iterdir()] == ["extract.toml"]


@pytest.mark.soak
def test_two_folders_on_two_days_give_the_same_bytes(folder, tmp_path_factory):
    """The second build has other times of files, another folder for temporary files, another seed of hashes, another umask."""
    target = this_machine()
    zips = []
    for number in (1, 2):
        place = tmp_path_factory.mktemp(f"build{number}")
        (place / "extract.toml").write_text(PIPELINE)
        os.utime(place / "extract.toml", (number * 1e8, number * 1e8))
        (place / "tmp").mkdir()
        environ = {
            **os.environ,
            "TMPDIR": str(place / "tmp"),
            "PYTHONHASHSEED": str(number),
            "SOURCE_DATE_EPOCH": str(number * 10**9),
        }
        command = [Path(sys.executable).parent / "extract", "deploy", "bundle", "--python", target.python]
        command += ["--architecture", target.architecture]
        done = subprocess.run(
            command, cwd=place, env=environ, umask=0o077 if number == 1 else 0o022, capture_output=True, text=True, check=True
        )
        (path,) = place.glob("*.zip")
        assert done.stdout == f"{path.name}\n"
        assert path.name.startswith(f"extract-{target.architecture}-python{target.python}-")
        zips.append((path.name, Path(path).read_bytes()))
    assert zips[0] == zips[1]


@pytest.mark.soak
def test_wheels_of_another_machine_are_downloaded(cli, folder):
    """It needs an index of packages. The processor is the one that this machine does not have."""
    other = "arm64" if this_machine().architecture == "x86_64" else "x86_64"
    done = cli("deploy", "bundle", "--architecture", other, "-o", "bundle.zip")
    assert (done.code, done.out) == (0, "bundle.zip\n"), done.err
    from zipfile import ZipFile

    machine = {"arm64": "aarch64", "x86_64": "x86_64"}[other]
    compiled = [name for name in ZipFile("bundle.zip").namelist() if name.endswith(".so")]
    assert sorted(compiled) == [
        f"pydantic_core/_pydantic_core.cpython-313-{machine}-linux-gnu.so",
        f"yaml/_yaml.cpython-313-{machine}-linux-gnu.so",
    ]
