"""Intrinsic functions of JSONPath states: `States.Format('{}', $.name)` and 17 others."""

from asl_toolkit.intrinsics.arguments import IntrinsicFault
from asl_toolkit.intrinsics.table import FUNCTIONS

__all__ = ["FUNCTIONS", "IntrinsicFault"]
