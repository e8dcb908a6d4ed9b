"""zsh and fish complete the same names as bash. The shells themselves are asked; `make test-shells` installs them (Debian)."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak
BIN = Path(sys.executable).parent
LISTS_CHOICES = "\x04"  # Ctrl-D: zsh lists what fits and inserts nothing
DROPS_LINE = "\x15"  # Ctrl-U
SET_UP = (
    'autoload -Uz compinit; compinit -u -D; eval "$(_EXTRACT_COMPLETE=zsh_source extract)"; '
    "unsetopt beep; bindkey '^U' kill-whole-line; PS1='rea''dy> '"
)


def needed(shell: str) -> str:
    program = shutil.which(shell)
    if program is None:
        if os.environ.get("EXTRACT_REQUIRE_SHELLS"):
            pytest.fail(f"there is no {shell} here")
        pytest.skip(f"there is no {shell} here: make test-shells installs it")
    return program


def surroundings() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "dumb", "HOME": os.devnull}


def fish(line: str, folder: Path) -> list[str]:
    script = "_EXTRACT_COMPLETE=fish_source extract | source; complete --do-complete $argv[1]"
    command = [needed("fish"), "--no-config", "-c", script, line]
    done = subprocess.run(command, cwd=folder, env=surroundings(), capture_output=True, text=True, check=True, timeout=60)
    return [offer.partition("\t")[0] for offer in done.stdout.splitlines()]


def zsh(line: str, folder: Path) -> list[str]:
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [needed("zsh"), "-f", "-i"], cwd=folder, env=surroundings(), stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        _type(ours, SET_UP + "\n", until="ready> ")
        shown = _type(ours, f"{line}{LISTS_CHOICES}{DROPS_LINE}echo en''d\n", until="\nend")
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
    return shown.partition("\n")[2].partition("\nready> ")[0].split()


LINES = [
    ("extract report night-", {"night-1", "night-2"}),
    ("extract run s", {"sales"}),
    ("extract logs night-1 ", {"public.notes"}),
    ("extract clean sales ", {"public.notes", "public.events"}),
    ("extract asl graph --run night-", {"night-1", "night-2"}),
    ("extract asl graph --format ", {"mermaid", "svg"}),
]


@pytest.mark.parametrize(("line", "names"), LINES, ids=[line for line, _ in LINES])
@pytest.mark.parametrize("offers", [zsh, fish])
def test_a_shell_completes(runs, offers, line, names):
    assert set(offers(line, runs)) == names


def _type(terminal: int, keys: str, *, until: str) -> str:
    """What the terminal shows after these keys, to the end of `until`."""
    os.write(terminal, keys.encode())
    shown = ""
    while until not in shown:
        with contextlib.suppress(OSError):
            shown += os.read(terminal, 4096).decode(errors="replace").replace("\r", "")
    return shown
