"""What a command may import before it does anything: a slow start is felt at each call."""

from __future__ import annotations

import subprocess
import sys


def imported_by(code: str) -> set[str]:
    script = f"import sys, io, contextlib\n{code}\nprint(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_help_imports_neither_boto3_rich_nor_pydantic():
    help_ = "from extract_cli import main\nwith contextlib.suppress(SystemExit): main(['--help'])"
    modules = imported_by(help_)
    assert "click" in modules
    assert modules & {"boto3", "botocore", "rich", "pydantic", "yaml", "pyarrow"} == set()


def test_importing_a_plugin_imports_neither_boto3_rich_nor_pydantic():
    modules = imported_by("import extract_glue, extract_emr, extract_ecs, extract_core.contract")
    assert modules & {"boto3", "botocore", "rich", "pydantic", "yaml", "click"} == set()
