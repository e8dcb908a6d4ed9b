"""Compiles the modules of a bundle with the Python of the target. Lambda's file system is read-only: it could not keep them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from asl_generator.errors import GeneratorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TASK: Final = "/var/task"
"""Where Lambda unpacks the zip (Lambda guide, "Using environment variables", LAMBDA_TASK_ROOT). Tracebacks name this place."""

_SECONDS: Final = 300
_ASK: Final = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
_COMPILE: Final = """
import py_compile, sys
folder, task = sys.argv[1:]
for path in sys.stdin.read().splitlines():
    py_compile.compile(
        f"{folder}/{path}", f"{folder}/{path}c", f"{task}/{path}",
        doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
"""


def interpreter(version: str) -> str | None:
    """A Python of this version (``3.13``): the one that runs, or one on PATH. None if there is none that starts."""
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == version:
        return sys.executable
    python = shutil.which(f"python{version}")
    if python is None:
        return None
    try:
        done = subprocess.run([python, "-I", "-c", _ASK], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    answered, _, executable = done.stdout.strip().partition(" ")  # a shim of pyenv is not the executable
    return executable if done.returncode == 0 and answered == version else None


def compile_modules(python: str, folder: Path, paths: Sequence[str]) -> None:
    """Write a .pyc beside each of these modules. The same sources and Python give the same bytes.

    The .pyc are not compared with their sources when they are imported (PEP 552, unchecked hash). Sets have one order because the
    seed of their hashes is fixed. GeneratorError if a module cannot be compiled.
    """
    done = subprocess.run(  # noqa: S603 - our own command
        [python, "-s", "-S", "-c", _COMPILE, str(folder), TASK],
        input="\n".join(paths),
        env={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise GeneratorError([f"{python} can't compile the bundle: {lines[-1]}"])
