"""What set-up says on a machine that can't be set up; and that the lock names no host."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SET_UP = ROOT / "tools" / "set_up.py"


def said_by(preparation: str) -> subprocess.CompletedProcess[str]:
    code = f"import runpy, sys\n{preparation}\nrunpy.run_path({str(SET_UP)!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_an_old_python_is_said_plainly():
    done = said_by("sys.version_info = (3, 9, 2, 'final', 0); sys.version = '3.9.2 (default)'")
    assert done.returncode == 2
    assert done.stderr == (
        f"set-up: Python 3.11 or newer is needed, and this is 3.9.2 ({sys.executable}).\n"
        "        Name another one: make PYTHON=python3.12 demo\n"
    )


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_a_missing_venv_module_is_said_plainly(module, tmp_path):
    # A stamp of another version: set-up would have to do something.
    done = said_by(f"sys.modules[{module!r}] = None; sys.version += ' '")
    assert done.returncode == 2
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.stderr == (
        f"set-up: this Python ({sys.executable}) has no venv module; on Debian and Ubuntu: apt-get install python{version}-venv\n"
    )


def test_any_python_3_can_parse_it():
    # What newer syntax there could be: f-strings, annotations, walrus, match.
    source = SET_UP.read_text()
    assert re.search(r"\bf[\"']|:=|->|\bmatch\b", source) is None


def test_the_lock_is_pinned_by_hash_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.split("\n", 1)[1].strip())
    assert len(entries) > 50
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
