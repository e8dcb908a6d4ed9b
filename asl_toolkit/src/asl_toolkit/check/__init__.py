"""Checks any Amazon States Language definition before AWS does, and the parameters of services, which AWS does not check.

>>> from asl_toolkit.check import check
>>> machine = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Next": "Helo"}, "Hi": {"Type": "Succeed"}}}
>>> for finding in check(machine):
...     print(finding.code, finding.pointer)
UNREACHABLE /States/Hi
MISSING_TARGET /States/Hello/Next
"""

from asl_toolkit.check.checker import check
from asl_toolkit.check.codes import CODES, Code
from asl_toolkit.finding import Finding, Severity

__all__ = ["CODES", "Code", "Finding", "Severity", "check"]
