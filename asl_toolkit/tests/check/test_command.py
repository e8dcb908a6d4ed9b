"""The command line: what it prints, and its exit codes."""

import json
import subprocess
import sys

import pytest

from asl_toolkit.check.command import main

GOOD = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
BAD = """{
  "StartAt": "A",
  "States": {
    "A": {
      "Type": "Pass",
      "Next": "B"
    },
    "C": {"Type": "Fail"}
  }
}
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.json").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.json").write_text(BAD, encoding="utf-8")


def test_a_clean_file(files, capsys):
    assert main(["good.json"]) == 0
    assert capsys.readouterr().out == "1 file: 0 errors, 0 warnings\n"


def test_findings_as_text(files, capsys):
    assert main(["--level", "advice", "good.json", "bad.json"]) == 1
    assert capsys.readouterr().out == (
        "bad.json:6:7: ERROR MISSING_TARGET /States/A/Next: there is no state 'B' in the machine. Name an existing state.\n"
        "bad.json:8:5: WARNING SILENT_FAIL /States/C: the Fail state 'C' gives no Cause. Add Error and Cause.\n"
        "bad.json:8:5: WARNING SILENT_FAIL /States/C: the Fail state 'C' gives no Error. Add Error and Cause.\n"
        "bad.json:8:5: ERROR UNREACHABLE /States/C: no transition leads to the state 'C'. Add a transition to it, or remove it.\n"
        "2 files: 2 errors, 2 warnings\n"
    )


def test_findings_as_json(files, capsys):
    assert main(["--output", "json", "bad.json"]) == 1
    assert json.loads(capsys.readouterr().out)[0] == {
        "file": "bad.json",
        "line": 6,
        "column": 7,
        "severity": "ERROR",
        "code": "MISSING_TARGET",
        "pointer": "/States/A/Next",
        "message": "there is no state 'B' in the machine",
        "remedy": "Name an existing state",
    }


def test_a_file_that_is_not_there(files, capsys):
    assert main(["absent.json"]) == 2
    assert capsys.readouterr().err == "check: cannot read 'absent.json': No such file or directory\n"


def test_no_file_is_wrong_use():
    done = subprocess.run([sys.executable, "-m", "asl_toolkit", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "the following arguments are required: FILE" in done.stderr


def test_stdin():
    done = subprocess.run(
        [sys.executable, "-m", "asl_toolkit", "check", "-"], input=BAD, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("-:6:7: ERROR MISSING_TARGET")
