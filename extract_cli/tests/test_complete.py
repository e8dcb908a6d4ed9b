"""What a shell completes: names of runs, sources and tables, by the script that click gives the shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "extract"


def completed(words: str, folder: Path) -> list[str]:
    """What bash would offer after these words, with the cursor behind the last letter."""
    bash = shutil.which("bash")
    assert bash is not None
    script = f"""
        eval "$(_EXTRACT_COMPLETE=bash_source {PROGRAM})"
        COMP_WORDS=({words} ""); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        [[ "{words}" == *" " ]] || {{ unset "COMP_WORDS[COMP_CWORD]"; COMP_CWORD=$((COMP_CWORD - 1)); }}
        COMP_WORDS[0]={PROGRAM}
        COMPREPLY=(); _extract_completion {PROGRAM}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run([bash, "-c", script], cwd=folder, capture_output=True, text=True, check=True, env=dict(os.environ))
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("extract rep", ["report"]),
        ("extract report ", ["latest", "night-1", "night-2"]),
        ("extract status night-", ["night-1", "night-2"]),
        ("extract run s", ["sales"]),
        ("extract run sales public.n", ["public.notes"]),
        ("extract logs night-1 ", ["public.notes"]),
        ("extract logs night-2 ", ["public.events"]),
        ("extract clean s", ["sales"]),
        ("extract state show public.n", ["public.notes"]),
        ("extract asl graph --run night-1", ["night-1"]),
        ("extract asl graph --format ", ["mermaid", "svg"]),
    ],
)
def test_bash_completes(runs, words, names):
    assert completed(words, runs) == names


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_get_the_same_names(runs, shell):
    environ = {
        **os.environ,
        "_EXTRACT_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "extract report night-",
        "COMP_CWORD": "2",
    }
    if shell == "fish":
        environ["COMP_CWORD"] = "night-"
    done = subprocess.run([PROGRAM], cwd=runs, capture_output=True, text=True, check=False, env=environ)
    assert [name for name in ("night-1", "night-2", "latest") if name in done.stdout] == ["night-1", "night-2"]
    assert done.stderr == ""


def test_without_a_pipeline_nothing_is_completed_and_nothing_said(tmp_path):
    assert completed("extract report ", tmp_path) == []
