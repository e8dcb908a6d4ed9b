"""Builds wheel and sdist of every workspace member into dist/ (`make build`), and compares them with a tag (`TAG=v0.1.0`)."""

import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"


def version_of(file_name: str) -> str:
    """The version in the name of a wheel (`name-version-…whl`) or of an sdist (`name-version.tar.gz`)."""
    return file_name.removesuffix(".tar.gz").split("-")[1]


def finding(tag: str, file_names: list[str]) -> str | None:
    """What speaks against a release of these files under this tag, or None."""
    if not file_names:
        return "nothing was built"
    wrong = [name for name in file_names if f"v{version_of(name)}" != tag]
    return f"the tag is {tag!r}, but these files have another version: {', '.join(wrong)}" if wrong else None


def main() -> None:
    """Build with uv from a scratch environment, list the files, and end with 1 if the tag does not match."""
    tag = "".join(sys.argv[1:])
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=True)
        python = Path(scratch, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv>=0.9,<0.14"], check=True)  # as in [build-system]
        uv = Path(scratch, "bin", "uv")
        subprocess.run([uv, "build", "--all-packages", "--quiet", "--out-dir", DIST], cwd=ROOT, check=True)
    file_names = sorted(path.name for path in DIST.iterdir() if path.name.endswith((".whl", ".tar.gz")))
    print("\n".join(file_names))
    problem = finding(tag, file_names) if tag else None
    if problem:
        sys.exit(f"build: {problem}")


if __name__ == "__main__":
    main()
