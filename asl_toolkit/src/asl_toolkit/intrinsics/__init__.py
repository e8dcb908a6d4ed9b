"""Intrinsic functions of JSONPath states: `States.Format('{}', $.name)` and its seventeen siblings."""

from asl_toolkit.intrinsics.arguments import IntrinsicFault
from asl_toolkit.intrinsics.table import FUNCTIONS

__all__ = ["FUNCTIONS", "IntrinsicFault"]
