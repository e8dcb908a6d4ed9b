"""Nothing that a config, a job or a person names can steer the terminal, and odd arguments end with a message."""

from __future__ import annotations

import json
import re

import pytest

STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
EVIL = "\x1b]0;PWNED\x07\x1b[31m\x9b31m\u202e"
CONFIG = f"""
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  tables:
    {json.dumps("missing" + EVIL)}: {{}}
    mine: {{script_name: mine.py}}
"""
SCRIPT = f"import sys\nprint({EVIL!r}, 'reason \\r over')\nsys.exit(3)\n"


@pytest.fixture(scope="module")
def evil(shared_project):
    shared_project.config(CONFIG)
    (shared_project.folder / "mine.py").write_text(SCRIPT)
    (shared_project.folder / "config" / "bad.yml").write_text(
        f"extract: {{tables: {{{json.dumps(EVIL)}: {{{json.dumps(EVIL)}: 1}}}}}}\n"
    )
    shared_project.extract("run", "sales", "--local", "--run-id", "r", code=1)
    return shared_project


COMMANDS = [
    ("plan", "sales"),
    ("status", "r", "--local"),
    ("status", "r", "--local", "--output", "json"),
    ("runs", "--local"),
    ("watch", "r", "--local"),
    ("history", "mine", "--local"),
    ("logs", "r", "mine", "--local"),
    ("rerun", "r", "--local"),
    ("clean", "sales", "--local"),
    ("validate",),
    ("validate", "--output", "json"),
    (EVIL,),
    ("run", EVIL, "--local"),
    ("run", "sales", EVIL, "--local"),
    ("status", EVIL, "--local"),
    ("plan", "sales", "--output", EVIL),
    ("plan", "sales", "--pipeline", f"/no/{EVIL}"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments).encode("unicode_escape").decode())
def test_no_output_steers_the_terminal(evil, arguments):
    done = evil.call(*arguments)
    assert done.stdout or done.stderr
    assert STEERING.findall(done.stdout + done.stderr) == []


ODD = [
    ("run", "\udcff", "--local"),
    ("status", "\udcff", "--local"),
    ("plan", "sales", "\udcff"),
    ("state", "show", "\udcff", "--local"),
    ("plan", "sales", "--pipeline", "/tmp/\udcff.toml"),
    ("run", "sales", "--local", "--run-id", "\udcff"),
]


@pytest.mark.parametrize("arguments", ODD, ids=range(len(ODD)))
def test_arguments_that_are_not_utf_8_end_with_a_message(evil, arguments):
    done = evil.call(*arguments)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr


def test_a_script_in_the_project_does_not_import_from_it(demo_project):
    demo_project.config(CONFIG.replace(json.dumps("missing" + EVIL), '"none"'))
    (demo_project.folder / "json.py").write_text("raise SystemExit('the project folder is code')\n")
    (demo_project.folder / "mine.py").write_text("import json, sys\nprint('it is', json.__file__)\nsys.exit(3)\n")
    demo_project.extract("run", "sales", "mine", "--local", "--run-id", "r", code=1)
    assert "lib/python" in demo_project.extract("logs", "r", "mine", "--local").stdout
