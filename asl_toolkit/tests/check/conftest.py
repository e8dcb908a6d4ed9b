"""Makes `faults` importable: pytest's importlib mode puts no test folder on the path."""

import importlib.util
import sys
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("check_faults", Path(__file__).with_name("faults.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules["check_faults"] = _MODULE
_SPEC.loader.exec_module(_MODULE)
