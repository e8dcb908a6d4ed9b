"""Makes requirements.lock: every dependency of the workspace, pinned by hash, with no host in it (`make lock`)."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Resolve with uv, export without hosts, and refuse a result that names one."""
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=True)
        python = Path(scratch, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        uv = Path(scratch, "bin", "uv")
        subprocess.run([uv, "lock", *sys.argv[1:]], cwd=ROOT, check=True)
        exported = subprocess.run(
            [uv, "export", "--frozen", "--all-packages", "--all-extras", "--all-groups", "--no-emit-workspace",
             "--no-header", "--no-annotate", "--no-emit-index-url", "--format", "requirements-txt"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    if "://" in exported:
        sys.exit("the export names a host: not written")
    text = "# Made by `make lock`: every dependency, pinned by hash. Installed by `pip install --require-hashes`.\n"
    Path(ROOT, "requirements.lock").write_text(text + exported)


if __name__ == "__main__":
    main()
