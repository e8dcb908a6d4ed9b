"""A reader that goes away changes nothing: the exit code is the command's, as text and as JSON."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND = f"{sys.executable} -c 'from extract_cli import main; main()' plan sales"


@pytest.mark.parametrize("options", ["", " --output json"])
@pytest.mark.parametrize(("fetchsize", "code"), [("500", 0), ("many", 2)])
def test_a_reader_that_is_gone(project, options, fetchsize, code):
    path = project / "config" / "sales.yml"
    path.write_text(path.read_text().replace("500", fetchsize) + "".join(f"    t{number}: {{}}\n" for number in range(100)))
    script = f"{COMMAND}{options} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, cwd=project)
    said = "" if options else "for values and their origins add --details, or --output json\n"
    assert (done.returncode, done.stderr) == (code, said)
