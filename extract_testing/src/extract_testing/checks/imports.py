"""Check of the import: each command and each Lambda start imports every plugin, so a plugin must not import heavy libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Subject

HEAVY: Final = ("boto3", "botocore", "numpy", "pandas", "pyarrow", "pydantic", "pyspark", "requests", "rich")
"""Libraries that cost tens to hundreds of milliseconds each."""
_SECONDS: Final = 60

_SCRIPT: Final = """
import sys, json, importlib
import extract_core
before = set(sys.modules)
try:
    importlib.import_module(sys.argv[1])
except BaseException as error:
    print(json.dumps({"error": [f"{type(error).__name__}: {error}"]}))
else:
    print(json.dumps({"imported": sorted({name.partition(".")[0] for name in set(sys.modules) - before})}))
"""


@check
def imports_stay_light(subject: Subject) -> Iterator[Breach]:
    """Importing the module imports neither boto3, pydantic nor rich."""
    module = type(subject.job_type).__module__
    report = _import(module)
    if "error" in report:
        raise NotChecked(f"left out: its module {module!r} cannot be imported by name in another process ({report['error'][0]})")
    if heavy := [name for name in report["imported"] if name in HEAVY]:
        remedy = "import them inside the methods that need them, and put models into a separate module"
        yield Breach(f"module {module}", f"importing it imports {', '.join(heavy)}", remedy)


def _import(module: str) -> dict[str, list[str]]:
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{_SCRIPT}", module]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603 - our own script
    try:
        report: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return {"error": [(done.stderr.strip() or "it ended without a message").splitlines()[-1]]}
    return report
