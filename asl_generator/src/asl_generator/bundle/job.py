"""The files of the reference job that services start: a wheel of `extract-sfn-job` and the script that calls it."""

from __future__ import annotations

import base64
from dataclasses import field
from hashlib import sha256
from importlib import metadata
from typing import TYPE_CHECKING, Final

from asl_generator.bundle.archive import zipped
from asl_generator.bundle.distributions import places
from asl_generator.errors import GeneratorError
from extract_core.dataclass import dataclass
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from collections.abc import Mapping

DISTRIBUTION: Final = "extract-sfn-job"
SCRIPT: Final = "extract_job.py"

SCRIPT_TEXT: Final = '''"""Starts the reference job on Glue and EMR. The wheel of extract-sfn-job must be on the path.

To run your own job, replace this file: the README of extract-sfn-job says what a job must write.
"""

import os
import sys

# This file has the name of the package that it imports: its folder must not be searched.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder or os.curdir) != HERE]

if __name__ == "__main__":
    from extract_job.program import main

    code = main(sys.argv[1:])
    if code:  # a script that ends with sys.exit(0) may count as failed in Glue
        sys.exit(code)
else:  # a process of Spark has found this file in its working folder, in place of the package
    import importlib

    del sys.modules[__name__]
    importlib.import_module(__name__)
'''


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file to upload. `name` is the end of its key: a service or pip may read it."""

    name: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The hash of the content, in hexadecimal digits."""
        return sha256(self.data).hexdigest()

    @property
    def key(self) -> str:
        """``0123456789abcdef/extract_job.py``: it changes with the content, and the name stays as pip and Spark need it."""
        return f"{self.sha256[:16]}/{self.name}"


@dataclass(frozen=True, slots=True)
class JobArtifacts:
    """The reference job: `script` is what the service starts, `wheel` goes to its Python path."""

    script: Artifact
    wheel: Artifact


def job_artifacts() -> JobArtifacts:
    """The reference job as it is installed here. The same files give the same bytes. GeneratorError if it is not installed."""
    try:
        installed = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError as error:
        problem = f"{DISTRIBUTION} is not installed, so its files can't be uploaded; {how_to_install(DISTRIBUTION)}"
        raise GeneratorError([problem]) from error
    return JobArtifacts(Artifact(SCRIPT, SCRIPT_TEXT.encode()), _wheel(installed))


def _wheel(installed: metadata.Distribution) -> Artifact:
    """A wheel of what is installed (PyPA specifications, "Binary distribution format")."""
    name = f"{installed.name.replace('-', '_')}-{installed.version}"
    files: dict[str, bytes] = {}
    for module, folder in places(installed):
        for file in sorted((folder / module).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                files[file.relative_to(folder).as_posix()] = file.read_bytes()
    files[f"{name}.dist-info/METADATA"] = (installed.read_text("METADATA") or "").encode()
    files[f"{name}.dist-info/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: extract\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{name}.dist-info/RECORD"] = _record(f"{name}.dist-info/RECORD", files).encode()
    return Artifact(f"{name}-py3-none-any.whl", zipped(files))


def _record(own: str, files: Mapping[str, bytes]) -> str:
    lines = []
    for path, data in sorted(files.items()):
        digest = base64.urlsafe_b64encode(sha256(data).digest()).decode().rstrip("=")
        lines.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{own},,\n"])
